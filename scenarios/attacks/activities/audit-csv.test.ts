import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readCsv } from './audit-csv.ts';

const written = (rows: readonly (readonly string[])[]): string =>
  rows
    .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
    .map((line) => `${line}\r\n`)
    .join('');

describe('rows of CSV', () => {
  it.each([
    ['', []],
    [
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a,\n,b',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['"a""b","c\r\nd"\n', [['a"b', 'c\r\nd']]],
    ['"never closed,\n', [['never closed,\n']]],
    ['a\rb\n', [['a\rb']]],
  ])('are read from %j', (text, rows) => expect(readCsv(text)).toEqual(rows));

  test.prop([
    fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }), {
      maxLength: 5,
    }),
  ])('come back as they were written', (rows) => {
    expect(readCsv(written(rows))).toEqual(rows);
  });

  test.prop([fc.string({ unit: 'binary' })])('are read from anything', (text) => {
    expect(readCsv(text).every((row) => row.length > 0)).toBe(true);
  });
});
