import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claims } from '../scenarios/claims/catalogue.ts';
import { oneLine, openBench, type Bench } from './testing/cli.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await mkdir(join(bench.folder, 'full'));
  await writeFile(join(bench.folder, 'full/old.json'), '{}');
  await writeFile(join(bench.folder, 'nothing.ts'), 'export const other = 1;\n');
  await writeFile(join(bench.folder, 'shape.ts'), 'export const target = { name: "x" };\n');
  await writeFile(join(bench.folder, 'throws.ts'), 'throw new Error("no\\nlicence");\n');
  await writeFile(
    join(bench.folder, 'needy.ts'),
    `import { z } from 'zod';\nz.string();\nexport const scenarios = [{ id: 'mine/x', revision: 1, claims: ['5.1.a'], activities: ['call'], needs: ['cal'], judge() {} }];\n`,
  );
  await writeFile(
    join(bench.folder, 'lost.ts'),
    `export const scenarios = [{ id: 'mine/x', revision: 1, claims: ['5.1.a'], activities: ['nowhere'], needs: [], judge() {} }];\n`,
  );
  await writeFile(join(bench.folder, 'syntax.ts'), 'export const target = {{;\n');
  await writeFile(join(bench.folder, 'target.json'), '{}');
});
afterAll(() => bench.close());

describe.concurrent('wrong usage ends with 64 and one line that names the thing, the reason and the way out', () => {
  it.each<[readonly string[], ...string[]]>([
    [
      ['evaluate', '--onyl', '5.1.k'],
      "unknown option '--onyl'",
      'Did you mean --only',
      'discretio evaluate --help',
    ],
    [['evalaute'], "unknown command 'evalaute'", 'Did you mean evaluate', 'discretio --help'],
    [['judge'], "missing required argument 'run'", 'discretio judge --help'],
    [['evaluate', '--only', '9.9.z'], '--only 9.9.z', 'there is no such claim', 'discretio claims'],
    [['evaluate', '--only'], '--only', 'argument missing', 'discretio evaluate --help'],
    [['evaluate', '--seed', 'x'], '--seed', "'x'", 'a whole number from 0 to 2^53-1'],
    [['evaluate', '--seed', '9007199254740992'], '--seed', 'a whole number from 0 to 2^53-1'],
    [['evaluate', '--lab', 'moon'], '--lab', "'moon'", 'Allowed choices are loopback, netns'],
    [
      ['evaluate', '--topology', 'x.json'],
      '--topology',
      'the loopback lab has but one host',
      'add --lab netns',
    ],
    [['evaluate', '--lang', 'de'], '--lang', "'de'", 'Allowed choices are en, fr'],
    [
      ['evaluate', '--target', 'missing.ts'],
      '--target missing.ts',
      'cannot be read',
      'give the path',
    ],
    [
      ['evaluate', '--target', 'nothing.ts'],
      '--target nothing.ts',
      'exports no "target"',
      'add one',
    ],
    [['evaluate', '--target', 'shape.ts'], '--target shape.ts', 'of the type Target'],
    [
      ['evaluate', '--target', 'throws.ts'],
      '--target throws.ts',
      'cannot be loaded: no licence',
      'mend it',
    ],
    [['evaluate', '--target', 'syntax.ts'], '--target syntax.ts', 'cannot be loaded: '],
    [
      ['evaluate', '--target', 'target.json'],
      '--target target.json',
      'only a YAML, TypeScript or JavaScript file',
    ],
    [['evaluate', '--scenarios', 'missing.ts'], '--scenarios missing.ts', 'cannot be read'],
    [
      ['evaluate', '--scenarios', 'nothing.ts'],
      '--scenarios nothing.ts: scenarios: ',
      'docs/writing-a-scenario.md',
    ],
    [
      ['evaluate', '--scenarios', 'needy.ts'],
      '--scenarios needy.ts: scenarios.0.needs.0: no capability',
      'devices/contract.ts lists them',
    ],
    [
      ['evaluate', '--scenarios', 'lost.ts'],
      '--scenarios lost.ts: scenario mine/x: there is no activity nowhere',
      'mend it',
    ],
    [['evaluate', '--out', 'full'], 'full', 'is not empty', 'name a new one'],
    [['evaluate', '--out', '/proc/run'], '/proc/run', 'cannot be made', 'name another'],
    [
      ['evaluate', '--out', 'target.json'],
      'target.json',
      'a file of that name is there',
      'name another',
    ],
    [
      ['evaluate', '--out', 'target.json/run'],
      'target.json/run',
      'a file stands where a folder is needed',
    ],
    [['evaluate', '--json', '--only', '9.9.z'], '9.9.z'],
  ])('%j', async (words, ...parts) => {
    const { code, stdout, stderr } = await bench.run(words);
    expect(stderr).toMatch(oneLine(...parts));
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });

  it('shows what there is when nothing is asked', async () => {
    const { code, stdout, stderr } = await bench.run([]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain('Usage: discretio');
  });
});

describe.concurrent('questions', () => {
  it.each([['--help'], ['evaluate', '--help'], ['--version']])(
    '%j are answered',
    async (...words) => {
      const { code, stdout, stderr } = await bench.run(words);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/Usage: discretio|^\d+\.\d+\.\d+\n$/);
    },
  );

  it('claims lists the catalogue with its coverage', async () => {
    const { code, stdout } = await bench.run(['claims']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^2\.1\.i +for a person to judge$/m);
    expect(stdout).toMatch(/^5\.1\.k +\S/m);
    expect(stdout).toMatch(new RegExp(`^\\d+ of ${claims.length} claims have a scenario$`, 'm'));
  });

  it('claims --json is one object of the public shape', async () => {
    const { code, stdout, stderr } = await bench.run(['claims', '--json']);
    const printed: unknown = JSON.parse(stdout);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(printed).toMatchObject({
      claims: claims.map(({ id }) => expect.objectContaining({ id, scenarios: expect.any(Array) })),
    });
    expect(printed).toMatchObject({
      claims: expect.arrayContaining([
        { id: '2.1.i', scenarios: [], form: 'person/2.1.i' },
        { id: '5.1.k', scenarios: expect.arrayContaining([expect.any(String)]) },
      ]),
    });
  });
});

describe('an installation without its parts', () => {
  it('is named in one line, with the way out', async () => {
    const copy = join(bench.folder, 'copy');
    const root = join(import.meta.dirname, '..');
    for (const file of [
      'cli.ts',
      'commands/runtime.ts',
      'commands/compile-cache.ts',
      'package.json',
    ])
      await cp(join(root, file), join(copy, file));
    const { code, stdout, stderr } = await bench.run(['claims'], { program: join(copy, 'cli.ts') });
    expect(stderr).toMatch(oneLine('the program cannot be loaded', 'commands/main.ts', './setup'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('Node', () => {
  const pretend = (version: string) => [
    '--import',
    `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`,
  ];

  it('that is too old is named, with the way out, before anything else is loaded', async () => {
    const { code, stdout, stderr } = await bench.run(['claims'], { node: pretend('22.18.0') });
    expect(stderr).toMatch(oneLine('Node 22.18.0 is too old', './setup', 'npx discretio'));
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });

  it('that is newer will do', async () => {
    expect((await bench.run(['claims'], { node: pretend('26.0.0') })).code).toBe(0);
  });
});

it('wrong usage leaves nothing behind', async () => {
  expect(await bench.leftovers()).toEqual([]);
});
