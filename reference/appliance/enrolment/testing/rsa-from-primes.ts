import { createPrivateKey, generatePrimeSync, sign } from 'node:crypto';
import type { TestKey } from '../../../core/pki/testing/hierarchy.ts';

const inverse = (value: bigint, modulus: bigint): bigint => {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % modulus) + modulus) % modulus;
};

const field = (value: bigint): string => {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString(
    'base64url',
  );
};

/** A working key pair of these two primes, e = 65537. */
export const keyFromPrimes = (p: bigint, q: bigint): TestKey => {
  const e = 65_537n;
  const d = inverse(e, (p - 1n) * (q - 1n));
  const jwk = {
    kty: 'RSA',
    n: field(p * q),
    e: field(e),
    d: field(d),
    p: field(p),
    q: field(q),
    dp: field(d % (p - 1n)),
    dq: field(d % (q - 1n)),
    qi: field(inverse(q, p)),
  };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return {
    privateKey,
    spki: new Uint8Array(Buffer.from(spkiOf(p * q))),
    sign: (message) => Promise.resolve(new Uint8Array(sign('sha256', message, privateKey))),
  };
};

const element = (tag: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);

/** DER of a SubjectPublicKeyInfo for a modulus of 2048 bits. */
const spkiOf = (modulus: bigint): Buffer => {
  const integer = element(0x02, Buffer.from(`00${modulus.toString(16)}`, 'hex'));
  const key = element(0x30, Buffer.concat([integer, Buffer.from('0203010001', 'hex')]));
  const algorithm = Buffer.from('300d06092a864886f70d0101010500', 'hex');
  return element(
    0x30,
    Buffer.concat([algorithm, element(0x03, Buffer.concat([Buffer.of(0), key]))]),
  );
};

const isLong = (p: bigint, q: bigint): boolean => (p * q) >> 2047n === 1n;

/**
 * Many keys for little: all pairs out of a few primes. Any two that share one give each other away, so they are for tests only.
 * Each call of the generator makes one key; there are at least `count`.
 */
export const keyPairs = function* (count: number): Generator<TestKey> {
  const primes: bigint[] = [];
  for (let made = 0; made < count;) {
    const q = generatePrimeSync(1024, { bigint: true });
    if (q % 65_537n === 1n) continue;
    for (const p of primes) {
      if (!isLong(p, q)) continue;
      yield keyFromPrimes(p, q);
      made += 1;
    }
    primes.push(q);
  }
};
