import { createPrivateKey, createPublicKey, diffieHellman, getDiffieHellman } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { concat, toHex } from '../bytes.ts';

/** Length in bytes of every group-14 value: modulus, public value, shared secret. */
export const group14Length = 256;

/** The prime of the 2048-bit MODP group (RFC 3526 section 3), 256 bytes, big-endian. */
export const group14Prime: Uint8Array = new Uint8Array(getDiffieHellman('modp14').getPrime());

const prime = BigInt(`0x${toHex(group14Prime)}`);

const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}0`) >> 4n;

const toBytes = (value: bigint): Uint8Array =>
  new Uint8Array(Buffer.from(value.toString(16).padStart(group14Length * 2, '0'), 'hex'));

const derValue = (tag: number, content: Uint8Array): Uint8Array => {
  const length = content.length;
  const header =
    length < 128
      ? [tag, length]
      : length < 256
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 255];
  return concat(new Uint8Array(header), content);
};

const derInteger = (bytes: Uint8Array): Uint8Array => {
  const first = bytes.findIndex((byte) => byte !== 0);
  const minimal = first < 0 ? new Uint8Array(1) : bytes.subarray(first);
  const signed = (minimal[0] ?? 0) >= 0x80 ? concat(new Uint8Array(1), minimal) : minimal;
  return derValue(0x02, signed);
};

// AlgorithmIdentifier dhKeyAgreement (PKCS #3) with the group's prime and generator 2. Key objects made from it are not
// put through the primality tests that a DiffieHellman object runs over its prime for some 200 ms.
const algorithm = derValue(
  0x30,
  concat(
    new Uint8Array([0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01]),
    derValue(0x30, concat(derInteger(group14Prime), derInteger(new Uint8Array([2])))),
  ),
);

const privateKeyOf = (exponent: Uint8Array): KeyObject => {
  const der = derValue(
    0x30,
    concat(derInteger(new Uint8Array(1)), algorithm, derValue(0x04, derInteger(exponent))),
  );
  try {
    return createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
};

const publicKeyOf = (value: Uint8Array): KeyObject =>
  createPublicKey({
    key: Buffer.from(
      derValue(
        0x30,
        concat(algorithm, derValue(0x03, concat(new Uint8Array(1), derInteger(value)))),
      ),
    ),
    format: 'der',
    type: 'spki',
  });

const modularPower = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  let square = base % prime;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
};

/**
 * `base` to the power of `exponent` modulo the group-14 prime, both big-endian of any length, left-padded to 256 bytes.
 * Total: values that a receiver has to refuse (0, 1, p-1, p and above) have their arithmetic result too. Constant-time,
 * by OpenSSL, for 1 < base < p-1 and 0 < exponent < (p-1)/2, which is all that an honest exchange uses.
 */
export const group14Power = (base: Uint8Array, exponent: Uint8Array): Uint8Array => {
  const value = toInteger(base);
  if (value > 1n && value < prime - 1n) {
    try {
      const secret = diffieHellman({
        privateKey: privateKeyOf(exponent),
        publicKey: publicKeyOf(base),
      });
      const padded = new Uint8Array(group14Length);
      padded.set(secret, group14Length - secret.length);
      secret.fill(0);
      return padded;
    } catch {
      // an exponent outside OpenSSL's range: the plain arithmetic below
    }
  }
  return toBytes(modularPower(value, toInteger(exponent)));
};
