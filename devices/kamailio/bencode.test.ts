import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseBencode, writeBencode, type BencodeValue } from './bencode.ts';

const bytes = fc.uint8Array({ maxLength: 20 }).map((each) => Buffer.from(each).toString('latin1'));

const { value: values } = fc.letrec<{ value: BencodeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    bytes,
    fc.maxSafeInteger(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(bytes, tie('value')), { maxLength: 4, selector: ([key]) => key })
      .map((entries) => new Map(entries)),
  ),
}));

describe('a bencoded value', () => {
  test.prop([values])('is read as it was written', (value) => {
    expect(parseBencode(writeBencode(value))).toEqual({ ok: true, value });
  });

  test.prop([
    fc.oneof(
      fc.string({ unit: fc.constantFrom('d', 'i', 'l', 'e', '0', '1', '2', '9', ':', '-', 'a') }),
      bytes,
      fc.tuple(values, fc.nat(), bytes).map(([value, at, more]) => {
        const text = writeBencode(value);
        return text.slice(0, at % (text.length + 1)) + more;
      }),
    ),
  ])('is refused or read, whatever the text, and what is read is written the same', (text) => {
    const read = parseBencode(text);
    if (read.ok) expect(writeBencode(read.value)).toBe(text);
    else {
      expect(read.error.code).toMatch(/^bencode-/);
      expect(read.error.offset).toBeGreaterThanOrEqual(0);
      expect(read.error.offset).toBeLessThanOrEqual(text.length);
    }
  });

  it.each([
    ['', 'bencode-end', 0],
    ['d3:key', 'bencode-end', 6],
    ['l', 'bencode-end', 1],
    ['x', 'bencode-type', 0],
    ['i01e', 'bencode-integer', 0],
    ['i-0e', 'bencode-integer', 0],
    ['i9007199254740993e', 'bencode-integer', 0],
    ['i1', 'bencode-integer', 0],
    ['3:ab', 'bencode-length', 0],
    ['01:a', 'bencode-length', 0],
    ['99999999:a', 'bencode-length', 0],
    ['di1e1:ae', 'bencode-key', 1],
    ['d1:a1:b1:a1:ce', 'bencode-key', 7],
    ['l'.repeat(100_000), 'bencode-depth', 17],
    ['1:a1:b', 'bencode-rest', 3],
  ])('%j is refused with %s at %d', (text, code, offset) => {
    expect(parseBencode(text)).toEqual({ ok: false, error: { code, offset } });
  });

  it('has keys in any order, a harmless __proto__ too', () => {
    const read = parseBencode('d9:__proto__1:x1:ai-7ee');
    expect(read).toEqual({
      ok: true,
      value: new Map<string, BencodeValue>([
        ['__proto__', 'x'],
        ['a', -7],
      ]),
    });
  });
});
