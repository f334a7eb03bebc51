import { defineConfig, type Plugin } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** In the order in which they are tried, after all others, since a mutant is dead at the first test that fails. */
const slow = ['order', 'envelope', 'parts', 'stored-file', 'refusals', 'agreement', 'exchange'];
const last = [...slow, 'refusal-vectors', 'replay-memory'].map((name) => `/${name}.test.ts`);

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = last.findIndex((name) => moduleId.endsWith(name));
      return place < 0 && moduleId.includes('/keystore/') ? -2 : place;
    };
    return files.toSorted((left, right) => rank(left) - rank(right));
  }
}

/** Few cases of each property, always the same (titles name the seed, and Stryker knows a test by its title), none shrunk. */
const fewCases: Plugin = {
  name: 'few-cases',
  enforce: 'pre',
  transform: (code, id) =>
    id.endsWith('.test.ts') && code.includes('@fast-check/vitest')
      ? "import { configureGlobal } from 'fast-check'; configureGlobal({ seed: 1, numRuns: 10, endOnFailure: true });" +
        code.replaceAll(/numRuns: \d+/g, 'numRuns: 10')
      : undefined,
};

/** The tests that `npm run test:mutations` tries mutants with (docs/mutation-score.md). */
export default defineConfig({
  plugins: [fewCases],
  test: {
    include: ['reference/core/{csl,keystore}/*.test.ts'],
    // 5 s of pairs of faults; order.test.ts has their order.
    exclude: ['**/order-pairs.test.ts'],
    sequence: { sequencer: QuickFirst },
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
