import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvidenceStore, type EvidenceStore } from '../../../reports/evidence/store.ts';
import type { ActivityOutcome } from '../../../reports/model/run.ts';
import type { Activity, World } from '../activity.ts';
import { gather, type Gathering, type Remark } from '../gather.ts';
import { fakeCapture, fakeSite, fakeTarget } from './fakes.ts';

/** A run folder, and a list of everything that happened while activities were gathered into it. */
export interface Stage {
  readonly folder: string;
  readonly store: EvidenceStore;
  readonly events: string[];
  readonly remarks: readonly Remark[];
  /** Performs activities on the fake target, with whatever a test changes; without the durations. */
  perform(
    activities: readonly Activity[],
    more?: Partial<Gathering>,
  ): Promise<readonly Omit<ActivityOutcome, 'took'>[]>;
  /** The remarks that tell of a problem. */
  problems(): readonly string[];
  readJson(path: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Opens a stage. */
export const openStage = async (): Promise<Stage> => {
  const folder = await mkdtemp(join(tmpdir(), 'gather-'));
  const store = await createEvidenceStore(folder);
  const events: string[] = [];
  const remarks: Remark[] = [];
  return {
    folder,
    store,
    events,
    remarks,
    async perform(activities, more = {}) {
      const outcomes = await gather(activities, {
        target: fakeTarget(events),
        site: fakeSite,
        seed: 7,
        profile: 'quick',
        store,
        signal: new AbortController().signal,
        progress: (activity, outcome) =>
          events.push(`${activity.id} ${outcome === null ? 'begins' : outcome.status}`),
        remark: (remark) => remarks.push(remark),
        capture: fakeCapture(events),
        ...more,
      });
      return outcomes.map(({ took: _took, ...rest }) => rest);
    },
    problems: () => remarks.flatMap((remark) => (remark.kind === 'problem' ? [remark.text] : [])),
    readJson: async (path) => JSON.parse(await readFile(join(folder, path), 'utf8')),
    close: () => rm(folder, { recursive: true, force: true }),
  };
};

/** Short limits (milliseconds), so that what hangs is given up at once. */
export const impatient = { activity: 20, stop: 20 } as const;

/** Uses the appliance and two phones, one of them twice. */
export const withCall = async (world: World) => {
  await world.appliance();
  await Promise.all([world.phone('alice'), world.phone('bob'), world.phone('alice')]);
};
