import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const everywhere = ['node_modules/**', 'dist/**', 'runs/**'];
const tests = '**/*.test.ts';
const long = '**/*.long.test.ts';

/** Where tests are of functions and small servers: they load the same modules, and leave their process as they found it. */
const alike = [
  'reference/{core,client,appliance}/**/*.test.ts',
  'reports/**/*.test.ts',
  'scenarios/{campaign,claims,inspect,wire}/**/*.test.ts',
  'simulators/attackers/**/*.test.ts',
];

/** What a file does to its process, or measures of it, that the next file there would notice. */
const changesProcess =
  /\bvi\.(mock|stub\w+|useFakeTimers|spyOn)\(|\bprocess\.(on|chdir)\(|memoryUsage\(|setFlagsFromString|process\.env\[[^\]]+\] (\?\?)?=[^=]/;

/** Files that share a process for each core: most of what such a file takes alone is to load what the one before it has loaded. */
const shared = globSync(alike, { cwd: import.meta.dirname, exclude: [...everywhere, long] })
  .filter((file) => !changesProcess.test(readFileSync(join(import.meta.dirname, file), 'utf8')))
  .toSorted();

/** All suites: what every change runs, in processes of their own or shared, and what takes too long for that. */
const common = { pool: 'forks', testTimeout: 30_000, hookTimeout: 30_000 } as const;

export default defineConfig({
  test: {
    // Most tests of the whole program wait for other processes: as many at once as there are cores.
    maxWorkers: '100%',
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', './vitest-summary.ts'],
    projects: [
      {
        test: {
          ...common,
          name: 'usual',
          include: [tests],
          exclude: [...everywhere, long, ...shared],
        },
      },
      {
        test: {
          ...common,
          name: 'shared',
          include: shared,
          exclude: everywhere,
          isolate: false,
        },
      },
      {
        test: {
          ...common,
          name: 'long',
          include: [long],
          exclude: everywhere,
          // After all others and one at a time: whole systems under test, which need the machine for themselves.
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          maxConcurrency: 2,
        },
      },
    ],
  },
});
