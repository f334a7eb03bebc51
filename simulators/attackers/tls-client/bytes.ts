import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { concat } from '../../../reference/core/bytes.ts';

/** A number in big-endian order, cut to `length` bytes. */
export const uint = (value: number | bigint, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  let rest = BigInt(value);
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
};

/** Content behind its length in `lengthBytes` bytes (RFC 5246 section 4.3). */
export const vector = (lengthBytes: number, ...content: readonly Uint8Array[]): Uint8Array => {
  const joined = concat(...content);
  return concat(uint(joined.length, lengthBytes), joined);
};

/** Numbers of two bytes each. */
export const uint16s = (values: readonly number[]): Uint8Array =>
  concat(...values.map((value) => uint(value, 2)));

/** Reads forward; past the end it gives zeros or what is left, and `short` becomes true for good. */
export interface Reader {
  readonly uint: (length: number) => number;
  readonly take: (length: number) => Uint8Array;
  /** Content behind a length of `lengthBytes` bytes. */
  readonly vector: (lengthBytes: number) => Uint8Array;
  readonly left: () => number;
  readonly short: () => boolean;
}

/** A reader over bytes; total. */
export const readerOf = (bytes: Uint8Array): Reader => {
  let at = 0;
  let short = false;
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) short = true;
    const taken = bytes.subarray(at, at + length);
    at += taken.length;
    return taken;
  };
  const number = (length: number): number =>
    take(length).reduce((value, byte) => value * 256 + byte, 0);
  return {
    uint: number,
    take,
    vector: (lengthBytes) => take(number(lengthBytes)),
    left: () => bytes.length - at,
    short: () => short,
  };
};

/** The number that big-endian bytes stand for. */
export const toInteger = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** Without its leading zero bytes. */
export const minimal = (bytes: Uint8Array): Uint8Array => {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : bytes.subarray(first);
};

/** Big-endian bytes of a number, as few as hold it. */
const bytesOf = (value: bigint): Buffer => {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
};

/** RSA without padding is modular power, twenty times as fast as plain arithmetic; null for what OpenSSL takes for no RSA key. */
const powerByRsa = (base: bigint, exponent: bigint, modulus: bigint): bigint | null => {
  const n = bytesOf(modulus);
  try {
    const key = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'RSA',
        n: n.toString('base64url'),
        e: bytesOf(exponent).toString('base64url'),
      },
    });
    const input = Buffer.alloc(n.length);
    const digits = bytesOf(base);
    digits.copy(input, n.length - digits.length);
    return toInteger(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, input));
  } catch {
    return null;
  }
};

/** Exponents below this are not worth the making of a key. */
const smallExponent = 65_536n;

const plainPower = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
};

/** `base` to the power of `exponent` modulo `modulus`; not constant-time. 0 where the modulus is below 2. */
export const modularPower = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  if (modulus < 2n) return 0n;
  const rest = base % modulus;
  const quick = exponent < smallExponent ? null : powerByRsa(rest, exponent, modulus);
  return quick ?? plainPower(rest, exponent, modulus);
};
