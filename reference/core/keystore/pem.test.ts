import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parsePem, parsePemChain, toPem } from './pem.ts';

const codeOf = (text: string): string => {
  const result = parsePem(text, 'CERTIFICATE');
  return result.ok ? 'ok' : result.error.code;
};
const good = toPem('CERTIFICATE', new Uint8Array(100).fill(7));

describe('PEM (RFC 7468)', () => {
  test.prop([
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 8 }),
  ])('reads what it writes, one object or several, with LF or CRLF', (ders) => {
    const text = ders.map((der) => toPem('CERTIFICATE', der)).join('');
    const expected = { ok: true, value: ders };
    expect(parsePemChain(text, 'CERTIFICATE')).toEqual(expected);
    expect(parsePemChain(text.replaceAll('\n', '\r\n'), 'CERTIFICATE')).toEqual(expected);
  });

  it.each([
    ['pem-begin', ''],
    ['pem-begin', `text\n${good}`],
    ['pem-begin', `${good}text`],
    ['pem-end', good.slice(0, 60)],
    ['pem-end', good.trimEnd().concat('x')],
    ['pem-label', good.replaceAll('CERTIFICATE', 'PRIVATE KEY')],
    ['pem-line', good.replace(/\n(.{10})/, '\n$1\n')],
    ['pem-line', toPem('CERTIFICATE', new Uint8Array())],
    ['pem-base64', good.replace('BwcH', 'Bw*H')],
    ['pem-count', good + good],
    ['pem-size', good.repeat(500)],
  ])('refuses with %s: %#', (code, text) => {
    expect(codeOf(text)).toBe(code);
  });

  it('refuses more than 8 objects', () => {
    expect(parsePemChain(good.repeat(9), 'CERTIFICATE')).toMatchObject({
      error: { code: 'pem-count', offset: good.length * 8 },
    });
  });

  test.prop([fc.nat(good.length - 1), fc.string({ maxLength: 3 })])(
    'never throws on changed text',
    (position, insertion) => {
      const text = good.slice(0, position) + insertion + good.slice(position + 1);
      expect(codeOf(text)).toMatch(/^(ok$|pem-)/);
    },
  );
});
