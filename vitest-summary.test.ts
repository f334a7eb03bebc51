import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'summary-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs vitest on one test file of that text, in a process of its own; gives the last lines of its output. */
const run = (name: string, text: string) => {
  writeFileSync(join(folder, `${name}.test.ts`), text);
  const vitest = join(import.meta.dirname, 'node_modules', 'vitest', 'vitest.mjs');
  const reporter = join(import.meta.dirname, 'vitest-summary.ts');
  const flags = ['--globals', '--root', folder, '--reporter=default', `--reporter=${reporter}`];
  const { status, stdout } = spawnSync(process.execPath, [vitest, 'run', ...flags, name], {
    encoding: 'utf8',
  });
  return { status, lines: stdout.trimEnd().split('\n') };
};

describe('the last line of a test run', () => {
  it('counts test cases, after the titles of the skipped ones', () => {
    const { status, lines } = run(
      'mixed',
      `describe('suite', () => {
        it('good', () => {});
        it.each([1, 2])('good %i', () => {});
        it('bad', () => { throw new Error('bad'); });
        it.skip('left out (no phone)', () => {});
      });`,
    );
    expect(lines.slice(-2)).toEqual([
      'skipped: mixed.test.ts > suite > left out (no phone)',
      '3 passed, 1 failed, 1 skipped',
    ]);
    expect(status).toBe(1);
  });

  it('does not speak of skipped tests when there are none', () => {
    const { status, lines } = run('good', `it('good', () => {});`);
    expect(lines.at(-1)).toBe('1 passed, 0 failed');
    expect(status).toBe(0);
  });

  it('never says 0 failed of a file that does not load', () => {
    const { status, lines } = run('broken', `throw new Error('broken');`);
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
    expect(status).toBe(1);
  });
});
