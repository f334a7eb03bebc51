import type { Target } from '../../devices/contract.ts';
import { EvidenceError } from '../../reports/evidence/errors.ts';
import type { EvidenceStore } from '../../reports/evidence/store.ts';
import type { ActivityOutcome } from '../../reports/model/run.ts';
import type { LabSite } from '../../simulators/lab/site.ts';
import { gatherFacts } from '../wire/facts.ts';
import type { Activity, Secrets, World } from './activity.ts';
import { interruptionOf, messageOf, untilAborted, within } from './deadline.ts';
import { createParts, type Parts } from './parts.ts';
import { captureOf, startRecording, type Recording, type StartCapture } from './recording.ts';

/** Milliseconds: after which an activity is given up, whatever it waits for; and that stopping one part may take. */
export interface GatherLimits {
  readonly activity: number;
  readonly stop: number;
}

/** For a target that no person takes part in. */
export const usualLimits: GatherLimits = { activity: 60_000, stop: 5_000 };

/** Something to tell the user that changes no outcome: what took time beside the activities (milliseconds), or what went wrong. */
export type Remark =
  | { readonly kind: 'took'; readonly what: string; readonly took: number }
  | { readonly kind: 'problem'; readonly text: string };

/** What gathering works with. */
export interface Gathering {
  readonly target: Target;
  readonly site: LabSite;
  readonly seed: number;
  readonly profile: World['profile'];
  readonly store: EvidenceStore;
  readonly signal: AbortSignal;
  /** Told when an activity begins and ends, for the progress lines. */
  readonly progress: (activity: Activity, outcome: ActivityOutcome | null) => void;
  readonly remark?: (remark: Remark) => void;
  readonly capture?: StartCapture;
  readonly limits?: GatherLimits;
}

/** A gathering with its parts and everything that may be left out filled in. */
interface Running extends Gathering {
  readonly parts: Parts;
  readonly remark: (remark: Remark) => void;
  readonly limits: GatherLimits;
}

const blockedBy = (activity: Activity, { target }: Gathering, done: readonly ActivityOutcome[]) => {
  const lacking = activity.needs.find((need) => !target.capabilities.has(need));
  if (lacking !== undefined)
    return { status: 'unsupported', reason: `the target lacks the capability ${lacking}` } as const;
  const missing = activity.after.find(
    (id) => !done.some((outcome) => outcome.id === id && outcome.status === 'done'),
  );
  if (missing !== undefined)
    return {
      status: 'failed',
      reason: `activity ${missing}, which it builds on, was not done`,
    } as const;
  return null;
};

/** The world of one activity. Once closed it refuses everything, so that an activity that was given up cannot change evidence or start parts behind the run's back. */
const openWorld = (
  activity: Activity,
  { target, site, seed, profile, signal, parts, store }: Running,
): { readonly world: World; readonly close: () => void } => {
  let open = true;
  const whileOpen = <Value>(work: () => Promise<Value>): Promise<Value> =>
    open ? work() : Promise.reject(new Error(`activity ${activity.id} was given up`));
  const world: World = {
    target,
    site,
    seed,
    profile,
    signal,
    appliance: () => whileOpen(() => parts.appliance()),
    phone: (name, at) => whileOpen(() => parts.phone(name, at)),
    write: (path, content) =>
      whileOpen(() => store.write(`evidence/${activity.id}/${path}`, content)),
  };
  return {
    world,
    close: () => {
      open = false;
    },
  };
};

const record = (activity: Activity, running: Running): Promise<Recording> => {
  const { site, store, capture, limits, remark } = running;
  return startRecording(activity, {
    interface: site.interface,
    segments: activity.everySegment === true ? site.segments : [],
    store,
    ...(capture === undefined ? {} : { start: capture }),
    limits: { keyLog: limits.stop, file: limits.activity },
    problem: (text) => remark({ kind: 'problem', text }),
  });
};

const searchCapture = async (
  activity: Activity,
  { searchCapture }: Secrets,
  { parts, store }: Running,
): Promise<void> => {
  const { sip, registration } = await (await parts.appliance()).describe();
  const facts = await gatherFacts(await store.locate(captureOf(activity)), {
    sipPorts: [sip.port],
    registrationPorts: [registration.port],
  });
  await store.write(`evidence/${activity.id}/secrets-in-traffic.json`, searchCapture(facts));
};

const perform = async (activity: Activity, running: Running): Promise<void> => {
  const { parts, signal, limits } = running;
  const bounded = <Value>(work: Promise<Value>): Promise<Value> =>
    untilAborted(signal, within(limits.activity, activity.title, work));
  const recording = activity.captured ? await record(activity, running) : null;
  const { world, close } = openWorld(activity, running);
  let secrets: Secrets | void;
  let captured = false;
  try {
    secrets = await bounded(activity.run(world));
  } finally {
    close();
    if (recording) captured = (await recording.end(parts.phones())).kind === 'captured';
  }
  if (secrets && captured) await bounded(searchCapture(activity, secrets, running));
};

const attempt = async (
  activity: Activity,
  running: Running,
  done: readonly ActivityOutcome[],
): Promise<Pick<ActivityOutcome, 'status' | 'reason'>> => {
  const { signal } = running;
  if (signal.aborted)
    return { status: 'interrupted', reason: `the run was ${interruptionOf(signal)}` };
  const blocked = blockedBy(activity, running, done);
  if (blocked) return blocked;
  try {
    await perform(activity, running);
    return { status: 'done' };
  } catch (error) {
    if (error instanceof EvidenceError) throw error;
    return { status: signal.aborted ? 'interrupted' : 'failed', reason: messageOf(error) };
  }
};

const stopParts = async ({ parts, remark }: Running): Promise<void> => {
  const before = performance.now();
  for (const text of await parts.stop()) remark({ kind: 'problem', text });
  remark({
    kind: 'took',
    what: 'everything stopped',
    took: Math.round(performance.now() - before),
  });
};

const prepare = (gathering: Gathering): Running => {
  const { target, site, remark = () => undefined, limits = usualLimits } = gathering;
  const parts = createParts(target, site, limits.stop, (what, took) =>
    remark({ kind: 'took', what: `${what} started (part of the next line)`, took }),
  );
  return { ...gathering, parts, remark, limits };
};

/** Performs the activities in order and stops everything that was started, whatever happens. Rejects only when evidence cannot be written. */
export const gather = async (
  activities: readonly Activity[],
  gathering: Gathering,
): Promise<readonly ActivityOutcome[]> => {
  const running = prepare(gathering);
  const outcomes: ActivityOutcome[] = [];
  try {
    for (const activity of activities) {
      running.progress(activity, null);
      const before = performance.now();
      const result = await attempt(activity, running, outcomes);
      const outcome = { id: activity.id, ...result, took: Math.round(performance.now() - before) };
      outcomes.push(outcome);
      running.progress(activity, outcome);
    }
  } finally {
    await stopParts(running);
  }
  return outcomes;
};
