import type { Target } from '../../devices/contract.ts';
import type { EvidenceStore } from '../../reports/evidence/store.ts';
import type { ActivityOutcome } from '../../reports/model/run.ts';
import type { LabSite } from '../../simulators/lab/site.ts';
import type { Activity } from './activity.ts';
import { activitiesFile, startFile, type Start } from './assemble.ts';
import type { Activities } from './evidence-on-disk.ts';
import { gather } from './gather.ts';
import { activitiesOf, type Repertoire } from './plan.ts';

/** Everything a campaign needs from outside. */
export interface Campaign {
  readonly start: Start;
  readonly target: Target;
  readonly site: LabSite;
  readonly store: EvidenceStore;
  readonly repertoire: Repertoire;
  readonly signal: AbortSignal;
  readonly progress: (activity: Activity, outcome: ActivityOutcome | null) => void;
}

const summary = (outcomes: readonly ActivityOutcome[], signal: AbortSignal): Activities => {
  const interrupted =
    signal.aborted || outcomes.some((outcome) => outcome.status === 'interrupted');
  return interrupted
    ? { status: 'incomplete', ended: 'the run was interrupted', outcomes: [...outcomes] }
    : { status: 'complete', outcomes: [...outcomes] };
};

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
    target: campaign.target,
    site: campaign.site,
    seed: start.plan.seed,
    store,
    signal,
    progress: campaign.progress,
  });
  await store.write(activitiesFile, summary(outcomes, signal));
};
