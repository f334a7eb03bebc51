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

  it.each<[string, string, number, string]>([
    ['without END', good.slice(0, 60), 60, 'no END CERTIFICATE'],
    [
      'with an END that begins no line',
      good.replace('\n-----END', '-----END'),
      good.indexOf('\n-----END'),
      'END is not at the start of a line',
    ],
    ['with text behind END', `${good.trimEnd()} \n`, good.indexOf('-----END'), 'text behind END'],
  ])('says where and why it refuses one %s', (_, text, offset, detail) => {
    expect(parsePem(text, 'CERTIFICATE')).toMatchObject({
      error: { code: 'pem-end', offset, detail },
    });
  });

  it('needs no line break behind END (RFC 7468 section 3)', () => {
    expect(codeOf(good.trimEnd())).toBe('ok');
    expect(codeOf(`${good.trimEnd()}\r\n`)).toBe('ok');
    expect(codeOf(`${good.trimEnd()}\r`)).toBe('pem-end');
    expect(codeOf(`${good}\n`)).toBe('pem-begin');
  });

  it('takes lines of 64 characters, the last one shorter or not', () => {
    const body = (...lines: readonly string[]) =>
      codeOf(`-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`);
    const line = 'A'.repeat(64);
    expect([body(line), body(line, line), body(line, 'AAAA')]).toEqual(['ok', 'ok', 'ok']);
    expect(body('A'.repeat(68))).toBe('pem-line');
    expect(body(line, 'A'.repeat(68))).toBe('pem-line');
    expect(body('A'.repeat(60), 'AAAA')).toBe('pem-line');
    expect(body(line, '')).toBe('pem-line');
    expect(body('')).toBe('pem-line');
  });

  it.each(['', ' A', 'a', 'A_B'])('takes no object labelled %j', (label) => {
    expect(codeOf(good.replaceAll('CERTIFICATE', label))).toBe('pem-begin');
  });

  it('reads 65,536 characters and no more', () => {
    expect(codeOf('x'.repeat(65_536))).toBe('pem-begin');
    expect(parsePem('x'.repeat(65_537), 'CERTIFICATE')).toMatchObject({
      error: { code: 'pem-size', offset: 65_536 },
    });
  });

  it('names the label that it found, and where', () => {
    const other = toPem('X509 CRL', new Uint8Array(3));
    expect(parsePemChain(good + other, 'CERTIFICATE')).toMatchObject({
      error: { code: 'pem-label', offset: good.length, detail: 'X509 CRL' },
    });
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
