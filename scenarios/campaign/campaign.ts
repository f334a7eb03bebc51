import type { Target } from '../../devices/contract.ts';
import type { EvidenceStore } from '../../reports/evidence/store.ts';
import type { ActivityOutcome } from '../../reports/model/run.ts';
import type { LabSite } from '../../simulators/lab/site.ts';
import type { Activity } from './activity.ts';
import { activitiesFile, startFile, type Start } from './assemble.ts';
import type { Activities } from './evidence-on-disk.ts';
import { interruptionOf } from './deadline.ts';
import { gather, type GatherLimits, type Remark } from './gather.ts';
import { activitiesOf, type Repertoire } from './plan.ts';
import type { StartCapture } from './recording.ts';

/** Everything a campaign needs from outside. */
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

const summary = (outcomes: readonly ActivityOutcome[], signal: AbortSignal): Activities =>
  signal.aborted
    ? {
        status: 'incomplete',
        ended: `the run was ${interruptionOf(signal)}`,
        outcomes: [...outcomes],
      }
    : { status: 'complete', outcomes: [...outcomes] };

/** Writes the plan, performs its activities and writes how they came out; what is judged later stands in the run folder. Rejects only when the folder cannot be written. */
export const runCampaign = async (campaign: Campaign): Promise<void> => {
  const { start, store, repertoire, signal } = campaign;
  await store.write(startFile, start);
  await store.write(activitiesFile, {
    status: 'incomplete',
    ended: 'the run broke off',
    outcomes: [],
  });
  const outcomes = await gather(activitiesOf(start.plan, repertoire), {
    ...campaign,
    seed: start.plan.seed,
    profile: start.plan.profile,
  });
  await store.write(activitiesFile, summary(outcomes, signal));
};
