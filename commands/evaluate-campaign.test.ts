import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyManifest } from '../reports/evidence/manifest.ts';
import { runSchema, type Run } from '../reports/model/run.ts';
import { namespaceProblem } from '../simulators/lab/own-namespace.ts';
import { oneLine, openBench, type Bench } from './testing/cli.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const folder = (name: string) => join(bench.folder, name);
const readRun = async (name: string): Promise<Run> =>
  runSchema.parse(JSON.parse(await readFile(join(folder(name), 'run.json'), 'utf8')));
const put = async (name: string, content: string): Promise<string> => {
  await writeFile(folder(name), content);
  return folder(name);
};

/** Milliseconds; a run takes a few seconds, more on a busy machine. */
const timeout = 120_000;

/** A scenario that needs little beside the scan: with it a run has two activities. */
const impostor = 'attacks/X1-X2/impostor-server';

const problem = namespaceProblem();
const why = problem === null ? '' : ` (skipped: ${problem})`;

describe('a plan', () => {
  it(
    'is printed without running, then performed to the letter, and refused where a scenario has changed',
    { timeout },
    async () => {
      const planned = await bench.run([
        'evaluate',
        '--plan-only',
        '--only',
        '5.1.k',
        '--seed',
        '9',
      ]);
      expect(planned.code).toBe(0);
      expect(await bench.leftovers()).toEqual([]);
      const file = await put('printed.json', planned.stdout);
      const performed = await bench.run(['evaluate', '--plan', file, '--out', folder('planned')]);
      expect(performed.code).toBe(0);
      const printed = JSON.parse(planned.stdout);
      const written = JSON.parse(await readFile(join(folder('planned'), 'plan.json'), 'utf8'));
      expect(written.plan).toEqual(printed.plan);
      expect(written.plan).toMatchObject({
        seed: 9,
        selected: ['5.1.k'],
        activities: [{ id: 'scan', expected: expect.any(Number), effect: expect.any(String) }],
        controls: { activities: [], reason: expect.any(String) },
      });
      const [{ id, revision }] = printed.plan.scenarios;
      printed.plan.scenarios[0].revision += 1;
      const changed = await put('changed.json', JSON.stringify(printed));
      const refused = await bench.run(['evaluate', '--plan', changed]);
      expect(refused.stderr).toMatch(
        oneLine(
          `scenario ${id} was planned in revision ${revision + 1} and is now in revision ${revision}`,
          '--plan-only makes a new plan',
        ),
      );
      expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 64, stdout: '' });
    },
  );

  it.each<[readonly string[], ...string[]]>([
    [['--plan', 'no.json'], 'no.json', 'cannot be read (ENOENT)', '--plan-only'],
    [['--plan', 'x', '--seed', '2'], "'--plan <file>' cannot be used with option '--seed"],
    [['--plan', 'x', '--resume', 'y'], 'cannot be used with option'],
    [['--resume', '.'], 'no plan.json there', 'name one'],
    [['--resume', 'y', '--only', '5.1.k'], 'cannot be used with option'],
    [['--lanes', '0'], '--lanes', 'from 1 to 9'],
    [['--only', '5.1.k', '--expect', 'no.yaml'], 'no.yaml', 'cannot be read', 'README.md'],
  ])('that cannot be: %j', async (words, ...parts) => {
    const { code, stdout, stderr } = await bench.run(['evaluate', ...words]);
    expect(stderr).toMatch(oneLine(...parts));
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});

describe('what is expected of a target', () => {
  it('fails the run where it passes after all, and says so', { timeout }, async () => {
    const file = await put(
      'known.yaml',
      'expectations:\n  - {claim: 5.1.k, kind: fail, reason: old, link: "https://example.org/1", expires: 2999-01-01}\n',
    );
    const words = ['evaluate', '--only', '5.1.k', '--expect', file, '--out', folder('expecting')];
    expect((await bench.run(words)).code).toBe(1);
    const run = await readRun('expecting');
    expect(run.expectations).toMatchObject([{ claim: '5.1.k', standing: 'unexpected pass' }]);
    expect(await readFile(join(folder('expecting'), 'report.html'), 'utf8')).toContain(
      'unexpected pass: the run fails',
    );
    expect((await bench.run(['judge', folder('expecting')])).code).toBe(1);
  });
});

describe('controls', () => {
  it(
    'fail an attack’s claim where the target does not outlive it and a fresh one works',
    { timeout },
    async () => {
      const target = join(import.meta.dirname, 'testing/dying-target.ts');
      const words = ['--target', target, '--only', '5.1.k', '--controls', '--out', folder('dying')];
      expect((await bench.run(['evaluate', ...words])).code).toBe(1);
      const { verdicts, activities, replay } = await readRun('dying');
      expect(verdicts).toMatchObject([
        {
          claim: '5.1.k',
          kind: 'fail',
          reason: 'the target no longer serves its users after scan',
          observed: expect.stringContaining('on a fresh instance: enrolled, registered, called'),
        },
      ]);
      expect(activities.map(({ id }) => id)).toEqual(['control-first', 'scan', 'control-last']);
      expect(replay['5.1.k']).toMatch(/ --controls$/);
      expect(await bench.leftovers()).toEqual([]);
    },
  );
});

describe.skipIf(problem !== null)(`lanes${why}`, () => {
  const chosen = ['5.1.k', impostor];
  const evaluate = (name: string, lanes: string) =>
    bench.run(['evaluate', '--only', ...chosen, '--lanes', lanes, '--out', folder(name)]);

  it('give the same verdicts in the same order, and diff shows nothing', { timeout }, async () => {
    const ended = await Promise.all([evaluate('one', '1'), evaluate('two', '2')]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    expect(ended[1].stderr).toMatch(/\(lane 2\)/);
    expect(ended[0].stderr).not.toMatch(/\(lane /);
    const [one, two] = [await readRun('one'), await readRun('two')];
    const kinds = (run: Run) => run.verdicts.map(({ claim, kind }) => `${claim} ${kind}`);
    expect(kinds(two)).toEqual(kinds(one));
    expect(two.activities.map(({ id }) => id)).toEqual(one.activities.map(({ id }) => id));
    expect(two.judgements.map(({ scenario }) => scenario)).toEqual(
      one.judgements.map(({ scenario }) => scenario),
    );
    const same = await bench.run(['diff', folder('one'), folder('two')]);
    expect(same).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await bench.leftovers()).toEqual([]);
  });
});

describe('a run that was interrupted', () => {
  it('goes on with what was not done, and keeps the rest', { timeout }, async () => {
    const words = ['evaluate', '--only', '5.1.k', impostor, '--lanes', '1', '--out', folder('cut')];
    const running = bench.start(words);
    await running.says('both TLS ports are offered');
    process.kill(running.child.pid ?? Number.NaN, 'SIGINT');
    const cut = await running.ended;
    expect(cut.code).toBe(2);
    expect(cut.stderr).toContain(`evaluate --resume ${folder('cut')}`);
    const scan = join(folder('cut'), 'evidence/scan/sip.json');
    const before = await readFile(scan, 'utf8');
    await writeFile(scan, `${before} `);
    const refused = await bench.run(['evaluate', '--resume', folder('cut')]);
    expect(refused.stderr).toMatch(oneLine('altered: evidence/scan/sip.json', 'a new run'));
    expect(refused.code).toBe(2);
    await writeFile(scan, before);

    const { code, stderr } = await bench.run(['evaluate', '--resume', folder('cut')]);
    expect(stderr).toContain('scan stay as they are');
    expect(stderr).not.toContain('both TLS ports are offered');
    expect(code).toBe(0);
    const run = await readRun('cut');
    expect(run).toMatchObject({ status: 'complete', resumedAt: [expect.any(String)] });
    expect(run.verdicts.map(({ kind }) => kind)).toEqual(['pass', 'pass']);
    expect(await readFile(scan, 'utf8')).toBe(before);
    expect(await verifyManifest(folder('cut'))).toEqual({ ok: true, value: undefined });
    expect(await bench.leftovers()).toEqual([]);

    const again = await bench.run(['evaluate', '--resume', folder('cut')]);
    expect(again.stderr).toMatch(oneLine('every activity of that run was done', 'discretio judge'));
    expect(again.code).toBe(64);
  });
});

describe('two runs', () => {
  it('that differ are told claim by claim, also as one object', async () => {
    const runs = [folder('planned'), folder('expecting')];
    const told = await bench.run(['diff', ...runs]);
    expect(told).toEqual({ code: 0, stdout: '', stderr: '' });
    const other = [folder('planned'), folder('dying')];
    const { code, stdout } = await bench.run(['diff', ...other]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^5\.1\.k: pass \| fail: the target no longer serves/m);
    const json = await bench.run(['diff', ...other, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      tool: 'discretio',
      runs: [{ folder: other[0] }, { folder: other[1] }],
      differences: expect.arrayContaining([expect.objectContaining({ claim: '5.1.k' })]),
      exit: 1,
    });
    expect(json.code).toBe(1);
  });

  it.each([
    [['.', '.'], 2, ['not the folder of a finished run', 'name the folders']],
    [['.'], 64, ["missing required argument 'other'", 'discretio diff --help']],
  ] as const)('%j that cannot be read end with %i', async (words, expected, parts) => {
    const { code, stdout, stderr } = await bench.run(['diff', ...words]);
    expect(stderr).toMatch(oneLine(...parts));
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
  });
});
