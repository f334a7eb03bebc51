import { createPrivateKey, type KeyObject } from 'node:crypto';

/** Two primes, base64url of their big-endian bytes. */
interface Primes {
  readonly p: string;
  readonly q: string;
}

/** Both primes of the form of CVE-2017-15361 (ROCA); made once for this file, of no use elsewhere. */
const flawed: Primes = {
  p:
    '7bwGTmQcHMK7L-s-g-RwwfWtBhZeA-wshuqlo49VBB1c808nkkbwu3ASD_3_CFPqirc85WTU7gjURk5R' +
    'YCVAh0OZwDQ0ui4kOzlzRy9sjPI_z77ox0-rDrqMNnJWcDWMJu8r62wYxqkrUu8ckhwQcDCizFpW2vU0' +
    '2AvZKv1JEG0',
  q:
    '2HKzsZNTgkQqdzJbVoiFEetitzTFfObX30iqzM3ACuqyCAS7Tk1_7OfhCrR-aPnZ6Ap5G9et-Wqxier_' +
    'vcsBXEFVG5zvly_NG0OgYnoX_25fjBBNC7rwSTMYojjfubSqNKH_nsaIC8CsNEZmAtIVmRtdDPi9tt_M' +
    '6AWRcIXPGKE',
};

/** Neighbours: Fermat's method factors their product at once. */
const neighbours: Primes = {
  p:
    '8MyJPBXEGxPluFGiZtfBJzIeKO7b8ZigaYHQ7Hv-j_Rl_Fx23wR0vdLXeMpH_iyo7I6XSRb0EZWn9BSl' +
    '8_rd-TZWqfrz4e1HHwCtjF0oiRuz8wOXqICZKrsFX3lcvhZn8XyHHxzk-vbr9GsdNAYzlsxoYhbRTOkQ' +
    '6zmZ5KzFRG8',
  q:
    '8MyJPBXEGxPluFGiZtfBJzIeKO7b8ZigaYHQ7Hv-j_Rl_Fx23wR0vdLXeMpH_iyo7I6XSRb0EZWn9BSl' +
    '8_rd-TZWqfrz4e1HHwCtjF0oiRuz8wOXqICZKrsFX3lcvhZn8XyHHxzk-vbr9GsdNAYzlsxoYhbRTOkQ' +
    '6zmZ5KzFQ1k',
};

const toInteger = (text: string): bigint =>
  BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);

const fromInteger = (value: bigint): string => {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString(
    'base64url',
  );
};

const inverse = (value: bigint, modulus: bigint): bigint => {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % modulus) + modulus) % modulus;
};

const keyOf = (primes: Primes): KeyObject => {
  const [p, q] = [toInteger(primes.p), toInteger(primes.q)];
  const e = 65_537n;
  const d = inverse(e, (p - 1n) * (q - 1n));
  const jwk = {
    kty: 'RSA',
    n: fromInteger(p * q),
    e: fromInteger(e),
    d: fromInteger(d),
    ...primes,
    dp: fromInteger(d % (p - 1n)),
    dq: fromInteger(d % (q - 1n)),
    qi: fromInteger(inverse(q, p)),
  };
  return createPrivateKey({ key: jwk, format: 'jwk' });
};

/** Keys of 2048 bits that whoever sees them can factor. */
export const weakKeys = (): Readonly<Record<'roca' | 'close-primes', KeyObject>> => ({
  roca: keyOf(flawed),
  'close-primes': keyOf(neighbours),
});
