import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coverageOf, withCoverageTable } from './scenarios/coverage.ts';
import { repertoire } from './scenarios/repertoire.ts';

const run = promisify(execFile);
const root = import.meta.dirname;
let folder = '';
let stored = '';

/** Lines of the shell examples of a page that call the program. */
const examplesOf = async (page: string): Promise<readonly string[]> => {
  const text = await readFile(join(root, page), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
  const lines = blocks.flatMap((block) => block.split('\n'));
  return lines
    .filter((line) => line.startsWith('npx discretio'))
    .map((line) => line.replace(/\s+#.*/, ''));
};

/** Where nothing may be captured or reached, an example still has to run and say so. */
const isUndecided = (error: {
  readonly code?: unknown;
  readonly stdout: string;
  readonly stderr: string;
}) => {
  if (error.code !== 2) throw error;
  return error;
};

const discretio = (words: readonly string[]) =>
  run(process.execPath, ['cli.ts', ...words], { cwd: root });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'discretio-readme-'));
  stored = join(folder, 'stored');
  await discretio(['evaluate', '--only', '5.1.k', '5.3.a', '--out', stored]).catch(isUndecided);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('README.md', () => {
  it('has the coverage table that npm run docs:coverage writes', async () => {
    const page = await readFile(join(root, 'README.md'), 'utf8');
    const made = withCoverageTable(page, coverageOf(repertoire.scenarios));
    expect(made, 'README.md lost the markers of its coverage table').not.toBeNull();
    expect(page === made, 'the table is stale: run npm run docs:coverage').toBe(true);
  });

  it('has links that lead somewhere', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });

  it('has examples that run', { timeout: 120_000 }, async () => {
    const examples = await examplesOf('README.md');
    expect(examples.length).toBeGreaterThan(3);
    for (const [index, example] of examples.entries()) {
      const words = example
        .replace('npx discretio ', '')
        .replace('runs/RUN', stored)
        .replace('CAPTURE', join(stored, 'evidence/call/capture.pcapng'))
        .replace('FILE', join(stored, 'evidence/call/stored/alice/private-key.pem'))
        .replace('HOST:PORT', '127.0.0.1:1')
        .split(' ');
      const out = words[0] === 'evaluate' ? ['--out', join(folder, String(index))] : [];
      const result = await discretio([...words, ...out]).catch(isUndecided);
      expect(`${result.stdout}${result.stderr}`, example).not.toBe('');
    }
  });
});
