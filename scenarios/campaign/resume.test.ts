import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActivityOutcome } from '../../reports/model/run.ts';
import { makePlan } from './plan.ts';
import { clearUnfinished, readUnfinished } from './resume.ts';
import {
  fakeActivity,
  fakeScenario,
  fakeStart,
  repertoireOf,
  usualSelection,
} from './testing/fakes.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resume-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ids = ['call', 'scan', 'after-call', 'intruder'];
const repertoire = repertoireOf(
  [fakeScenario('s', { activities: ids })],
  [
    fakeActivity('call'),
    fakeActivity('scan'),
    fakeActivity('after-call', { after: ['call'] }),
    fakeActivity('intruder'),
  ],
);

const put = async (path: string, content: object = {}) => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), JSON.stringify(content));
};

const outcome = (id: string, status: ActivityOutcome['status'] = 'done') => ({
  id,
  status,
  ...(status === 'done' ? {} : { reason: 'because' }),
  took: 1,
});

/** A run folder whose activities came out so, as `activities.json` has them and as lanes that broke off left them. */
const runWith = async (
  outcomes: readonly ActivityOutcome[],
  lanes: readonly (readonly ActivityOutcome[])[] = [],
) => {
  const plan = makePlan({ ...usualSelection, controls: true }, repertoire);
  if (!plan.ok) throw new Error(plan.error.code);
  await put('plan.json', fakeStart(plan.value));
  await put('activities.json', { status: 'incomplete', ended: 'SIGINT', outcomes });
  for (const [index, done] of lanes.entries()) {
    const work = { lane: index + 1, activities: done.map(({ id }) => id) };
    await put(`lane-${index + 1}.json`, { work, outcomes: done });
  }
  for (const id of ids) await put(`evidence/${id}/a.json`);
};

const unfinished = async () => {
  const { kept, remaining, firstLane } = await readUnfinished(folder, repertoire);
  return {
    kept: kept.map(({ id }) => id),
    remaining: remaining.map(({ id }) => id),
    firstLane,
  };
};

describe('what is left of a run', () => {
  it('is what was not done, and all that builds on it or that it builds on', async () => {
    await runWith([
      outcome('control-first'),
      outcome('call'),
      outcome('scan'),
      outcome('after-call', 'interrupted'),
      outcome('intruder', 'failed'),
    ]);
    expect(await unfinished()).toEqual({
      kept: ['scan'],
      remaining: ['call', 'after-call', 'intruder'],
      firstLane: 1,
    });
  });

  it('is known of a run that was killed from what its lanes wrote after each activity', async () => {
    await runWith([], [[outcome('control-first'), outcome('scan')], [outcome('intruder')]]);
    expect(await unfinished()).toEqual({
      kept: ['scan', 'intruder'],
      remaining: ['call', 'after-call'],
      firstLane: 3,
    });
  });

  it('is nothing where all was done or cannot be', async () => {
    await runWith(ids.map((id) => outcome(id, id === 'scan' ? 'unsupported' : 'done')));
    expect((await unfinished()).remaining).toEqual([]);
    expect((await readUnfinished(folder, repertoire)).isComplete).toBe(false);
  });

  it('numbers further lanes after those that left a control', async () => {
    await runWith([]);
    await put('evidence/control-first/lane-7.json');
    expect((await unfinished()).firstLane).toBe(8);
  });

  it('is cleared of evidence and conclusions; what was done stays', async () => {
    await runWith([outcome('scan')], [[outcome('intruder')]]);
    for (const name of ['run.json', 'report.html', 'junit.xml', 'manifest.json']) await put(name);
    await put('evidence/control-first/lane-1.json');
    await clearUnfinished(folder, await readUnfinished(folder, repertoire));
    expect((await readdir(folder)).toSorted()).toEqual([
      'activities.json',
      'evidence',
      'plan.json',
    ]);
    expect((await readdir(join(folder, 'evidence'))).toSorted()).toEqual([
      'control-first',
      'intruder',
      'scan',
    ]);
  });

  it('cannot be told of a folder that is no run’s', async () => {
    await expect(readUnfinished(folder, repertoire)).rejects.toThrow(/no plan\.json there/);
  });
});
