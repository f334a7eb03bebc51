import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judgeRun, targetTextFile } from './assemble.ts';
import { makePlan } from './plan.ts';
import { fail, pass, type Finding, type Scenario } from './scenario.ts';
import { activitiesFile, startFile } from './start.ts';
import { fakeScenario, fakeStart, repertoireOf, usualSelection } from './testing/fakes.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inputs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** One scenario that is asked for, and one that is not. */
const some = [fakeScenario('5.1/a'), fakeScenario('5.1/b', { claims: ['5.1.a'] })];

/** Judges a folder whose plan has these claims and scenarios, and no activity. */
const judge = async (only: readonly string[], scenarios: readonly Scenario[]) => {
  const plan = makePlan({ ...usualSelection, only }, repertoireOf(scenarios));
  if (!plan.ok) throw new Error(plan.error.code);
  await writeFile(join(folder, startFile), JSON.stringify(fakeStart(plan.value)));
  await writeFile(
    join(folder, activitiesFile),
    JSON.stringify({ status: 'complete', outcomes: [] }),
  );
  return judgeRun(folder, { scenarios, documents: () => [] });
};

const onPerson = (finding: Finding): Scenario =>
  fakeScenario('2.1/published', { claims: ['2.1.i'], judge: () => finding });

describe('a claim for a person', () => {
  it('decides nothing while nobody judged it, and has its form', async () => {
    const run = await judge(['5.1.k', '2.1.i'], some);
    expect(run.verdicts.map(({ claim, kind }) => [claim, kind])).toEqual([
      ['2.1.i', 'skipped'],
      ['5.1.k', 'pass'],
    ]);
    expect(run).toMatchObject({ exit: 0, forms: [{ id: 'person/2.1.i' }] });
  });

  it.each([
    ['a failure', fail('it is not', 'x', 'y'), 1],
    ['a pass', pass('it is'), 0],
  ])('counts as any other once a scenario judged it: %s', async (_, finding, exit) => {
    const run = await judge(['2.1.i'], [onPerson(finding)]);
    expect(run.verdicts).toMatchObject([{ claim: '2.1.i', kind: finding.kind }]);
    expect(run.exit).toBe(exit);
  });
});

describe('what else stands in a run folder', () => {
  it('is shown: the evaluator’s copy of the target, and pictures', async () => {
    await writeFile(join(folder, targetTextFile), '5.1 Encryption\nIt is so.\n');
    await mkdir(join(folder, 'evidence/call'), { recursive: true });
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3);
    await writeFile(join(folder, 'evidence/call/screen.png'), png);
    const run = await judge(['5.1.k'], some);
    expect(run.passages).toEqual([{ section: '5.1', text: 'It is so.' }]);
    expect(run.documents).toMatchObject([{ kind: 'image', path: 'evidence/call/screen.png' }]);
    expect(await judge(['5.1.k'], some)).toEqual(run);
  });

  it('is nothing where there is nothing', async () => {
    const run = await judge(['5.1.k'], some);
    expect(run).not.toHaveProperty('passages');
    expect(run).toMatchObject({ documents: [], forms: [] });
  });
});
