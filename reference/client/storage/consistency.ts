import type { KeyObject } from 'node:crypto';

const integer = (text: string | undefined): bigint =>
  BigInt(`0x0${Buffer.from(text ?? '', 'base64url').toString('hex')}`);

/**
 * Whether all parts of an RSA key belong together (RFC 8017 section 3.2). The file's encryption has no integrity: whoever alters it
 * without the passphrase can leave modulus and exponent whole and have the rest decrypt to something else, and what such a key
 * signs may give its primes away (Boneh, DeMillo and Lipton 1997; Klíma and Rosa 2001).
 */
export const isConsistentRsaKey = (key: KeyObject): boolean => {
  const { n, e, d, p, q, dp, dq, qi } = key.export({ format: 'jwk' });
  const [modulus, exponent, secret] = [integer(n), integer(e), integer(d)];
  const [first, second, inverse] = [integer(p), integer(q), integer(qi)];
  const [ofFirst, ofSecond] = [integer(dp), integer(dq)];
  return (
    first > 1n &&
    second > 1n &&
    first * second === modulus &&
    (exponent * ofFirst) % (first - 1n) === 1n &&
    (exponent * ofSecond) % (second - 1n) === 1n &&
    secret % (first - 1n) === ofFirst &&
    secret % (second - 1n) === ofSecond &&
    (second * inverse) % first === 1n
  );
};
