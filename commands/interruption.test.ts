import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyManifest } from '../reports/evidence/manifest.ts';
import { runSchema } from '../reports/model/run.ts';
import { namespaceProblem } from '../simulators/lab/own-namespace.ts';
import { oneLine, openBench, withoutProgress, type Bench, type Running } from './testing/cli.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const waitingTarget = join(import.meta.dirname, 'testing/waiting-target.ts');
const out = () => join(bench.folder, 'run');

/** A run in the middle of its call: appliance, phones and capture are up. */
const runUntilTheCall = async (): Promise<Running> => {
  const words = [
    'evaluate',
    '--only',
    '5.1/sip-tls/suite',
    '--target',
    waitingTarget,
    '--out',
    out(),
  ];
  const running = bench.start(words);
  await running.says('waiting for ever');
  expect(await bench.leftovers(), 'what is sought at the end can be seen').not.toEqual([]);
  return running;
};

const readRun = async () =>
  runSchema.parse(JSON.parse(await readFile(join(out(), 'run.json'), 'utf8')));

const groupOf = ({ child }: Running): number => -(child.pid ?? Number.NaN);
const processOf = ({ child }: Running): number => child.pid ?? Number.NaN;

describe('an interrupted run', () => {
  it.each([
    ['SIGINT', 'the process group, as Ctrl-C does', groupOf],
    ['SIGTERM', 'the process group, as a CI runner does', groupOf],
    ['SIGINT', 'the process that was started', processOf],
    ['SIGTERM', 'the process that was started', processOf],
  ] as const)(
    '%s to %s: keeps its evidence and a report, says where, ends with 2, leaves nothing',
    async (signal, _whom, addressee) => {
      const running = await runUntilTheCall();
      process.kill(addressee(running), signal);
      const { code, stdout, stderr } = await running.ended;
      expect(withoutProgress(stderr)).toMatch(
        oneLine(`the run was interrupted (${signal})`, 'evidence kept so far', out()),
      );
      expect(stdout).toContain(`incomplete (the run was interrupted (${signal}))`);
      expect(code).toBe(2);
      expect(await readRun()).toMatchObject({
        status: 'incomplete',
        activities: expect.arrayContaining([
          expect.objectContaining({ id: 'call', status: 'interrupted' }),
        ]),
        verdicts: [{ kind: 'inconclusive' }],
        exit: 2,
      });
      expect(await readFile(join(out(), 'report.html'), 'utf8')).toContain(signal);
      expect(await verifyManifest(out())).toEqual({ ok: true, value: undefined });
      expect(await bench.leftovers()).toEqual([]);
    },
  );

  it('can be judged again, to the same bytes', async () => {
    const running = await runUntilTheCall();
    process.kill(groupOf(running), 'SIGINT');
    await running.ended;
    const before = await readFile(join(out(), 'manifest.json'), 'utf8');
    expect((await bench.run(['judge', out()])).code).toBe(2);
    expect(await readFile(join(out(), 'manifest.json'), 'utf8')).toBe(before);
  });
});

describe('an error that a target throws outside every step', () => {
  it('ends the run like an interruption, without a stack trace', async () => {
    const target = join(import.meta.dirname, 'testing/stray-target.ts');
    const words = ['evaluate', '--only', '5.1.k', '--target', target, '--out', out()];
    const { code, stderr } = await bench.run(words);
    expect(withoutProgress(stderr)).toMatch(
      oneLine('an error outside every step: the appliance lost its mind', out()),
    );
    expect(code).toBe(2);
    expect((await readRun()).activities).toMatchObject([{ id: 'scan', status: 'interrupted' }]);
    expect(await bench.leftovers()).toEqual([]);
  });
});

const problem = namespaceProblem();
const why = problem === null ? '' : ` (skipped: ${problem})`;

describe('a run whose starter is killed', () => {
  it.skipIf(why !== '')(`ends by itself, keeps its evidence and leaves nothing${why}`, async () => {
    const running = await runUntilTheCall();
    process.kill(processOf(running), 'SIGKILL');
    const { stderr } = await running.ended;
    expect(withoutProgress(stderr)).toMatch(oneLine('the process that started it is gone', out()));
    expect(await readRun()).toMatchObject({ status: 'incomplete', exit: 2 });
    expect(await verifyManifest(out())).toEqual({ ok: true, value: undefined });
    expect(await bench.leftovers()).toEqual([]);
  });
});
