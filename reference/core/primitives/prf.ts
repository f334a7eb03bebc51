import { createHmac } from 'node:crypto';
import { concat, utf8 } from '../bytes.ts';

const hmacSha384 = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHmac('sha384', key).update(bytes).digest());

/** PRF of TLS 1.2 with SHA-384 (RFC 5246 section 5) to `length` bytes. */
export const prfSha384 = (
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array => {
  const labelled = concat(utf8(label), seed);
  const output = new Uint8Array(length);
  let chained = labelled;
  for (let at = 0; at < length;) {
    chained = hmacSha384(secret, chained);
    const part = hmacSha384(secret, concat(chained, labelled)).subarray(0, length - at);
    output.set(part, at);
    at += part.length;
  }
  return output;
};
