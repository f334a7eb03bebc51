import { describe, expect, it } from 'vitest';
import { targets } from './catalogue.ts';
import { runTarget } from './harness/run.ts';

/** Another seed tries other cases: `FUZZ_SEED=17 npx vitest run fuzz/fuzz.test.ts`. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_123);

/** Cases of each target, and milliseconds after which no more are begun, so that all take 10 s: the slowest make a few hundred. */
const bounds = { runs: 3_000, atMost: 10_000 / targets.length };

describe(`no case made from seed ${seed} violates a property`, () => {
  it.each(targets.map((target) => [target.name, target] as const))('%s', async (name, target) => {
    // What is made once, such as the keys of a service, is no part of the time.
    await runTarget(target, { runs: 1, seed });
    const { failures, runs, reached } = await runTarget(target, { ...bounds, seed });
    const found = failures.map(({ path, property, expected, observed }) => ({
      property,
      expected,
      observed,
      again: `discretio fuzz ${name} --seed ${seed} --path ${path}`,
    }));
    expect(found).toEqual([]);
    expect(runs).toBeGreaterThan(0);
    expect(reached.size).toBeGreaterThan(0);
  });

  it('names are unique, and every target says what must be reached', () => {
    const names = targets.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { reaches, parsers } of targets)
      expect([reaches.length, parsers.length]).not.toContain(0);
  });
});
