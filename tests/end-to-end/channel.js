// The page's own channel `now` in the hands of a test: what went over it, and bytes that the page would never send.

/** Runs in the page ahead of its scripts: keeps the channel, and the last command that went over it. */
export function keepCommands() {
  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function keep(data) {
    if (this.label !== 'now') {
      return send.call(this, data);
    }
    const bytes = new Uint8Array(ArrayBuffer.isView(data) ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : data);
    const isCommand = bytes[0] === 0xa1 && bytes[1] === 0x67;
    window.sendRaw = (raw) => send.call(this, raw);
    if (isCommand) {
      window.lastCommand = bytes;
      window.beforeSent?.(bytes);
    }
    return send.call(this, bytes);
  };
}

/** Sends bytes over the channel as if the page had. */
export function sendRaw(page, bytes) {
  return page.evaluate((bytes) => window.sendRaw(new Uint8Array(bytes)), [...bytes]);
}

/** The last command that a page sent. */
export function lastCommand(page) {
  return page.evaluate(() => [...window.lastCommand]);
}

/** Where in the bytes of a message the value of a field begins. */
export function valueAt(bytes, field) {
  const key = [0x60 + field.length, ...new TextEncoder().encode(field)];
  const at = bytes.findIndex((_, start) => key.every((byte, offset) => bytes[start + offset] === byte));
  if (at < 0) {
    throw new Error(`there is no field ${field} in ${bytes}`);
  }
  return at + key.length;
}
