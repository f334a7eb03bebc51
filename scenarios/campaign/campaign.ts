import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from '../../devices/contract.ts';
import type { EvidenceStore } from '../../reports/evidence/store.ts';
import type { ActivityOutcome, Plan } from '../../reports/model/run.ts';
import type { LabSite } from '../../simulators/lab/site.ts';
import type { Activity } from './activity.ts';
import { controlIds, controlsOf, pathControl } from './control.ts';
import { interruptionOf } from './deadline.ts';
import type { Activities } from './evidence-on-disk.ts';
import { gather, type GatherLimits, type Gathering, type Remark } from './gather.ts';
import { laneFile, readLane, type LaneWork } from './lane-file.ts';
import type { Lane } from './lanes.ts';
import { activitiesOf, type Repertoire } from './plan.ts';
import type { StartCapture } from './recording.ts';
import { activitiesFile, startFile, type Start } from './start.ts';

/** Everything that performing activities needs from outside. */
export interface Campaign {
  readonly start: Start;
  readonly target: Target;
  readonly site: LabSite;
  readonly store: EvidenceStore;
  readonly repertoire: Repertoire;
  readonly signal: AbortSignal;
  readonly progress: (activity: Activity, outcome: ActivityOutcome | null) => void;
  readonly remark?: (remark: Remark) => void;
  readonly capture?: StartCapture;
  readonly limits?: GatherLimits;
}

/** How a campaign is divided, and what of it is done already. */
export interface Division {
  /** The first is performed here, the others by `elsewhere`. All activities in one unless given. */
  readonly lanes?: readonly Lane[];
  /** Performs a lane in a process of its own, into the same run folder; resolves with how it ended, null where it ended well. */
  readonly elsewhere?: (work: LaneWork) => Promise<string | null>;
  /** Outcomes of an earlier part of the run. */
  readonly kept?: readonly ActivityOutcome[];
  /** Number of the first lane, for evidence: 1 unless there were lanes before. */
  readonly firstLane?: number;
}

/** Ids of a plan's activities, in order. */
export const plannedIds = (plan: Plan, repertoire: Repertoire): readonly string[] =>
  (plan.activities ?? activitiesOf(plan, repertoire)).map(({ id }) => id);

const hasControls = ({ controls }: Plan): boolean => (controls?.activities.length ?? 0) > 0;

/** Activities by name; one that the repertoire lacks is left out, and so its outcome is missing. */
const chosen = (ids: Lane, { activities }: Repertoire): readonly Activity[] =>
  ids.flatMap((id) => activities.find((activity) => activity.id === id) ?? []);

/**
 * Performs a lane's activities on an instance of the target of its own, controls around them where the plan has some, and writes
 * after each how all came out so far. Rejects only when the folder cannot be written.
 */
export const performLane = async (work: LaneWork, campaign: Campaign): Promise<void> => {
  const { start, store, target, signal, progress } = campaign;
  const { lane, activities } = work;
  const outcomes: ActivityOutcome[] = [];
  const writes: Promise<void>[] = [];
  const gathering: Gathering = {
    ...campaign,
    seed: start.plan.seed,
    profile: start.plan.profile,
    progress: (activity, outcome) => {
      progress(activity, outcome);
      if (outcome === null) return;
      outcomes.push(outcome);
      writes.push(store.write(laneFile(lane), { work, outcomes: [...outcomes] }));
    },
  };
  await store.write(laneFile(lane), { work, outcomes });
  const own = chosen(activities, campaign.repertoire);
  const controls = hasControls(start.plan) ? controlsOf(lane, activities) : null;
  await gather(controls ? [controls.first, ...own, controls.last] : own, gathering);
  if (controls?.lastFailed() === true && !signal.aborted) {
    const alive = target.external === undefined ? controls.alive : pathControl(lane);
    await gather([alive], { ...campaign, seed: start.plan.seed, profile: start.plan.profile });
  }
  await Promise.all(writes);
};

const worstFirst = ['interrupted', 'failed', 'unsupported', 'done'] as const;

/** One outcome of what several lanes did. */
const combined = (id: string, outcomes: readonly ActivityOutcome[]): ActivityOutcome | null => {
  const status = worstFirst.find((each) => outcomes.some((outcome) => outcome.status === each));
  const told = outcomes.find((outcome) => outcome.status === status);
  if (!told) return null;
  return { ...told, id, took: Math.max(...outcomes.map(({ took }) => took)) };
};

/** The outcomes of a plan in its order, whatever lanes they came from. */
const merged = (ids: readonly string[], all: readonly ActivityOutcome[]): ActivityOutcome[] =>
  [controlIds.first, ...ids, controlIds.last].flatMap(
    (id) =>
      combined(
        id,
        all.filter((outcome) => outcome.id === id),
      ) ?? [],
  );

const summary = (outcomes: ActivityOutcome[], signal: AbortSignal): Activities =>
  signal.aborted
    ? { status: 'incomplete', ended: `the run was ${interruptionOf(signal)}`, outcomes }
    : { status: 'complete', outcomes };

/** A lane's outcomes as its file has them; what it did not come to failed because of how it ended. */
const outcomesOf = async (
  work: LaneWork,
  folder: string,
  how: string | null,
): Promise<readonly ActivityOutcome[]> => {
  const outcomes = (await readLane(folder, work.lane))?.outcomes ?? [];
  const missing = work.activities.filter((id) => !outcomes.some((outcome) => outcome.id === id));
  const reason = `the lane that was to do it ended early: ${how ?? 'without a reason'}`;
  return [
    ...outcomes,
    ...missing.map((id) => ({ id, status: 'failed', reason, took: 0 }) as const),
  ];
};

/** Writes the plan, performs its activities and writes how they came out; what is judged later stands in the run folder. Rejects only when the folder cannot be written. */
export const runCampaign = async (campaign: Campaign, division: Division = {}): Promise<void> => {
  const { start, store, repertoire, signal } = campaign;
  const ids = plannedIds(start.plan, repertoire);
  const { lanes = [ids], elsewhere, kept = [], firstLane = 1 } = division;
  const brokeOff = { status: 'incomplete', ended: 'the run broke off', outcomes: [...kept] };
  await store.write(startFile, start);
  await store.write(activitiesFile, brokeOff);
  const works = lanes.map((activities, index) => ({ lane: firstLane + index, activities }));
  const [here, ...others] = works;
  const ends = await Promise.allSettled([
    ...(here ? [performLane(here, campaign).then(() => null)] : []),
    ...others.map((work) => elsewhere?.(work) ?? Promise.resolve('nothing performs it')),
  ]);
  const outcomes: ActivityOutcome[] = [...kept];
  for (const [index, work] of works.entries()) {
    const end = ends[index];
    if (end?.status === 'rejected') throw end.reason;
    outcomes.push(...(await outcomesOf(work, store.folder, end?.value ?? null)));
  }
  await store.write(activitiesFile, summary(merged(ids, outcomes), signal));
  await Promise.all(
    works.map(({ lane }) => rm(join(store.folder, laneFile(lane)), { force: true })),
  );
};
