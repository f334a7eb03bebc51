import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../reference/core/bytes.ts';
import { encodeRequest, readCounted, readStatus } from './adb-wire.ts';

describe('the adb server’s protocol', () => {
  it('has four hexadecimal digits before each request', () => {
    const encoded = encodeRequest('host:version');
    expect(encoded.ok && Buffer.from(encoded.value).toString()).toBe('000chost:version');
    expect(encodeRequest('x'.repeat(65_536))).toMatchObject({
      ok: false,
      error: { code: 'adb-request-length' },
    });
  });

  it('answers OKAY, or FAIL and why', () => {
    expect(readStatus(utf8('OKAYrest'))).toEqual({
      ok: true,
      value: { kind: 'okay', rest: new Uint8Array(utf8('rest')) },
    });
    expect(readStatus(utf8('FAIL0011device  not found'))).toEqual({
      ok: true,
      value: { kind: 'fail', reason: 'device not found' },
    });
    expect(readStatus(utf8('FAIL0010dev'))).toEqual({ ok: true, value: { kind: 'more' } });
    expect(readStatus(utf8('HTTP'))).toMatchObject({ ok: false, error: { code: 'adb-status' } });
    expect(readStatus(utf8('FAILzzzz'))).toMatchObject({
      ok: false,
      error: { code: 'adb-length' },
    });
  });

  test.prop([fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(210)])(
    'a counted text comes back whole, and not before its last byte',
    (text, cut) => {
      const encoded = encodeRequest(text);
      if (!encoded.ok) throw new Error('it is short enough');
      const part = encoded.value.subarray(0, cut);
      const read = readCounted(part);
      const whole = cut >= encoded.value.length;
      expect(read).toEqual({ ok: true, value: whole ? text : null });
    },
  );

  test.prop([fc.uint8Array({ maxLength: 40 })])(
    'is read without throwing whatever comes',
    (noise) => {
      for (const bytes of [noise, concat(utf8('FAIL'), noise), concat(utf8('OKAY'), noise)]) {
        expect(readStatus(bytes)).toHaveProperty('ok');
        expect(readCounted(bytes)).toHaveProperty('ok');
      }
    },
  );
});
