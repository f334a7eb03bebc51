import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { fromBase64, latin1, toBase64, utf8 } from './bytes.ts';
import { decodeHeader } from './csl/headers.ts';

const codeOf = (text: string): string => {
  const decoded = fromBase64(text);
  return decoded.ok ? 'read' : decoded.error.code;
};
const inHeader = (text: string): string => {
  const decoded = decodeHeader([['X-CSL-Info1', text]], 'X-CSL-Info1');
  return decoded.ok ? 'read' : decoded.error.code;
};

describe('base64 (RFC 4648 section 10)', () => {
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('of %j is %j', (text, encoded) => {
    expect(toBase64(utf8(text))).toBe(encoded);
    const decoded = fromBase64(encoded);
    expect(decoded.ok && latin1(decoded.value)).toBe(text);
  });

  it('uses the whole alphabet of section 4', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const decoded = fromBase64(alphabet);
    expect(decoded.ok && [decoded.value.length, toBase64(decoded.value)]).toEqual([48, alphabet]);
  });
});

describe('near misses of base64', () => {
  // A header's value may have blanks at both ends, which are none of it (RFC 3261 section 7.3.1).
  it.each([
    ['no padding', 'Zg', 'base64-length', 'base64'],
    ['no padding of two', 'Zm8', 'base64-length', 'base64'],
    ['half the padding', 'Zg=', 'base64-length', 'base64'],
    ['padding too much', 'Zm8==', 'base64-length', 'base64'],
    ['padding of three', 'Zg===', 'base64-alphabet', 'base64'],
    ['padding behind a whole group', 'Zm9v=', 'base64-length', 'base64'],
    ['padding for a group of its own', 'Zm9v====', 'base64-alphabet', 'base64'],
    ['padding alone', '====', 'base64-alphabet', 'base64'],
    ['one character', 'Z', 'base64-length', 'base64'],
    ['one character and padding', 'Z===', 'base64-alphabet', 'base64'],
    ['five characters', 'Zm9vY', 'base64-length', 'base64'],
    ['padding in the middle', 'Zg==Zg==', 'base64-alphabet', 'base64'],
    ['padding one before the end', 'Zm=v', 'base64-alphabet', 'base64'],
    ['the lowest unused bit set', 'Zh==', 'base64-canonical', 'base64'],
    ['the highest unused bit set', 'Zo==', 'base64-canonical', 'base64'],
    ['an unused bit of two set', 'Zm9=', 'base64-canonical', 'base64'],
    ['all unused bits set', 'Zv==', 'base64-canonical', 'base64'],
    ['the alphabet for URLs', 'Zm9-', 'base64-alphabet', 'base64'],
    ['the alphabet for URLs, underscore', 'Zm_v', 'base64-alphabet', 'base64'],
    ['a blank before', ' Zm9v', 'base64-alphabet', 'read'],
    ['a tab behind', 'Zm9v\t', 'base64-alphabet', 'read'],
    ['a blank inside', 'Zm 9v', 'base64-alphabet', 'base64'],
    ['a line break inside', 'Zm9v\r\nYmFy', 'base64-alphabet', 'base64'],
    ['a line break behind', 'Zm9v\n', 'base64-alphabet', 'base64'],
    ['a form feed behind', 'Zm9v\f', 'base64-alphabet', 'base64'],
    ['a no-break space behind', 'Zm9v\u00a0', 'base64-alphabet', 'base64'],
    ['a NUL behind', 'Zm9v\0', 'base64-alphabet', 'base64'],
    ['a full-width letter', '\uff3am9v', 'base64-alphabet', 'base64'],
    ['a letter beside the alphabet', 'Zm9\u00f6', 'base64-alphabet', 'base64'],
    ['a letter above its byte', 'Zm9\u0176', 'base64-alphabet', 'base64'],
    ['a comment', 'Zm9v(x)', 'base64-alphabet', 'base64'],
    ['quotation marks', '"Zm9v"', 'base64-alphabet', 'base64'],
    ['hexadecimal of odd length', '666f6', 'base64-length', 'base64'],
  ])('%s', (_, text, code, header) => {
    expect([codeOf(text), inHeader(text)]).toEqual([code, header]);
  });

  test.prop([fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(63)])(
    'of all last characters before padding, one is read',
    (bytes, other) => {
      const encoded = toBase64(bytes);
      const padding = (3 - (bytes.length % 3)) % 3;
      fc.pre(padding > 0);
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
      const at = encoded.length - padding - 1;
      const changed = encoded.slice(0, at) + alphabet.charAt(other) + encoded.slice(at + 1);
      const unused = padding === 2 ? 16 : 4;
      expect(codeOf(changed)).toBe(other % unused === 0 ? 'read' : 'base64-canonical');
    },
  );
});
