import { describe, expect, it } from 'vitest';
import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import { byteKinds } from './mutations.ts';
import { textOfCase } from './text-mutations.ts';

const repeat = byteKinds + 7;

const repeated = (text: string, value: number): string =>
  latin1(
    textOfCase(
      { bases: [fromLatin1(text)], words: ['x'] },
      { base: 0, mutations: [[repeat, 0, value]], free: null },
    ),
  );

describe('lines that are repeated', () => {
  it('come ten times or three hundred times', () => {
    expect(repeated('a\r\nb', 1)).toBe(`${'a\r\n'.repeat(10)}b`);
    expect(repeated('a\r\nb', 8)).toBe(`${'a\r\n'.repeat(300)}b`);
  });

  it('are never made for more than is kept', () => {
    const line = 'C'.repeat(66_000);
    const before = process.memoryUsage().heapTotal;
    for (let time = 0; time < 20; time += 1)
      expect(repeated(`${line}\r\nb`, 8)).toBe(`${line}\r\n`.repeat(4).slice(0, 200_000));
    expect(process.memoryUsage().heapTotal - before).toBeLessThan(100e6);
  });
});
