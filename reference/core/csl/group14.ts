import { toHex } from '../bytes.ts';
import { group14Length, group14Power, group14Prime } from '../primitives/dh.ts';

const prime = BigInt(`0x${toHex(group14Prime)}`);

const toInteger = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);

const generator = new Uint8Array([2]);

/** The public value 2^exponent mod p, 256 bytes. The exponent is big-endian. */
export const publicValueOf = (exponent: Uint8Array): Uint8Array =>
  group14Power(generator, exponent);

/** The shared secret publicValue^exponent mod p, left-padded to 256 bytes. */
export const sharedSecretOf = (publicValue: Uint8Array, exponent: Uint8Array): Uint8Array =>
  group14Power(publicValue, exponent);

/** Whether a public value is 256 bytes with 1 < y < p-1. */
export const isInRange = (publicValue: Uint8Array): boolean => {
  const value = toInteger(publicValue);
  return publicValue.length === group14Length && value > 1n && value < prime - 1n;
};

/** The Jacobi symbol (value/modulus) for an odd positive modulus. */
const jacobi = (value: bigint, modulus: bigint): -1 | 0 | 1 => {
  let numerator = value % modulus;
  let denominator = modulus;
  let negative = false;
  while (numerator !== 0n) {
    // Take out factors of two, thirty-two at a time while they last: (2/n) is -1 for n = 3 or 5 mod 8.
    const low = Number(BigInt.asUintN(32, numerator));
    const zeros = low === 0 ? 32 : 31 - Math.clz32(low & -low);
    numerator >>= BigInt(zeros);
    const residue = Number(denominator & 7n);
    if (zeros % 2 === 1 && (residue === 3 || residue === 5)) negative = !negative;
    if (low === 0) continue;
    if ((numerator & 3n) === 3n && (denominator & 3n) === 3n) negative = !negative;
    [numerator, denominator] = [denominator % numerator, numerator];
  }
  if (denominator !== 1n) return 0;
  return negative ? -1 : 1;
};

/** Whether a public value is a quadratic residue modulo the group-14 prime, as every power of the generator 2 is. */
export const isQuadraticResidue = (publicValue: Uint8Array): boolean =>
  jacobi(toInteger(publicValue), prime) === 1;
