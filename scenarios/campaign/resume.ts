import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActivityOutcome } from '../../reports/model/run.ts';
import { plannedIds } from './campaign.ts';
import { controlIds } from './control.ts';
import { activitiesSchema } from './evidence-on-disk.ts';
import { laneFile, readLane } from './lane-file.ts';
import { groupsOf } from './lanes.ts';
import type { Repertoire } from './plan.ts';
import { activitiesFile, readRunFile, startFile, startSchema, type Start } from './start.ts';

/** What of a run is done, and what is still to do. */
export interface Unfinished {
  readonly start: Start;
  /** Whether the run came to its end. */
  readonly isComplete: boolean;
  /** Outcomes whose evidence stays. */
  readonly kept: readonly ActivityOutcome[];
  /** Activities to be done, in the plan's order: those that were not done, with all that builds on them or that they build on. */
  readonly remaining: NonNullable<Start['plan']['activities']>;
  /** Number of the first lane from now on. */
  readonly firstLane: number;
}

const numberIn = (pattern: RegExp, names: readonly string[]): number =>
  Math.max(0, ...names.map((name) => Number(pattern.exec(name)?.[1] ?? 0)));

/** The highest number that a lane of the run had. */
const lastLane = async (folder: string): Promise<number> => {
  const controls = join(folder, 'evidence', controlIds.first);
  const names = await Promise.all([folder, controls].map((each) => readdir(each).catch(() => [])));
  return numberIn(/^lane-(\d+)\.json$/, names.flat());
};

const progressOf = async (folder: string, lanes: number) => {
  const { outcomes, status } = await readRunFile(folder, activitiesFile, activitiesSchema);
  const files = await Promise.all(
    Array.from({ length: lanes }, (_, index) => readLane(folder, index + 1)),
  );
  const all = [...outcomes, ...files.flatMap((file) => file?.outcomes ?? [])];
  return { outcomes: all, isComplete: status === 'complete' };
};

/** Reads how far a run came. Rejects with one line when the folder is not a run's. */
export const readUnfinished = async (
  folder: string,
  repertoire: Repertoire,
): Promise<Unfinished> => {
  const start = await readRunFile(folder, startFile, startSchema);
  const lanes = await lastLane(folder);
  const { outcomes, isComplete } = await progressOf(folder, lanes);
  const settled = new Set(
    outcomes
      .filter(({ status }) => status === 'done' || status === 'unsupported')
      .map(({ id }) => id),
  );
  const { activities = [] } = start.plan;
  const open = groupsOf(activities).filter((group) => group.some(({ id }) => !settled.has(id)));
  const again = new Set(open.flat().map(({ id }) => id));
  const planned = plannedIds(start.plan, repertoire);
  return {
    start,
    isComplete,
    kept: outcomes.filter(({ id }) => planned.includes(id) && !again.has(id)),
    remaining: activities.filter(({ id }) => again.has(id)),
    firstLane: lanes + 1,
  };
};

/** What the end of a run writes; none of it is true any more once the run goes on. */
const conclusions = ['run.json', 'report.html', 'junit.xml', 'manifest.json'] as const;

/** Makes a run folder ready to go on: the evidence of what is done again is gone, and so is what was concluded from it. */
export const clearUnfinished = async (
  folder: string,
  { remaining, firstLane }: Unfinished,
): Promise<void> => {
  const lanes = Array.from({ length: firstLane - 1 }, (_, index) => laneFile(index + 1));
  const files = [...conclusions, ...lanes, ...remaining.map(({ id }) => join('evidence', id))];
  // The manifest first: should this be interrupted, no file is missed by it.
  for (const file of ['manifest.json', ...files])
    await rm(join(folder, file), { recursive: true, force: true });
};
