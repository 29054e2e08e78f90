// Certificates that the site's authority never made: expired ones, and ones for a vehicle that nobody enrolled.

import { X509Certificate, createPrivateKey, sign } from 'node:crypto';

/** Where the contents of the DER element at `at` begin and where it ends. */
function element(der, at) {
  const short = der[at + 1];
  if (short < 0x80) {
    return { start: at + 2, end: at + 2 + short };
  }
  const start = at + 2 + (short & 0x7f);
  return { start, end: start + der.readUIntBE(at + 2, short & 0x7f) };
}

function wrap(tag, ...parts) {
  const body = Buffer.concat(parts);
  const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** A copy of a certificate whose contents `change` was let loose on, signed with the key of the authority. */
function resigned(pem, authorityKeyPem, change) {
  const der = new X509Certificate(pem).raw;
  const contents = element(der, 0).start;
  const algorithm = element(der, contents).end;
  const signature = element(der, algorithm).end;
  const body = Buffer.from(der.subarray(contents, algorithm));
  change(body);
  const made = sign('sha256', body, createPrivateKey(authorityKeyPem));
  const forged = wrap(0x30, body, der.subarray(algorithm, signature), wrap(0x03, Buffer.from([0]), made));
  return new X509Certificate(forged).toString();
}

/** The same certificate, valid in the year 2020 only. */
export function expired(pem, authorityKeyPem) {
  return resigned(pem, authorityKeyPem, (body) => {
    // Two times of thirteen letters, one behind the other.
    const begin = body.indexOf(Buffer.from([0x17, 0x0d]));
    body.write('200101000000Z', begin + 2, 'latin1');
    body.write('201231000000Z', begin + 17, 'latin1');
  });
}

/** The same certificate for another vehicle, with a name of the same length. */
export function renamed(pem, authorityKeyPem, from, to) {
  return resigned(pem, authorityKeyPem, (body) => {
    for (let at = body.indexOf(from); at >= 0; at = body.indexOf(from, at + 1)) {
      body.write(to, at, 'latin1');
    }
  });
}
