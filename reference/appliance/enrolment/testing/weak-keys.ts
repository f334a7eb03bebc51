import { checkPrimeSync, generatePrimeSync, randomBytes } from 'node:crypto';
import type { TestKey } from '../../../core/pki/testing/hierarchy.ts';
import { keyFromPrimes } from './rsa-from-primes.ts';

const random = (bits: number): bigint =>
  BigInt(`0x${randomBytes(Math.ceil(bits / 8)).toString('hex')}`) & ((1n << BigInt(bits)) - 1n);

const powerModulo = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let result = 1n;
  for (let [b, e] = [base % modulus, exponent]; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % modulus;
    b = (b * b) % modulus;
  }
  return result;
};

/** The product of the first 126 primes, over which the flawed library worked for moduli of 2048 bits. */
const primorial = Array.from({ length: 700 }, (_, index) => index + 2)
  .filter((candidate) => checkPrimeSync(BigInt(candidate)))
  .reduce((product, prime) => product * BigInt(prime), 1n);

/** A prime of 1024 bits of the flawed form: k * M + (65537 ** a mod M). */
const flawedPrime = (): bigint => {
  for (;;) {
    const least = (3n << 1022n) / primorial + 1n;
    const span = ((1n << 1024n) - 1n) / primorial - least;
    const candidate =
      (least + (random(80) % span)) * primorial + powerModulo(65_537n, random(60), primorial);
    if (candidate % 65_537n !== 1n && checkPrimeSync(candidate)) return candidate;
  }
};

const soundPrime = (): bigint => generatePrimeSync(1024, { bigint: true });

const nextPrime = (from: bigint): bigint => {
  for (let candidate = from + 2n; ; candidate += 2n) {
    if (candidate % 65_537n !== 1n && checkPrimeSync(candidate)) return candidate;
  }
};

/** A key as the library of CVE-2017-15361 made it. */
export const rocaKey = (): TestKey => keyFromPrimes(flawedPrime(), flawedPrime());

/** A key of which one prime only has the flawed form: sound as far as the fingerprint tells. */
export const halfRocaKey = (): TestKey => keyFromPrimes(flawedPrime(), soundPrime());

/** A key whose primes are neighbours. */
export const closePrimesKey = (): TestKey => {
  const p = soundPrime();
  return keyFromPrimes(nextPrime(p), p);
};

/** A modulus of 2048 bits with this factor, big-endian; its other factor is no prime. */
export const modulusWithFactor = (factor: bigint): Uint8Array => {
  const rest = ((3n << 2046n) / factor + random(1000)) | 1n;
  return new Uint8Array(Buffer.from((rest * factor).toString(16), 'hex'));
};
