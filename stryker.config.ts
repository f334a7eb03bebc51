import { readFileSync } from 'node:fs';
import type { PartialStrykerOptions } from '@stryker-mutator/api/core';

interface Place {
  readonly line: number;
  readonly column: number;
}
interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly mutants: readonly {
          readonly status: string;
          readonly location: { readonly start: Place; readonly end: Place };
        }[];
      }
    >
  >;
}

const file = 'runs/mutations/report.json';

/** Where the run before left mutants out, because they are in what a module does as it is loaded. */
const leftOut = (): string[] => {
  const { files } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const ranges = Object.entries(files).flatMap(([name, { mutants }]) =>
    mutants
      .filter(({ status }) => status === 'Ignored')
      .map(
        ({ location: { start, end } }) =>
          `${name}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`,
      ),
  );
  return [...new Set(ranges)];
};

/** Every test is run for each of these, in a process that has loaded nothing yet. */
const isStatic = process.env['MUTATIONS'] === 'static';

/** How `npm run test:mutations` changes the code of the key agreement and of stored keys (docs/mutation-score.md). */
const options: PartialStrykerOptions = {
  mutate: isStatic ? leftOut() : ['reference/core/{csl,keystore}/*.ts', '!**/*.test.ts'],
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutations.config.ts', related: false },
  coverageAnalysis: 'perTest',
  ignoreStatic: !isStatic,
  concurrency: 2,
  // An endless loop is one on a busy machine too.
  timeoutMS: 20_000,
  timeoutFactor: 4,
  // Stryker would rewrite the paths of a tsconfig.json with TypeScript's API, which TypeScript 7 does not have.
  tsconfigFile: 'none',
  ignorePatterns: ['/bench', '/devices', '/dist', '/docs', '/reports', '/runs', '/targets'],
  tempDirName: 'runs/mutations/tree',
  allowConsoleColors: false,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, allowEmojis: false, reportTests: false },
  jsonReporter: { fileName: isStatic ? 'runs/mutations/static.json' : file },
  thresholds: { high: 95, low: 90, break: 85 },
};

export default options;
