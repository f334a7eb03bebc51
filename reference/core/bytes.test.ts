import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  concat,
  equal,
  fromBase64,
  fromHex,
  fromLatin1,
  latin1,
  toBase64,
  toHex,
} from './bytes.ts';
import { ok } from './result.ts';

describe('bytes', () => {
  test.prop([fc.uint8Array(), fc.uint8Array()])('concat keeps order and length', (left, right) => {
    const joined = concat(left, right);
    expect(equal(joined.subarray(0, left.length), left)).toBe(true);
    expect(equal(joined.subarray(left.length), right)).toBe(true);
  });

  test.prop([fc.uint8Array()])('hexadecimal, base64 and latin1 round-trip', (bytes) => {
    expect(fromHex(toHex(bytes))).toEqual(ok(bytes));
    expect(fromBase64(toBase64(bytes))).toEqual(ok(bytes));
    expect(fromLatin1(latin1(bytes))).toEqual(bytes);
  });

  test.prop([fc.string({ unit: 'binary-ascii' })])('base64 has one encoding per value', (text) => {
    const decoded = fromBase64(text);
    if (decoded.ok) expect(toBase64(decoded.value)).toBe(text);
  });

  it.each([
    ['AB==', 'base64-canonical'],
    ['AA=', 'base64-length'],
    ['A===', 'base64-alphabet'],
    ['AA\r\nAA', 'base64-alphabet'],
    ['AA-_', 'base64-alphabet'],
  ])('refuses %j as %s', (text, code) => {
    expect(fromBase64(text)).toMatchObject({ ok: false, error: { code } });
  });

  it('names the offset of a bad hexadecimal digit', () => {
    expect(fromHex('00zz')).toMatchObject({
      ok: false,
      error: { code: 'hex-alphabet', offset: 2 },
    });
  });
});
