// Runs inside a page: notes what it sends on channel `now`, with the instant at which it hands it over.

/** Installs `window.benchSent`, a list of commands as {at_ms, seq, speed_mm_s, steering_mrad, enable}. Runs before the page's own code. */
export function keepCommands() {
  /** The little CBOR that a command is made of: whole numbers, text, lists, maps, true, false and null. */
  function decode(bytes) {
    let at = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    function argument(info) {
      const size = [1, 2, 4, 8][info - 24];
      if (size === undefined) {
        return info;
      }
      at += size;
      return { 1: () => view.getUint8(at - 1), 2: () => view.getUint16(at - 2), 4: () => view.getUint32(at - 4), 8: () => Number(view.getBigUint64(at - 8)) }[size]();
    }
    function item() {
      const head = bytes[at++];
      const [kind, info] = [head >> 5, head & 31];
      if (kind === 7) {
        return { 20: false, 21: true }[info] ?? null;
      }
      const number = argument(info);
      switch (kind) {
        case 0:
          return number;
        case 1:
          return -1 - number;
        case 4:
          return Array.from({ length: number }, item);
        case 5:
          return Object.fromEntries(Array.from({ length: number }, () => [item(), item()]));
        default:
          at += number;
          return kind === 3 ? new TextDecoder().decode(bytes.subarray(at - number, at)) : null;
      }
    }
    return item();
  }

  const sent = [];
  window.benchSent = sent;
  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function (data) {
    const at_ms = performance.now();
    send.call(this, data);
    if (this.label === 'now') {
      const { command } = decode(new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength));
      if (command) {
        const { seq, speed_mm_s, steering_mrad, enable } = command;
        sent.push({ at_ms, seq, speed_mm_s, steering_mrad, enable });
      }
    }
  };
}
