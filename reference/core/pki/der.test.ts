import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../bytes.ts';
import { objectIdentifierText, parseDer, type DerNode } from './der.ts';

const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text.replaceAll(' ', ''));
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};

const encode = (tag: number, content: Uint8Array): Uint8Array => {
  const { length } = content;
  const head =
    length < 128
      ? [tag, length]
      : length < 256
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 255];
  return concat(new Uint8Array(head), content);
};

const rebuild = (node: DerNode): Uint8Array =>
  encode(
    node.tag,
    (node.tag & 0x20) === 0
      ? node.content
      : concat(...node.children.map((child) => rebuild(child))),
  );

const { tree } = fc.letrec<{ tree: Uint8Array; leaf: Uint8Array }>((tie) => ({
  leaf: fc.uint8Array({ maxLength: 200 }).map((content) => encode(0x04, content)),
  tree: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 4 }).map((children) => encode(0x30, concat(...children))),
  ),
}));

describe('parseDer', () => {
  it.each([
    ['der-end', 0, ''],
    ['der-end', 1, '30'],
    ['der-end', 3, '04 02 00'],
    ['der-end', 3, '04 82 01'],
    ['der-end', 4, '30 02 04 01'],
    ['der-tag', 0, '1f 01 00'],
    ['der-tag', 0, '00 00'],
    ['der-length', 1, '30 80 00 00'],
    ['der-length', 1, '04 81 01 00'],
    ['der-length', 1, `04 82 00 80 ${'00'.repeat(128)}`],
    ['der-length', 1, '04 85 00 00 00 00 01 00'],
    ['der-length', 1, '04 ff'],
    ['der-form', 0, '10 00'],
    ['der-form', 0, '24 02 04 00'],
    ['der-form', 0, '22 03 02 01 00'],
    ['der-trailing', 2, '05 00 00'],
    ['der-boolean', 2, '01 01 01'],
    ['der-boolean', 2, '01 00'],
    ['der-integer', 2, '02 00'],
    ['der-integer', 2, '02 02 00 7f'],
    ['der-integer', 2, '02 02 ff 80'],
    ['der-null', 2, '05 01 00'],
    ['der-object-identifier', 2, '06 00'],
    ['der-object-identifier', 2, '06 02 2a 80'],
    ['der-object-identifier', 2, '06 03 2a 80 01'],
    ['der-object-identifier', 3, `06 81 81 ${'01'.repeat(129)}`],
    ['der-bit-string', 2, '03 00'],
    ['der-bit-string', 2, '03 01 01'],
    ['der-bit-string', 2, '03 02 08 00'],
    ['der-bit-string', 2, '03 02 01 01'],
    ['der-set-order', 5, '31 06 04 01 02 04 01 01'],
  ] satisfies readonly (readonly [string, number, string])[])(
    '%s at %i: %s',
    (code, offset, text) => {
      expect(parseDer(hex(text))).toEqual({ ok: false, error: { code, offset } });
    },
  );

  it.each([
    '02 01 00',
    '02 02 00 80',
    '02 02 ff 7f',
    '01 01 ff',
    '03 01 00',
    '03 02 07 80',
    '31 06 04 01 01 04 01 02',
    '30 00',
    'a0 02 05 00',
    '80 00',
  ])('accepts %s', (text) => expect(parseDer(hex(text)).ok).toBe(true));

  it('bounds the depth', () => {
    const nested = (depth: number): Uint8Array =>
      depth === 0 ? hex('0500') : encode(0x30, nested(depth - 1));
    expect(parseDer(nested(24)).ok).toBe(true);
    expect(parseDer(nested(25))).toMatchObject({ error: { code: 'der-depth' } });
    expect(parseDer(nested(5000))).toMatchObject({ error: { code: 'der-depth' } });
  });

  it('reads a part of the input, with offsets of the whole', () => {
    const bytes = hex('ffff 02 02 00 7f ff');
    expect(parseDer(bytes, 2, 6)).toMatchObject({ error: { code: 'der-integer', offset: 4 } });
    expect(parseDer(bytes, 2, 5)).toMatchObject({ error: { code: 'der-end', offset: 5 } });
  });

  test.prop([tree])('what is read, written again, is the same', (bytes) => {
    const parsed = parseDer(bytes);
    if (!parsed.ok) throw new Error(parsed.error.code);
    expect(toHex(rebuild(parsed.value))).toBe(toHex(bytes));
  });

  test.prop([tree, fc.nat(), fc.nat({ max: 255 })])(
    'any byte changed: a refusal or another value with its own one encoding',
    (bytes, at, byte) => {
      const altered = bytes.slice();
      altered[at % altered.length] = byte;
      const parsed = parseDer(altered);
      if (parsed.ok) expect(toHex(rebuild(parsed.value))).toBe(toHex(altered));
      else expect(parsed.error.offset).toBeLessThanOrEqual(altered.length);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 60 })])('is total', (bytes) => {
    const parsed = parseDer(bytes);
    expect(parsed.ok ? parsed.value.end : bytes.length).toBe(bytes.length);
  });
});

it.each([
  ['2a864886f70d01010b', '1.2.840.113549.1.1.11'],
  ['550403', '2.5.4.3'],
  ['00', '0.0'],
  ['4f', '1.39'],
  ['50', '2.0'],
  ['8837', '2.999'],
])('object identifier %s is %s', (text, dotted) => {
  expect(objectIdentifierText(hex(text))).toBe(dotted);
});
