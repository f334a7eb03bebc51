import { checkPrimeSync, getDiffieHellman } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exactTlsProfile, ffdhe2048, modp2048 } from './profile.ts';

/** RFC 7919 appendix A.1: 2^2048 - 2^1984 + (floor(2^1918 * e) + 560316) * 2^64 - 1. */
const ffdhe2048ByDefinition = (): bigint => {
  const precision = 3000n;
  let e = 0n;
  let term = 1n << precision;
  for (let divisor = 1n; term > 0n; divisor += 1n) {
    e += term;
    term /= divisor;
  }
  const middle = ((e << 1918n) >> precision) + 560_316n;
  return (1n << 2048n) - (1n << 1984n) + (middle << 64n) - 1n;
};

describe('TLS profile (target 5.1)', () => {
  it('is exactly one version, one suite and 2048-bit groups', () => {
    expect(exactTlsProfile.minimumVersion).toBe('TLSv1.2');
    expect(exactTlsProfile.maximumVersion).toBe('TLSv1.2');
    expect(exactTlsProfile.suites).toEqual([{ name: 'DHE-RSA-AES256-GCM-SHA384', code: 0x009f }]);
    expect(exactTlsProfile.tickets || exactTlsProfile.renegotiation).toBe(false);
  });

  it('has the primes of RFC 7919 and RFC 3526', () => {
    expect(BigInt(`0x${ffdhe2048.prime}`)).toBe(ffdhe2048ByDefinition());
    expect(modp2048.prime).toBe(getDiffieHellman('modp14').getPrime('hex'));
  });

  it.each([ffdhe2048, modp2048])('$name is a safe prime of 2048 bits', ({ prime }) => {
    const p = BigInt(`0x${prime}`);
    expect(p >> 2047n).toBe(1n);
    expect(checkPrimeSync(p)).toBe(true);
    expect(checkPrimeSync((p - 1n) / 2n)).toBe(true);
  });
});
