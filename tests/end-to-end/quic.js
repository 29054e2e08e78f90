// First packets of QUIC connections (RFC 9000 and 9001), well sealed and with anything inside: what a stranger can send to a
// gateway's port and have it read.

import { createCipheriv, createHmac, randomBytes } from 'node:crypto';

const VERSION = Buffer.from([0, 0, 0, 1]);
/** RFC 9001, section 5.2. */
const SALT = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex');
const SMALLEST = 1200;
const TAG = 16;

const hmac = (key, data) => createHmac('sha256', key).update(data).digest();

/** One round of HKDF is enough: nothing longer than a hash is asked for. */
function derive(secret, label, length) {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return hmac(secret, info).subarray(0, length);
}

const short = (value) => Buffer.from([0x40 | (value >> 8), value & 0xff]);

/** A client's first packet, with these bytes where the greeting of TLS belongs. */
export function firstPacket(greeting) {
  const [to, from] = [randomBytes(8), randomBytes(8)];
  const secret = derive(hmac(SALT, to), 'client in', 32);
  const head = Buffer.concat([Buffer.from([0xc3]), VERSION, Buffer.from([8]), to, Buffer.from([8]), from, Buffer.from([0])]);
  const frame = Buffer.concat([Buffer.from([0x06, 0]), short(greeting.length), greeting]);
  const [number, room] = [Buffer.alloc(4), SMALLEST - head.length - 2 - 4 - TAG];
  const body = Buffer.concat([frame, Buffer.alloc(Math.max(room - frame.length, 0))]);
  const header = Buffer.concat([head, short(number.length + body.length + TAG), number]);
  const cipher = createCipheriv('aes-128-gcm', derive(secret, 'quic key', 16), derive(secret, 'quic iv', 12));
  cipher.setAAD(header);
  const sealed = Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()]);
  const mask = createCipheriv('aes-128-ecb', derive(secret, 'quic hp', 16), null).update(sealed.subarray(0, 16));
  header[0] ^= mask[0] & 0x0f;
  for (let at = 0; at < number.length; at += 1) {
    header[header.length - number.length + at] ^= mask[1 + at];
  }
  return Buffer.concat([header, sealed]);
}
