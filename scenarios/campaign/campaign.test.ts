import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EvidenceError } from '../../reports/evidence/errors.ts';
import { createEvidenceStore, type EvidenceStore } from '../../reports/evidence/store.ts';
import { runSchema } from '../../reports/model/run.ts';
import type { Activity } from './activity.ts';
import { judgeRun, type Judging } from './assemble.ts';
import { performLane, runCampaign, type Campaign } from './campaign.ts';
import type { ExpectedOutcome } from './expectation.ts';
import type { LaneWork } from './lane-file.ts';
import { makePlan, type Repertoire } from './plan.ts';
import { fail, inconclusive, pass, type Scenario } from './scenario.ts';
import {
  fakeActivity,
  fakeCapture,
  fakeScenario,
  fakeSite,
  fakeStart,
  fakeTarget,
  never,
  repertoireOf,
  usualSelection,
} from './testing/fakes.ts';
import type { Start } from './start.ts';

let folder = '';
let store: EvidenceStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'campaign-'));
  store = await createEvidenceStore(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a test changes of a run. */
interface Changes {
  readonly only?: readonly string[];
  readonly target?: string;
  readonly activities?: readonly Activity[];
  readonly start?: Partial<Start>;
  readonly store?: EvidenceStore;
  readonly signal?: AbortSignal;
  readonly documents?: Judging['documents'];
}

const campaignOf = (
  plan: Start['plan'],
  repertoire: Repertoire,
  changes: Pick<Changes, 'start' | 'store' | 'signal'>,
): Campaign => ({
  start: fakeStart(plan, changes.start),
  target: fakeTarget([]),
  site: fakeSite,
  store: changes.store ?? store,
  repertoire,
  signal: changes.signal ?? new AbortController().signal,
  progress: () => undefined,
  capture: fakeCapture([]),
});

const gatherRun = async (scenarios: readonly Scenario[], changes: Changes = {}) => {
  const repertoire = repertoireOf(scenarios, changes.activities);
  const { only = [], target = 'reference' } = changes;
  const plan = makePlan({ ...usualSelection, only, target }, repertoire);
  if (!plan.ok) throw new Error(plan.error.code);
  await runCampaign(campaignOf(plan.value, repertoire, changes));
};

const judge = (scenarios: readonly Scenario[], changes: Changes = {}) =>
  judgeRun(folder, { scenarios, documents: changes.documents ?? (() => []) });

const run = async (scenarios: readonly Scenario[], changes: Changes = {}) => {
  await gatherRun(scenarios, changes);
  return judge(scenarios, changes);
};

const passing = fakeScenario('good');
const failing = fakeScenario('bad', { judge: () => fail('wrong suite', 'a', 'b') });
const unclear = fakeScenario('unclear', { judge: () => inconclusive('no packet') });

describe('a run', () => {
  it('has the worst judgement of each claim as its verdict', async () => {
    const both = fakeScenario('both', { claims: ['2.1.a', '5.1.k'] });
    const { judgements, verdicts, exit, status } = await run([both, failing]);
    expect(judgements.map(({ claim, scenario, kind }) => [claim, scenario, kind])).toEqual([
      ['2.1.a', 'both', 'pass'],
      ['5.1.k', 'both', 'pass'],
      ['5.1.k', 'bad', 'fail'],
    ]);
    expect(verdicts).toEqual([
      { claim: '2.1.a', kind: 'pass', observed: 'seen' },
      { claim: '5.1.k', kind: 'fail', reason: 'wrong suite', expected: 'a', observed: 'b' },
    ]);
    expect({ exit, status }).toEqual({ exit: 1, status: 'complete' });
  });

  it('judges the selected claims only', async () => {
    const both = fakeScenario('both', { claims: ['2.1.a', '5.1.k'] });
    const { judgements } = await run([both, failing], { only: ['2.1.a'] });
    expect(judgements.map(({ claim, scenario }) => [claim, scenario])).toEqual([['2.1.a', 'both']]);
  });

  it.each([
    ['pass', [passing], [], 0],
    ['fail', [passing, failing], [], 1],
    ['a failure before what is unclear', [unclear, failing], [], 1],
    ['inconclusive', [passing, unclear], [], 2],
    ['a claim without scenario', [passing], ['5.1.k', '2.1.b'], 2],
    ["only a person's claims", [passing], ['2.1.i'], 0],
    ["a person's claim beside one that passes", [passing], ['2.1.i', '5.1.k'], 0],
    ["a person's claim beside one that fails", [failing], ['2.1.i', '5.1.k'], 1],
    ["a person's claim beside one without scenario", [passing], ['2.1.i', '2.1.b'], 2],
  ] as const)('ends with the exit code of %s', async (_what, scenarios, only, exit) => {
    expect((await run(scenarios, { only })).exit).toBe(exit);
  });

  it('says why a claim has no judgement', async () => {
    const { verdicts } = await run([passing], { only: ['2.1.i', '2.1.b'] });
    expect(verdicts).toEqual([
      { claim: '2.1.b', kind: 'unsupported', reason: 'no scenario shows it yet' },
      { claim: '2.1.i', kind: 'skipped', reason: 'only a person can judge it' },
    ]);
  });

  it('takes a scenario that needs more than the target can do for unsupported', async () => {
    const scenario = fakeScenario('s', { needs: ['media-keys'] });
    const { verdicts, exit } = await run([scenario], { start: { capabilities: ['call'] } });
    expect(verdicts).toMatchObject([
      { kind: 'unsupported', reason: 'the target lacks the capability media-keys' },
    ]);
    expect(exit).toBe(2);
  });

  it('judges from the evidence that an activity left', async () => {
    const schema = z.object({ suite: z.string() });
    const scenario = fakeScenario('s', {
      activities: ['scan'],
      judge: (evidence) => pass(evidence.json('scan', 'a.json', schema)?.suite ?? 'nothing'),
    });
    const scan = fakeActivity('scan', { run: (world) => world.write('a.json', { suite: '009F' }) });
    expect((await run([scenario], { activities: [scan] })).verdicts).toMatchObject([
      { observed: '009F' },
    ]);
  });

  it('says how each claim is run again, quoted for a shell', async () => {
    const { replay } = await run([passing], { target: "my target's.ts" });
    expect(replay).toEqual({
      '5.1.k': `npx discretio evaluate --target 'my target'\\''s.ts' --only 5.1.k --seed 7 --lab loopback`,
    });
  });

  it('speaks the language it was started in', async () => {
    const english = await run([passing]);
    const french = await run([passing], { start: { language: 'fr' } });
    const text = (from: typeof english) => from.claims.find(({ id }) => id === '5.1.k')?.text;
    expect(text(french)).toMatch(/[éèàê]/);
    expect(text(french)).not.toBe(text(english));
  });

  it('is of the public shape, and the same bytes each time it is judged', async () => {
    const first = await run([passing, failing, unclear], { only: ['5.1.k', '2.1.i', '2.1.b'] });
    expect(runSchema.parse(first)).toEqual(first);
    const again = await judge([passing, failing, unclear]);
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
  });

  it('keeps its verdicts when the documents of the report cannot be made', async () => {
    const documents = () => {
      throw new Error('no such session');
    };
    const judged = await run([failing], { documents });
    expect(judged.exit).toBe(1);
    expect(JSON.stringify(judged.documents)).toContain('no such session');
  });
});

describe('expectations', () => {
  const known = (more: Partial<ExpectedOutcome>): ExpectedOutcome => ({
    claim: '5.1.k',
    kind: 'fail',
    reason: 'not mended yet',
    link: 'https://example.org/1',
    expires: '2026-11-23',
    ...more,
  });
  const expecting = (scenarios: readonly Scenario[], ...expectations: readonly ExpectedOutcome[]) =>
    run(scenarios, { start: { expectations: [...expectations] } });

  it('mark a failure, which is a failure still', async () => {
    const { verdicts, exit, expectations, documents } = await expecting([failing], known({}));
    expect(verdicts).toMatchObject([
      {
        kind: 'fail',
        reason: 'expected until 2026-11-23 (not mended yet, https://example.org/1): wrong suite',
        expectation: { reason: 'not mended yet', expires: '2026-11-23' },
      },
    ]);
    expect(exit).toBe(1);
    expect(expectations).toMatchObject([{ claim: '5.1.k', standing: 'as expected' }]);
    expect(JSON.stringify(documents)).toContain('Expectations of this target');
  });

  it('of a scenario mark its judgements, and the verdict unless another failed as well', async () => {
    const { claim: _claim, ...subject } = known({ scenario: 'bad' });
    const alone = await expecting([failing], subject);
    expect(alone.verdicts).toMatchObject([{ expectation: { reason: 'not mended yet' } }]);
    const worse = fakeScenario('worse', { judge: () => fail('worse', 'a', 'b') });
    const both = await expecting([failing, worse], subject);
    expect(both.judgements[0]).toHaveProperty('expectation');
    expect(both.verdicts).toMatchObject([{ kind: 'fail', reason: 'worse' }]);
    expect(both.verdicts[0]).not.toHaveProperty('expectation');
  });

  it.each([
    ['5.1.k', 0],
    ['2.1.h', 2],
  ])('of what cannot be told, for %s, make the exit code %i', async (claim, exit) => {
    const other = fakeScenario('other', { claims: ['2.1.a'] });
    const expected = known({ claim, kind: 'inconclusive' });
    const { exit: found, verdicts } = await expecting([other, unclear], expected);
    expect(verdicts.map(({ kind }) => kind)).toEqual(['pass', 'inconclusive']);
    expect(found).toBe(exit);
  });

  it('that pass unexpectedly fail the run, with the reason', async () => {
    const { verdicts, exit, expectations, documents } = await expecting([passing], known({}));
    expect(verdicts).toMatchObject([{ kind: 'pass' }]);
    expect(exit).toBe(1);
    expect(expectations).toMatchObject([{ standing: 'unexpected pass' }]);
    expect(JSON.stringify(documents)).toContain('unexpected pass: the run fails');
  });

  it('that have expired count as none, and are named', async () => {
    const old = known({ expires: '2026-11-22' });
    const failed = await expecting([failing], old);
    expect(failed.verdicts).toMatchObject([{ kind: 'fail', reason: 'wrong suite' }]);
    expect(failed.expectations).toMatchObject([{ standing: 'expired' }]);
    expect((await expecting([passing], old)).exit).toBe(0);
    expect((await expecting([unclear], { ...old, kind: 'inconclusive' })).exit).toBe(2);
  });

  it.each([
    ['another kind', [unclear], known({}), 'otherwise', 2],
    ['a claim of no scenario here', [passing], known({ claim: '2.1.b' }), 'not judged', 0],
  ] as const)('of %s change nothing', async (_what, scenarios, expected, standing, exit) => {
    const found = await expecting(scenarios, expected);
    expect(found.expectations).toMatchObject([{ standing }]);
    expect(found.exit).toBe(exit);
    expect(found.verdicts[0]).not.toHaveProperty('expectation');
  });
});

describe('lanes', () => {
  const onBoth = fakeScenario('on both', { activities: ['one', 'two'] });
  const activities = [fakeActivity('one'), fakeActivity('two')];
  const inLanes = async (end: (work: LaneWork) => Promise<string | null>) => {
    const repertoire = repertoireOf([onBoth], activities);
    const plan = makePlan(usualSelection, repertoire);
    if (!plan.ok) throw new Error(plan.error.code);
    const campaign = campaignOf(plan.value, repertoire, {});
    await runCampaign(campaign, {
      lanes: [['two'], ['one']],
      elsewhere: async (work) => {
        const how = await end(work);
        if (how === null) await performLane(work, campaign);
        return how;
      },
    });
    return judge([onBoth]);
  };

  it('leave the outcomes in the plan’s order, and no file of their own', async () => {
    const { activities: outcomes, verdicts, status } = await inLanes(() => Promise.resolve(null));
    expect(outcomes.map(({ id, status: how }) => `${id} ${how}`)).toEqual(['one done', 'two done']);
    expect(verdicts).toMatchObject([{ kind: 'pass' }]);
    expect(status).toBe('complete');
    expect(await store.list()).toEqual(['activities.json', 'plan.json']);
  });

  it('that ended early make what they had to do failed, with how they ended', async () => {
    const { verdicts, exit } = await inLanes(() => Promise.resolve('node was ended by SIGKILL'));
    expect(verdicts).toMatchObject([
      { kind: 'inconclusive', reason: expect.stringContaining('node was ended by SIGKILL') },
    ]);
    expect(exit).toBe(2);
  });
});

describe('a run that was cut short', () => {
  const endless = fakeActivity('call', { run: () => never() });
  const interrupted = (scenarios: readonly Scenario[], only: readonly string[] = []) => {
    const controller = new AbortController();
    const run = () => {
      controller.abort('SIGINT');
      return never<void>();
    };
    const activities = [fakeActivity('scan'), { ...endless, run }, fakeActivity('after')];
    const { signal } = controller;
    return { scenarios, changes: { only, activities, signal } };
  };
  const onScan = fakeScenario('on scan', { claims: ['2.1.a'], activities: ['scan'] });
  const onCall = fakeScenario('on call', { activities: ['call'] });
  const onAfter = fakeScenario('on after', { claims: ['2.1.h'], activities: ['after'] });

  it('is incomplete: what was gathered is judged, the rest is inconclusive with the reason', async () => {
    const { scenarios, changes } = interrupted([onScan, onCall, onAfter]);
    const cut = await run(scenarios, changes);
    expect(cut).toMatchObject({
      status: 'incomplete',
      ended: 'the run was interrupted (SIGINT)',
      exit: 2,
    });
    expect(cut.verdicts).toEqual([
      { claim: '2.1.a', kind: 'pass', observed: 'seen' },
      {
        claim: '2.1.h',
        kind: 'inconclusive',
        reason: 'activity after: the run was interrupted (SIGINT)',
      },
      { claim: '5.1.k', kind: 'inconclusive', reason: 'activity call: interrupted (SIGINT)' },
    ]);
  });

  it('is never clean, even if every claim that was selected passes or is a person’s', async () => {
    const aborted = { signal: AbortSignal.abort() };
    expect((await run([passing], aborted)).exit).toBe(2);
    expect((await run([passing], { ...aborted, only: ['2.1.i'] })).exit).toBe(2);
  });

  it('still fails where the evidence suffices', async () => {
    const { scenarios, changes } = interrupted([{ ...failing, activities: ['scan'] }, onCall]);
    expect((await run(scenarios, changes)).exit).toBe(1);
  });

  it('is incomplete also when the program broke off and wrote nothing more', async () => {
    const broken: EvidenceStore = {
      ...store,
      write: (path, content) =>
        path.startsWith('evidence/')
          ? Promise.reject(new EvidenceError('the disk is full'))
          : store.write(path, content),
    };
    const activities = [fakeActivity('call', { run: (world) => world.write('a', '') })];
    await expect(gatherRun([onCall], { activities, store: broken })).rejects.toThrow(EvidenceError);
    const cut = await judge([onCall]);
    expect(cut).toMatchObject({ status: 'incomplete', ended: 'the run broke off', exit: 2 });
    expect(cut.verdicts).toMatchObject([{ reason: 'activity call: the run broke off' }]);
  });
});

describe('a folder that is not of a run', () => {
  it.each([
    ['plan.json', null, 'no plan.json there: this is not the folder of a run'],
    ['plan.json', '{"schema":', 'plan.json: the whole file: '],
    ['plan.json', '{"schema":2}', 'plan.json: schema: '],
    ['activities.json', null, 'no activities.json there'],
    ['activities.json', '{"status":"fine","outcomes":[]}', 'activities.json: status: '],
  ])('is refused for its %s: %s', async (name, content, reason) => {
    await gatherRun([passing]);
    if (content === null) await rm(join(folder, name));
    else await writeFile(join(folder, name), content);
    const refused = await judge([passing]).catch((error: unknown) => String(error));
    expect(refused).toContain(reason);
    expect(refused).toContain(folder);
    expect(refused).not.toContain('\n');
  });

  it('is not touched by judging', async () => {
    await gatherRun([passing]);
    const before = await store.list();
    await judge([passing]);
    expect(await store.list()).toEqual(before);
    expect(JSON.parse(await readFile(join(folder, 'activities.json'), 'utf8'))).toEqual({
      status: 'complete',
      outcomes: [],
    });
  });
});
