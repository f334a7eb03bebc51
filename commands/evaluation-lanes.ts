import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Target } from '../devices/contract.ts';
import { createEvidenceStore } from '../reports/evidence/store.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import { performLane } from '../scenarios/campaign/campaign.ts';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import { usualLimits } from '../scenarios/campaign/gather.ts';
import { laneWorkSchema, type LaneWork } from '../scenarios/campaign/lane-file.ts';
import { laneCost } from '../scenarios/campaign/lanes.ts';
import { readRunFile, startFile, startSchema } from '../scenarios/campaign/start.ts';
import { startHostProcess, type HostEntry } from '../simulators/lab/host-process.ts';
import { inOwnNamespace } from '../simulators/lab/own-namespace.ts';
import { repertoireWith } from './chosen-repertoire.ts';
import { CommandProblem } from './command-problem.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import { campaignOf, chooseTopology, openLab, raiseLoopback, say } from './evaluation-campaign.ts';
import { watchInterruption } from './interruption.ts';
import { loadTarget } from './target-file.ts';

/** More would wait for each other: each has an appliance, phones and a capture. */
const mostLanes = 4;

/** How activities are dealt to lanes: at most so many, each further one at this cost (milliseconds). */
export interface LaneChoice {
  readonly most: number;
  readonly further: number;
}

const oneLane: LaneChoice = { most: 1, further: 0 };

/** How many lanes a run may have: one for each core where lanes can be kept apart and the target can be had several times, and it pays off; as many as the user says. */
export const lanesFor = ({ lanes, target: file }: EvaluateOptions, target: Target): LaneChoice => {
  if (target.external !== undefined) {
    if (lanes !== undefined && lanes > 1)
      throw new CommandProblem(
        `--lanes ${lanes}: the target ${target.name} stands elsewhere and is there only once; leave --lanes out`,
      );
    return oneLane;
  }
  if (!inOwnNamespace()) {
    if (lanes !== undefined && lanes > 1)
      say(
        `! --lanes ${lanes}: without network namespaces the lanes would see each other: one lane`,
      );
    return oneLane;
  }
  if (lanes !== undefined) return { most: lanes, further: 0 };
  if (file !== undefined) return oneLane;
  return { most: Math.min(availableParallelism(), mostLanes), further: laneCost };
};

/** What the process of a lane is told. */
const jobSchema = z.strictObject({
  folder: z.string(),
  work: laneWorkSchema,
  lab: z.enum(['loopback', 'netns']),
  topology: z.string().optional(),
  target: z.string().optional(),
});
type LaneJob = z.infer<typeof jobSchema>;

/** What the process of a lane says of why it could not go on; it prints nothing of it, since the run says it. */
const problemSchema = z.strictObject({ problem: z.string() });

/** Namespaces of a lane: network of its own, and where it builds a lab of hosts also mounts and process numbers. */
const entryOf = (lab: LaneJob['lab']): HostEntry => [
  'unshare',
  '--net',
  ...(lab === 'netns' ? ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] : []),
];

/** Milliseconds that a lane may take to stop everything once it is to end. */
const stopLimit = 20_000;

/** Milliseconds after which a lane cannot be at work any more: every one of its steps is bounded. */
const longestFor = ({ activities }: LaneWork, { activityLimit }: Target): number =>
  (activities.length + 4) * (activityLimit ?? usualLimits.activity) + stopLimit;

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Starts other lanes of a run, each a process with namespaces and an instance of the target of its own. */
export const lanesElsewhere =
  (folder: string, options: EvaluateOptions, target: Target, signal: AbortSignal) =>
  async (work: LaneWork): Promise<string | null> => {
    const { lab, topology, target: file } = options;
    const job: LaneJob = {
      folder,
      work: { lane: work.lane, activities: [...work.activities] },
      lab,
      ...(topology === undefined ? {} : { topology }),
      ...(file === undefined ? {} : { target: file }),
    };
    const program = join(import.meta.dirname, '../cli.ts');
    const process_ = startHostProcess(entryOf(lab), {
      command: process.execPath,
      args: [program, 'evaluate', '--lane', JSON.stringify(job)],
    });
    const late = new AbortController();
    const end = async (): Promise<void> => {
      // As its own Ctrl-C; a signal that reached it already is the same wish.
      const name = passedOn.find((each) => each === signal.reason) ?? 'SIGTERM';
      process_.send({ signal: name });
      await delay(stopLimit, undefined, { ref: false, signal: late.signal }).catch(() => undefined);
      await process_.stop(0);
    };
    const onAbort = (): void => void end();
    const limit = setTimeout(onAbort, longestFor(work, target));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    let problem: string | null = null;
    process_.onMessage((message) => {
      const told = problemSchema.safeParse(message);
      if (told.success) problem = told.data.problem;
    });
    const how = await process_.ended;
    late.abort();
    clearTimeout(limit);
    signal.removeEventListener('abort', onAbort);
    if (problem !== null) return problem;
    return how.endsWith('ended with 0') ? null : how.slice(how.lastIndexOf('/') + 1);
  };

/** In the process of a lane: performs it and leaves its evidence and outcomes in the run folder. */
export const performLaneHere = async (text: string): Promise<number> => {
  const { folder, work, target: file, ...lab } = jobSchema.parse(JSON.parse(text));
  raiseLoopback();
  const interruption = watchInterruption();
  try {
    const start = await readRunFile(folder, startFile, startSchema);
    const target = await loadTarget(file);
    const { topology, ...kind } = lab;
    const wanted = await chooseTopology({
      ...kind,
      ...(topology === undefined ? {} : { topology }),
    });
    const site = await openLab(wanted, target);
    try {
      const campaign = campaignOf({
        start,
        repertoire: await repertoireWith(start.plan.scenarioFiles, 'plan'),
        target,
        targetFile: file,
        site,
        store: await createEvidenceStore(folder),
        signal: interruption.signal,
        suffix: ` (lane ${work.lane})`,
      });
      await performLane(work, campaign);
    } finally {
      await site.close();
    }
    return exitCodes.clean;
  } catch (error) {
    process.send?.({ problem: messageOf(error) } satisfies z.infer<typeof problemSchema>);
    return exitCodes.inconclusive;
  } finally {
    interruption.release();
  }
};
