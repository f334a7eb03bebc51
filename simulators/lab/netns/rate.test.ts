import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namespaceProblem } from '../own-namespace.ts';
import { runInLab } from '../testing/in-lab.ts';

const problem = namespaceProblem('lab');
const why = problem === null ? '' : ` (skipped: ${problem})`;

/** Bits per second: the limit, and what is sent. */
const limit = 64_000;
const sent = 365_000;

describe.skipIf(problem !== null)(`a link with a rate${why}`, () => {
  it('carries about that rate in each direction, and other links what is sent', async () => {
    const program = join(import.meta.dirname, 'testing/rate.ts');
    const { up, down, between } = (await runInLab(program, [String(limit)])) as {
      readonly up: number;
      readonly down: number;
      readonly between: number;
    };
    // A second of the rate, and the bucket of 3,200 bytes that passes at once.
    const atMost = limit + 3_200 * 8;
    for (const bytes of [up, down]) {
      expect(bytes * 8).toBeLessThan(atMost * 1.1);
      expect(bytes * 8).toBeGreaterThan(limit * 0.6);
    }
    expect(between * 8).toBeGreaterThan(sent * 0.6);
  });
});
