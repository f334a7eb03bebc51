import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targets } from '../fuzz/catalogue.ts';
import { oneLine, openBench, type Bench } from './testing/cli.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** A catalogue of one target that fails on numbers from 10 on, in place of the real one. */
const broken = `
  import * as fc from 'fast-check';
  export const targets = [{
    name: 'broken',
    parsers: [],
    reaches: [],
    cases: fc.nat({ max: 1000 }),
    check(value) { if (value >= 10) throw new RangeError('ten'); return 'ok'; },
    file: (value) => ({ extension: 'txt', bytes: Buffer.from(String(value)) }),
  }];`;

const withBroken = [
  '--import',
  `data:text/javascript,${encodeURIComponent(
    `import { registerHooks } from 'node:module';
     registerHooks({ load: (url, context, next) => url.endsWith('/fuzz/catalogue.ts')
       ? { format: 'module', shortCircuit: true, source: ${JSON.stringify(broken)} }
       : next(url, context) });`,
  )}`,
];

const page = await readFile(join(import.meta.dirname, '../docs/fuzzing.md'), 'utf8');
const examples = [...page.matchAll(/^npx discretio (.*)$/gm)].map(([, words]) => words ?? '');

describe.concurrent('discretio fuzz', () => {
  it(
    'names a failure by seed, path and file, by 1, and replays it',
    { timeout: 120_000 },
    async () => {
      const words = ['fuzz', 'broken', '--seed', '1', '--json', '--out', 'broken'];
      const { code, stdout, stderr } = await bench.run(words, { node: withBroken });
      expect(code, stderr).toBe(1);
      const { failures } = JSON.parse(stdout) as {
        readonly failures: readonly { readonly path: string; readonly file: string }[];
      };
      expect(failures).toHaveLength(1);
      const [{ path, file } = { path: '', file: '' }] = failures;
      expect(await readFile(file, 'utf8')).toBe('10');
      const again = ['fuzz', 'broken', '--seed', '1', '--path', path, '--out', 'broken'];
      const replayed = await bench.run(again, { node: withBroken });
      expect(replayed.code, replayed.stderr).toBe(1);
      expect(replayed.stdout).toContain(
        'total: expected a value or a named error, observed thrown: RangeError: ten',
      );
      expect(replayed.stdout).toContain(`discretio fuzz broken --seed 1 --path ${path}`);
    },
  );

  it('runs the examples of docs/fuzzing.md', { timeout: 120_000 }, async () => {
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) {
      const { code, stderr } = await bench.run(example.split(' '));
      expect(code, `${example}: ${stderr}`).toBe(0);
    }
  });

  it('runs a target from a seed, and prints one object of the public shape', async () => {
    const words = ['fuzz', 'csl-info', '--runs', '500', '--seed', '7', '--out', 'kept', '--json'];
    const { code, stdout, stderr } = await bench.run(words);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      name: 'csl-info',
      runs: 500,
      seed: 7,
      failures: [],
      casesPerSecond: expect.any(Number),
    });
    expect(await readdir(join(bench.folder, 'kept/csl-info/corpus'))).toContain('a-number.json');
    const kept: unknown = JSON.parse(
      await readFile(join(bench.folder, 'kept/csl-info/corpus.json'), 'utf8'),
    );
    expect(kept).toContainEqual({ seed: 7, path: expect.any(String), shows: 'a number' });
  });

  it('runs all of them, one line each', async () => {
    const { code, stdout, stderr } = await bench.run(['fuzz', '--runs', '5', '--seed', '1']);
    expect(code, stderr).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(targets.length);
    expect(stdout).toMatch(/^pkcs8 +5 cases, \d+ a second, seed 1: no failure$/m);
  });

  it('replays the one case of a path', async () => {
    const words = ['fuzz', 'csl-headers', '--seed', '4', '--path', '17'];
    const { code, stdout, stderr } = await bench.run(words);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^csl-headers +1 cases, \d+ a second, seed 4: no failure\n$/);
    expect(stderr).toMatch(/^csl-headers: \S/);
  });

  it('lists the targets with their parsers', async () => {
    const { code, stdout } = await bench.run(['fuzz', '--list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pem +parsePem parsePemChain scanPem$/m);
  });

  it('stops at Ctrl-C with what was done, and says so by 2', async () => {
    const words = ['fuzz', 'csl-headers', '--runs', '1000000000', '--seed', '1', '--json'];
    const running = bench.start(words);
    await running.says('csl-headers: ');
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect(code, stderr).toBe(2);
    expect(stderr).toContain('interrupted (SIGINT)');
    const printed: unknown = JSON.parse(stdout);
    expect(printed).toMatchObject({ name: 'csl-headers', failures: [] });
    expect((printed as { readonly runs: number }).runs).toBeGreaterThan(0);
  });

  it('ends with 2 where its folder cannot be written', async () => {
    await mkdir(join(bench.folder, 'taken'));
    await writeFile(join(bench.folder, 'taken/csl-info'), '');
    const words = ['fuzz', 'csl-info', '--runs', '5', '--out', 'taken'];
    const { code, stderr } = await bench.run(words);
    expect(stderr).toMatch(oneLine('taken'));
    expect(code).toBe(2);
  });

  it.each<[readonly string[], ...string[]]>([
    [['nobody'], 'fuzz nobody: there is no such target', 'csl-headers', 'pkcs8'],
    [['--path', '3'], '--path 3', 'give NAME and --seed'],
    [['pem', '--seed', '1', '--path', 'x'], '--path', 'numbers with colons'],
    [
      ['pem', '--seed', '1', '--path', '0:999999999'],
      '--path 0:999999999',
      'leads to no case of pem',
    ],
    [['pem', '--runs', '0'], '--runs', "'0'", 'a whole number from 1'],
    [['pem', '--seed', '-1'], '--seed', 'a whole number from 0 to 2^53-1'],
  ])('%j is wrong usage', async (words, ...parts) => {
    const { code, stdout, stderr } = await bench.run(['fuzz', ...words]);
    expect(stderr).toMatch(oneLine(...parts));
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});
