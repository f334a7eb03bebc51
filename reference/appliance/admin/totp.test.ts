import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { totpSetup, totpStep } from './totp.ts';

// RFC 6238 appendix B, the last six of its eight digits.
const secret = new TextEncoder().encode('12345678901234567890');

describe('time-based one-time passwords', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [20_000_000_000, '353130'],
  ])('knows the code of RFC 6238 at %i s', (seconds, code) => {
    const step = Math.floor(seconds / 30);
    expect(totpStep(secret, code, seconds * 1000)).toBe(step);
    expect(totpStep(secret, `${code.slice(0, 3)} ${code.slice(3)}`, seconds * 1000)).toBe(step);
  });

  it('takes the step before and after, and none further', () => {
    expect(totpStep(secret, '287082', 89_999)).toBe(1);
    expect(totpStep(secret, '287082', 90_000)).toBeUndefined();
    expect(totpStep(secret, '287082', 29_999)).toBe(1);
    expect(totpStep(secret, '081804', (1_111_111_109 - 60) * 1000)).toBeUndefined();
  });

  test.prop([fc.string()])('takes no other text', (text) => {
    fc.pre(!/^[0-9 ]+$/.test(text));
    expect(totpStep(secret, text, 59_000)).toBeUndefined();
  });

  it('shows the secret in base32 and as a URI', () => {
    expect(totpSetup(secret, 'alice')).toEqual({
      secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      uri: 'otpauth://totp/Discretio:alice?issuer=Discretio&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30',
    });
  });
});
