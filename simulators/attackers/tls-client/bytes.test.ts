import { fc, test } from '@fast-check/vitest';
import { getDiffieHellman } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { modularPower } from './bytes.ts';

const prime = BigInt(`0x${getDiffieHellman('modp14').getPrime('hex')}`);

/** By definition: bit after bit. */
const byHand = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let result = 1n % modulus;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
};

describe('modularPower', () => {
  test.prop(
    [
      fc.bigInt({ min: 0n, max: 1n << 2_100n }),
      fc.bigInt({ min: 0n, max: 1n << 256n }),
      fc.oneof(fc.bigInt({ min: 2n, max: 1n << 2_048n }), fc.constant(prime)),
    ],
    { numRuns: 60 },
  )('is the same by OpenSSL and by hand, for any modulus', (base, exponent, modulus) => {
    expect(modularPower(base, exponent, modulus)).toBe(byHand(base, exponent, modulus));
  });

  it.each([
    ['0', 0n, 0n],
    ['1', 1n, 1n],
    ['p-1, to an even exponent', prime - 1n, 1n],
    ['p', prime, 0n],
    ['p+1', prime + 1n, 1n],
  ])('of %s, which no honest exchange uses', (_, base, expected) => {
    expect(modularPower(base, 1n << 200n, prime)).toBe(expected);
  });

  it.each([
    ['longer than OpenSSL takes for such an exponent', (1n << 4_096n) - 15n],
    ['even', 1n << 512n],
    ['shorter than the exponent', 65_537n],
  ])('modulo a number that is %s', (_, modulus) => {
    const exponent = (1n << 128n) + 3n;
    expect(modularPower(12_345n, exponent, modulus)).toBe(byHand(12_345n, exponent, modulus));
  });

  it('is 0 where there is no modulus to speak of', () => {
    expect([modularPower(5n, 2n, 1n), modularPower(5n, 2n, 0n)]).toEqual([0n, 0n]);
  });
});
