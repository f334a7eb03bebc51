import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { addSequence, lostOf, newSequenceTrack } from './sequence-track.ts';

const run = (sequences: readonly number[]) => {
  const track = newSequenceTrack();
  for (const sequence of sequences) addSequence(track, sequence % 65_536);
  return { repeated: track.repeated, lost: lostOf(track), pages: track.pages !== null };
};
const upTo = (count: number, from = 0): number[] =>
  Array.from({ length: count }, (_, index) => from + index);

describe('sequence numbers', () => {
  it('in order cost no memory, over several wraps', () => {
    expect(run(upTo(200_000, 60_000))).toEqual({ repeated: 0, lost: 0, pages: false });
  });

  test.prop([
    fc.array(fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 200 }),
    fc.nat({ max: 65_535 }),
  ])('agree with a set of all that came', (steps, start) => {
    // Mostly onward with losses, sometimes a little back.
    const numbers = [start + 1000];
    for (const [back, ahead] of steps) {
      const last = numbers.at(-1) ?? 0;
      numbers.push(back > 18 ? last - back : last + ahead);
    }
    const different = new Set(numbers);
    const span = Math.max(...numbers) - Math.min(...numbers) + 1;
    expect(run(numbers)).toMatchObject({
      repeated: numbers.length - different.size,
      lost: span - different.size,
    });
  });

  it.each([
    ['a whole stream again', [...upTo(5000), ...upTo(5000)], 5000, 0],
    ['a source that begins anew far ahead', [...upTo(100), ...upTo(100, 20_000)], 0, 0],
    ['a source that begins anew far behind', [...upTo(100, 20_000), ...upTo(100)], 0, 0],
    ['losses on both sides of a new beginning', [1, 3, 20_000, 20_004], 0, 4],
    ['one stray number', [...upTo(100), 40_000, ...upTo(100, 100)], 0, 0],
    ['a number again after a wrap', [...upTo(65_536), 0, 1], 0, 0],
  ])('%s', (_name, sequences, repeated, lost) => {
    expect(run(sequences)).toMatchObject({ repeated, lost });
  });
});
