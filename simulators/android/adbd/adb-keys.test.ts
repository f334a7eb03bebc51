import { createPrivateKey, generateKeyPairSync, privateEncrypt } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromBase64, utf8 } from '../../../reference/core/bytes.ts';
import { isSignedBy, parseAdbKey } from './adb-keys.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Android's structure of a public key; what it keeps for its own arithmetic is zero here. */
const encoded = (words = 64): string => {
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const bytes = new Uint8Array(524);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, words, true);
  bytes.set(Buffer.from(n, 'base64url').toReversed(), 8);
  bytes.set(Buffer.from(e, 'base64url').toReversed(), 520);
  return Buffer.from(bytes).toString('base64');
};

/** What adb does with a token: it stands where a SHA-1 digest would (RFC 8017 section 9.2). */
const signed = (token: Uint8Array): Uint8Array => {
  const prefix = fromBase64('MCEwCQYFKw4DAhoFAAQU');
  const digest = concat(prefix.ok ? prefix.value : utf8(''), token);
  return new Uint8Array(
    privateEncrypt(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })), digest),
  );
};

describe('a host’s key', () => {
  it('is read from Android’s structure and verifies its own signatures alone', () => {
    const key = parseAdbKey(`${encoded()} user@host`);
    const token = new Uint8Array(20).fill(7);
    expect(key.ok && isSignedBy(key.value, token, signed(token))).toBe(true);
    expect(key.ok && isSignedBy(key.value, new Uint8Array(20), signed(token))).toBe(false);
    expect(key.ok && isSignedBy(key.value, token, new Uint8Array(256))).toBe(false);
  });

  it.each([
    ['', 'adb-key/base64'],
    ['???', 'adb-key/base64'],
    ['QUJD', 'adb-key/length'],
    [encoded(32), 'adb-key/modulus'],
  ])('is refused as %j', (text, code) => {
    expect(parseAdbKey(text)).toMatchObject({ ok: false, error: { code } });
  });

  test.prop([fc.oneof(fc.string(), fc.base64String({ minLength: 700, maxLength: 700 }))])(
    'is a value or a refusal, whatever the text',
    (text) => {
      expect([true, false]).toContain(parseAdbKey(text).ok);
    },
  );
});
