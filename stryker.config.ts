import type { PartialStrykerOptions } from '@stryker-mutator/api/core';

/** How `npm run test:mutations` changes the code of the key agreement and of stored keys (docs/mutation-score.md). */
const options: PartialStrykerOptions = {
  mutate: ['reference/core/{csl,keystore}/*.ts', '!**/*.test.ts'],
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutations.config.ts', related: false },
  coverageAnalysis: 'perTest',
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
  jsonReporter: { fileName: 'runs/mutations/report.json' },
  thresholds: { high: 95, low: 90, break: 85 },
};

export default options;
