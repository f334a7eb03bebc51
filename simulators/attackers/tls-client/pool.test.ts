import { describe, expect, it } from 'vitest';
import { createConnectionPool } from './pool.ts';

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};
const isLate = (outcome: string): boolean => outcome === 'late';

describe('a connection pool', () => {
  it('keeps to its number at once and in all', async () => {
    const pool = createConnectionPool({ parallel: 3, most: 7, mostUnanswered: 2 });
    const open: (() => void)[] = [];
    const outcomes = Array.from({ length: 9 }, () =>
      pool.run(() => new Promise<string>((resolve) => open.push(() => resolve('done'))), isLate),
    );
    await settle();
    expect(open).toHaveLength(3);
    for (let done = 0; done < 7; done++) {
      open[done]?.();
      await settle();
    }
    const results = await Promise.all(outcomes);
    expect(results.filter((each) => each === 'done')).toHaveLength(7);
    expect(results.filter((each) => each === null)).toHaveLength(2);
    expect([pool.used(), pool.reached()]).toEqual([7, 'connections']);
  });

  it('tries again alone what met its deadline', async () => {
    const pool = createConnectionPool({ parallel: 4, most: 100, mostUnanswered: 3 });
    let inFlight = 0;
    let alone = 0;
    const attempt = (first: string) => {
      let attempts = 0;
      return async (): Promise<string> => {
        attempts += 1;
        inFlight += 1;
        await settle();
        if (attempts === 2 && inFlight === 1) alone += 1;
        inFlight -= 1;
        return attempts === 1 ? first : 'answered';
      };
    };
    const results = await Promise.all(
      ['late', 'done', 'late', 'done', 'late', 'done'].map((first) =>
        pool.run(attempt(first), isLate),
      ),
    );
    expect(results).toEqual(['answered', 'done', 'answered', 'done', 'answered', 'done']);
    expect([alone, pool.used(), pool.reached()]).toEqual([3, 9, null]);
  });

  it('gives up after too many without an answer, and still tells the last', async () => {
    const pool = createConnectionPool({ parallel: 1, most: 100, mostUnanswered: 2 });
    const late = (): Promise<string | null> => pool.run(() => Promise.resolve('late'), isLate);
    expect([await late(), await late(), await late()]).toEqual(['late', 'late', null]);
    expect([pool.used(), pool.reached()]).toEqual([4, 'unanswered']);
  });
});
