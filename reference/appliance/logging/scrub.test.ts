import { fc, test } from '@fast-check/vitest';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { scrub } from './scrub.ts';

describe('texts of the log', () => {
  it('lose private keys, SRTP keys, tokens and passwords of addresses', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(scrub(`key ${pem} end`)).toBe('key [PEM]\\u000a end');
    expect(scrub(pem.slice(0, 90))).toBe('[PEM]');
    // A master key and salt of SRTP as SDP would have them: 30 bytes in base64.
    expect(scrub(`inline:A${randomBytes(30).toString('base64').slice(1)}`)).toBe(
      'inline:[key material]',
    );
    expect(scrub(randomBytes(32).toString('hex'))).toBe('[key material]');
    expect(scrub(`A${randomBytes(32).toString('base64').slice(1)}`)).toBe('[key material]');
    expect(scrub(`A${randomBytes(300).toString('base64').slice(1)}`)).toBe('[key material]');
    expect(scrub('your token is 123456, give it')).toBe('your token is [digits], give it');
    expect(scrub('https://user:secret@gateway.example/sms')).toBe(
      'https://[account]@gateway.example/sms',
    );
  });

  it.each([
    '+33612345678: INVITE refused with 480: The phone is not registered',
    'enrolment 0123456789abcdef0123456789abcdef',
    '192.0.2.1:50606: certificate expired (connection 6f1c2b3a4d5e6f708192a3b4c5d6e7f8)',
    'serial 40b1f29c5f7e1d2a3b4c5d6e7f8091a2',
    '1000 more of 203.0.113.7',
    'store /tmp/a-folder-with-a-long-name/another0123456789/yetanotherfolder/withalongname: the disk is full',
  ])('keep %j', (text) => {
    expect(scrub(text)).toBe(text);
  });

  test.prop([fc.string({ unit: 'binary', maxLength: 3000 })])(
    'are one line of at most 500 characters, whatever came in',
    (text) => {
      const clean = scrub(text);
      expect(clean.length).toBeLessThanOrEqual(500);
      expect(clean).not.toMatch(/[\n\r\u2028\u2029\u0085]/);
    },
  );
});
