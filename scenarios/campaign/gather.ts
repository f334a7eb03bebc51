import type { Appliance, Phone, Target } from '../../devices/contract.ts';
import { DeadlineError } from '../../devices/contract.ts';
import { EvidenceError } from '../../reports/evidence/errors.ts';
import type { EvidenceStore } from '../../reports/evidence/store.ts';
import type { ActivityOutcome } from '../../reports/model/run.ts';
import { startCapture, type Capture } from '../../simulators/lab/capture/packet-socket.ts';
import type { LabSite } from '../../simulators/lab/site.ts';
import { gatherFacts } from '../wire/facts.ts';
import { keyLogOf, type Activity, type World } from './activity.ts';

/** Milliseconds after which an activity is given up, whatever it waits for. */
const activityLimit = 60_000;

/** Milliseconds that stopping one part may take. */
const stopLimit = 5_000;

/** What gathering works with. */
export interface Gathering {
  readonly target: Target;
  readonly site: LabSite;
  readonly seed: number;
  readonly store: EvidenceStore;
  readonly signal: AbortSignal;
  /** Told when an activity begins and ends, for the progress lines. */
  readonly progress: (activity: Activity, outcome: ActivityOutcome | null) => void;
}

/** Appliance and phones of a run, started on first use and stopped together. */
interface Parts {
  appliance(): Promise<Appliance>;
  phone(name: string): Promise<Phone>;
  phones(): Promise<readonly Phone[]>;
  stop(): Promise<readonly string[]>;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const within = async <T>(limit: number, what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new DeadlineError(`${what} took more than ${limit / 1000} s`)),
      limit,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Rejects as soon as the run is to end. */
const untilAborted = async <T>(signal: AbortSignal, work: Promise<T>): Promise<T> => {
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(new Error('interrupted'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
};

const startParts = (target: Target, site: LabSite): Parts => {
  let appliance: Promise<Appliance> | undefined;
  const phones = new Map<string, Promise<Phone>>();
  const startPhone = async (name: string) =>
    target.startPhone(site, name, await (await started()).describe());
  const started = (): Promise<Appliance> => (appliance ??= target.startAppliance(site));
  const settled = async (): Promise<readonly Phone[]> => {
    const results = await Promise.allSettled(phones.values());
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  };
  return {
    appliance: started,
    phone(name) {
      const known = phones.get(name) ?? startPhone(name);
      phones.set(name, known);
      return known;
    },
    phones: settled,
    async stop() {
      const problems: string[] = [];
      const stop = async (what: string, part: { stop(): Promise<void> }) => {
        await within(stopLimit, `stopping ${what}`, part.stop()).catch((error: unknown) =>
          problems.push(messageOf(error)),
        );
      };
      for (const phone of await settled()) await stop(`phone ${phone.name}`, phone);
      const running = await appliance?.catch(() => undefined);
      if (running) await stop('the appliance', running);
      return problems;
    },
  };
};

/** A capture under way, or why there is none. */
type Recording =
  | { readonly kind: 'recording'; readonly capture: Capture }
  | { readonly kind: 'missing'; readonly reason: string };

const record = async (activity: Activity, { site, store }: Gathering): Promise<Recording> => {
  const started = await startCapture({
    interface: site.interface,
    file: await store.locate(`evidence/${activity.id}/capture.pcapng`),
    comment: `discretio: ${activity.title}`,
  });
  return started.ok
    ? { kind: 'recording', capture: started.value }
    : { kind: 'missing', reason: started.error.detail ?? started.error.code };
};

const endRecording = async (
  activity: Activity,
  recording: Recording,
  parts: Parts,
  store: EvidenceStore,
) => {
  const path = `evidence/${activity.id}/capture.json`;
  if (recording.kind === 'missing') {
    await store.write(path, { kind: 'missing', reason: recording.reason });
    return;
  }
  const tlsKeyLog = await keyLogOf(await parts.phones());
  const { packets, dropped } = await recording.capture.stop({ tlsKeyLog });
  await store.write(path, { kind: 'captured', packets, dropped });
};

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

const perform = async (activity: Activity, gathering: Gathering, parts: Parts): Promise<void> => {
  const { store, site, target, seed, signal } = gathering;
  const world: World = {
    target,
    site,
    seed,
    signal,
    appliance: () => parts.appliance(),
    phone: (name) => parts.phone(name),
    write: (path, content) => store.write(`evidence/${activity.id}/${path}`, content),
  };
  const recording = activity.captured ? await record(activity, gathering) : null;
  let secrets: Awaited<ReturnType<Activity['run']>>;
  try {
    secrets = await untilAborted(
      signal,
      within(activityLimit, activity.title, activity.run(world)),
    );
  } finally {
    if (recording) await endRecording(activity, recording, parts, store);
  }
  if (secrets && recording?.kind === 'recording') {
    const facts = await gatherFacts(
      await store.locate(`evidence/${activity.id}/capture.pcapng`),
      await portsOf(parts),
    );
    await world.write('secrets-in-traffic.json', secrets.searchCapture(facts));
  }
};

const portsOf = async (parts: Parts) => {
  const { sip, registration } = await (await parts.appliance()).describe();
  return { sipPorts: [sip.port], registrationPorts: [registration.port] };
};

const attempt = async (
  activity: Activity,
  gathering: Gathering,
  parts: Parts,
  done: readonly ActivityOutcome[],
) => {
  if (gathering.signal.aborted)
    return { status: 'interrupted', reason: 'the run was interrupted' } as const;
  const blocked = blockedBy(activity, gathering, done);
  if (blocked) return blocked;
  try {
    await perform(activity, gathering, parts);
    return { status: 'done' } as const;
  } catch (error) {
    if (error instanceof EvidenceError) throw error;
    const status = gathering.signal.aborted ? 'interrupted' : 'failed';
    return { status, reason: messageOf(error) } as const;
  }
};

/** Performs the activities in order, writes what each came to, and stops everything that was started, whatever happens. */
export const gather = async (
  activities: readonly Activity[],
  gathering: Gathering,
): Promise<readonly ActivityOutcome[]> => {
  const parts = startParts(gathering.target, gathering.site);
  const outcomes: ActivityOutcome[] = [];
  try {
    for (const activity of activities) {
      gathering.progress(activity, null);
      const before = performance.now();
      const result = await attempt(activity, gathering, parts, outcomes);
      const outcome = { id: activity.id, ...result, took: Math.round(performance.now() - before) };
      outcomes.push(outcome);
      gathering.progress(activity, outcome);
    }
  } finally {
    await parts.stop();
  }
  return outcomes;
};
