import { getDiffieHellman } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../bytes.ts';
import { group14Power, group14Prime } from '../primitives/dh.ts';
import { isInRange, isQuadraticResidue, sharedSecretOf } from './group14.ts';

// Public values in the manner of Wycheproof's tests of Diffie-Hellman, for the group of I-2. The prime is a safe one (RFC 3526
// section 8): its only small subgroups are {1} and {1, p-1}, and half of all values lie outside the one that 2 generates.

const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);
const toBytes = (value: bigint, length = 256): Uint8Array => {
  const bytes = fromHex(value.toString(16).padStart(length * 2, '0'));
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};
const p = toInteger(group14Prime);
const q = (p - 1n) / 2n;

/** The check of I-2 that a value fails, in the order of the checks. */
const verdictOn = (value: Uint8Array): string => {
  if (!isInRange(value)) return 'public-value-range';
  return isQuadraticResidue(value) ? 'accepted' : 'public-value-residue';
};

const openssl = getDiffieHellman('modp14');
openssl.generateKeys();
const byOpenSsl = (value: Uint8Array): string => {
  try {
    return openssl.computeSecret(value).length > 0 ? 'computes' : 'nothing';
  } catch {
    return 'refuses';
  }
};

/** Euler's criterion, by another way than the Jacobi symbol: value^q is 1 exactly for residues. */
const isPowerOfTwo = (value: bigint): boolean =>
  (value * toInteger(group14Power(toBytes(value), toBytes(q - 1n)))) % p === 1n;

const fromSquare = (value: bigint): bigint => (value * value) % p;
const honest = toInteger(group14Power(toBytes(2n), toBytes((1n << 300n) + 12_345n)));

describe('public values of 256 bytes', () => {
  it.each<[string, bigint, string, string]>([
    ['0', 0n, 'public-value-range', 'refuses'],
    ['1, the subgroup of order 1', 1n, 'public-value-range', 'refuses'],
    ['2, the generator', 2n, 'accepted', 'computes'],
    ['3', 3n, 'accepted', 'computes'],
    ['4', 4n, 'accepted', 'computes'],
    ['11, no residue', 11n, 'public-value-residue', 'computes'],
    ['13, no residue', 13n, 'public-value-residue', 'computes'],
    ['22, twice none', 22n, 'public-value-residue', 'computes'],
    ['143, the product of two that are none', 143n, 'accepted', 'computes'],
    ['(p-1)/2, the inverse of -2', q, 'public-value-residue', 'computes'],
    ['(p+1)/2, the inverse of 2', q + 1n, 'accepted', 'computes'],
    ['one that begins with a zero byte', 2n ** 2040n, 'accepted', 'computes'],
    ['the greatest of 255 bytes', 2n ** 2040n - 1n, 'accepted', 'computes'],
    ['a sender’s own', honest, 'accepted', 'computes'],
    ['a sender’s own, negated', p - honest, 'public-value-residue', 'computes'],
    ['a square', fromSquare(q - 12_345n), 'accepted', 'computes'],
    ['p-4', p - 4n, 'public-value-residue', 'computes'],
    ['p-2', p - 2n, 'public-value-residue', 'computes'],
    ['p-1, the subgroup of order 2', p - 1n, 'public-value-range', 'refuses'],
    ['p', p, 'public-value-range', 'refuses'],
    ['p+1, which is 1', p + 1n, 'public-value-range', 'refuses'],
    ['p+2, which is 2', p + 2n, 'public-value-range', 'refuses'],
    ['all bits set', 2n ** 2048n - 1n, 'public-value-range', 'refuses'],
  ])('%s: %s', (_, value, verdict, other) => {
    const bytes = toBytes(value);
    expect(verdictOn(bytes)).toBe(verdict);
    // OpenSSL leaves values outside the subgroup to who asks for the check: what they give away is one bit of the exponent.
    expect(byOpenSsl(bytes)).toBe(other);
    expect(verdict === 'public-value-range' || isPowerOfTwo(value)).toBe(
      verdict !== 'public-value-residue',
    );
  });

  it.each([1n, 3n, 11n, 13n, 143n, 2n ** 200n + 7n])(
    '%i is a residue exactly where its products with powers of 2, a residue, are',
    (odd) => {
      const isResidue = isQuadraticResidue(toBytes(odd));
      expect(isResidue).toBe(isPowerOfTwo(odd));
      for (const zeros of [1n, 31n, 32n, 33n, 64n, 65n, 1000n])
        expect([zeros, isQuadraticResidue(toBytes(odd << zeros))]).toEqual([zeros, isResidue]);
    },
  );

  it.each([0n, p])('what p divides is no residue (case %#)', (value) => {
    expect(isQuadraticResidue(toBytes(value))).toBe(false);
  });

  it.each([1n, p - 1n])('small subgroups give away the secret, whatever the exponent', (value) => {
    for (const exponent of [3n, 1n << 255n, (1n << 256n) - 1n]) {
      const secret = toInteger(sharedSecretOf(toBytes(value), toBytes(exponent)));
      expect([1n, p - 1n]).toContain(secret);
    }
  });
});

describe('public values of other lengths are out of range', () => {
  const value = toBytes(honest);
  const short = toBytes(2n ** 2040n - 1n);
  it.each<[string, Uint8Array]>([
    ['empty', new Uint8Array()],
    ['2 in one byte', Uint8Array.of(2)],
    ['its zero byte left out', short.slice(1)],
    ['a zero byte before', concat(new Uint8Array(1), value)],
    ['a zero byte behind', concat(value, new Uint8Array(1))],
    ['an INTEGER of DER', concat(Uint8Array.of(2, 0x82, 1, 0), value)],
    ['2p more, 257 bytes', toBytes(honest + 2n * p, 257)],
    ['the value twice', concat(value, value)],
  ])('%s', (_, bytes) => {
    expect(isInRange(bytes)).toBe(false);
  });
});

it('a secret that begins with zero bytes keeps its 256 bytes', () => {
  // (2^k)^-1 lies near p, so a base is made of the wanted secret: secret^(1/3) mod q, since cubing permits no other root.
  const third = (2n * q + 1n) % 3n === 0n ? (2n * q + 1n) / 3n : (q + 1n) / 3n;
  expect((third * 3n) % q).toBe(1n);
  const wanted = 2n ** 2000n;
  const base = group14Power(toBytes(wanted), toBytes(third));
  expect(verdictOn(base)).toBe('accepted');
  const secret = sharedSecretOf(base, Uint8Array.of(3));
  expect(secret).toHaveLength(256);
  expect(toInteger(secret)).toBe(wanted);
});
