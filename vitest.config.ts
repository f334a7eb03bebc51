import { defineConfig } from 'vitest/config';

const everywhere = ['node_modules/**', 'dist/**', 'runs/**'];
const long = '**/*.long.test.ts';

/** Both suites: what every change runs, and what takes too long for that. */
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
          include: ['**/*.test.ts'],
          exclude: [...everywhere, long],
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
