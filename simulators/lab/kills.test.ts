import { describe, expect, it } from 'vitest';
import { createSeededRandom } from './link/seeded-random.ts';
import { namespaceProblem } from './own-namespace.ts';
import { drawKill, killOnce, type Kill } from './testing/killing.ts';

const problem = namespaceProblem('lab');
const why = problem === null ? '' : ` (skipped: ${problem})`;

/** One; `npm run lab:kills` draws as many as wanted. */
const kills: readonly Kill[] = [
  { words: 'lab up', signal: 'SIGKILL', victim: 'starter', after: 900 },
];

describe('kills', () => {
  it('are drawn the same for the same seed', () => {
    const drawn = (seed: number) => {
      const random = createSeededRandom(seed);
      return Array.from({ length: 50 }, () => drawKill(random));
    };
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(2)).not.toEqual(drawn(1));
    expect(new Set(drawn(1).map(({ victim }) => victim)).size).toBe(4);
  });

  it.skipIf(problem !== null).each(kills)(
    `$signal to $victim of $words leaves nothing after the next start, and is no verdict${why}`,
    async (kill) => {
      const { hit, code, left } = await killOnce(kill);
      expect(left).toEqual([]);
      // Killed itself, or told of it by what it had started: never 0, nor the 1 of a claim that fails.
      expect(code, hit).toBe(hit === 'starter' ? null : 2);
    },
    120_000,
  );
});
