import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startAppliance, type ReferenceAppliance } from '../reference/appliance/appliance.ts';
import type { RelayMode } from '../reference/appliance/relay/relay.ts';
import type { CallView } from '../reference/client/calls/call.ts';
import { createPhone, type ReferencePhone } from '../reference/client/phone.ts';
import { openLoopbackSite, type LabSite } from '../simulators/lab/site.ts';
import { createSmsCentre, type SmsCentre } from '../simulators/sms/centre.ts';

/** What the process holds between two calls. */
export interface SoakSample {
  readonly calls: number;
  /** Bytes. */
  readonly heap: number;
  /** Array buffers and what native code allocated for objects, in bytes. */
  readonly external: number;
  /** Resident memory, in bytes. */
  readonly resident: number;
  /** Resident memory outside of the JavaScript heap, whose young generation takes what the machine has. */
  readonly native: number;
  /** Open files, sockets among them. */
  readonly descriptors: number;
  /** Kinds and counts of what keeps the process alive: sockets, timers. */
  readonly resources: Readonly<Record<string, number>>;
}

/** Consecutive calls of real phones over the real appliance. */
export interface CallSoakReport {
  readonly calls: number;
  readonly seconds: number;
  readonly samples: readonly SoakSample[];
  /** After half of the calls and after all: right away, and once the appliance had forgotten its transactions; empty without a rest. */
  readonly busy: readonly SoakSample[];
  readonly rested: readonly SoakSample[];
  /** What phones and appliance refused. */
  readonly refusals: readonly string[];
}

/** How many calls, and how often to look. */
export interface CallSoakOptions {
  readonly calls: number;
  readonly sampleEvery: number;
  readonly mode: RelayMode;
  /** Milliseconds of rest after half of the calls, and at the end; none when 0. */
  readonly rest: number;
  readonly progress: (sample: SoakSample) => void;
}

const host = '127.0.0.1';
const passphrase = 'soaking in calls';

/** A callee remembers 64 offers of one certificate for five minutes (I-2): thirty ordered pairs are good for 1,920 calls. */
const phoneCount = 6;

/** Packets that each side has to hear. */
const packetsHeard = 3;

/** Milliseconds: one step of a call takes no longer, however busy the machine. */
const stepDeadline = 30_000;

/** Milliseconds for what a call leaves to be closed. */
const settleDeadline = 5000;

const collectGarbage = (): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
};

const openDescriptors = (): number => {
  try {
    // The listing itself opens one.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return 0;
  }
};

const resourcesNow = (): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

const enrol = async (
  phone: ReferencePhone,
  number: string,
  sms: SmsCentre,
): Promise<ReferencePhone> => {
  await phone.requestEnrolment(number, passphrase);
  const { text } = await sms.waitFor(number, stepDeadline);
  await phone.completeEnrolment(/\b\d{6,}\b/.exec(text)?.[0] ?? '');
  await phone.unlock(passphrase);
  await phone.register();
  phone.setAutoAnswer(true);
  return phone;
};

interface World {
  readonly numbers: readonly string[];
  readonly phones: readonly ReferencePhone[];
  readonly refusals: string[];
  stop(): Promise<void>;
}

const openPhones = async (
  site: LabSite,
  appliance: ReferenceAppliance,
  sms: SmsCentre,
  refusals: string[],
): Promise<World> => {
  const { sip, registration, trust } = appliance;
  const numbers = Array.from({ length: phoneCount }, (_, index) => `+3363998001${index}`);
  const phones: ReferencePhone[] = [];
  for (const number of numbers) {
    const settings = { sip, registration, trust, host, folder: await site.folder(number) };
    const refusal = ({ code, detail }: { readonly code: string; readonly detail: string }) =>
      void refusals.push(`${number} ${code}: ${detail}`);
    phones.push(await enrol(createPhone(settings, { refusal }), number, sms));
  }
  const stop = async (): Promise<void> => {
    await Promise.all(phones.map((phone) => phone.stop()));
    await appliance.stop();
    await site.close();
  };
  return { numbers, phones, refusals, stop };
};

const openWorld = async (mode: RelayMode): Promise<World> => {
  const [site, sms, refusals] = [await openLoopbackSite(), createSmsCentre(), [] as string[]];
  const appliance = await startAppliance({
    host,
    sipPort: 0,
    registrationPort: 0,
    relay: { host, mode, first: 16_000, last: 16_999 },
    sms,
    onRefusal: ({ code, detail }) => void refusals.push(`appliance ${code}: ${detail}`),
  });
  return openPhones(site, appliance, sms, refusals);
};

const until = async (
  phone: ReferencePhone,
  condition: (view: CallView) => boolean,
): Promise<void> => {
  const signal = AbortSignal.timeout(stepDeadline);
  while (!condition(phone.view())) await once(phone.events, 'changed', { signal });
};

const callOnce = async (
  caller: ReferencePhone,
  callee: ReferencePhone,
  calleeNumber: string,
  calleeHangsUp: boolean,
): Promise<void> => {
  await caller.dial(calleeNumber);
  const { callId } = caller.view();
  const hears = (view: CallView): boolean =>
    view.state === 'ended' || (view.callId === callId && view.packetsReceived >= packetsHeard);
  await Promise.all([until(caller, hears), until(callee, hears)]);
  for (const phone of [caller, callee]) {
    const { state, endedBy, identifiers } = phone.view();
    if (state !== 'in-call' || identifiers === null)
      throw new Error(`a call ended early: ${endedBy ?? state}`);
  }
  const [first, second] = calleeHangsUp ? [callee, caller] : [caller, callee];
  first.hangUp();
  await until(second, (view) => view.state === 'ended');
};

/** Waits until nothing more is open than in the first sample, a moment at most. */
const settled = async (first: SoakSample | undefined): Promise<void> => {
  const deadline = performance.now() + settleDeadline;
  const isMore = (): boolean =>
    first === undefined ||
    openDescriptors() > first.descriptors ||
    Object.entries(resourcesNow()).some(([kind, count]) => count > (first.resources[kind] ?? 0));
  do await setImmediate();
  while (first && isMore() && performance.now() < deadline);
};

/** Ordered pairs of phones in turn: all of distance 1, then of distance 2, and so on. */
const pairOf = (index: number): readonly [caller: number, callee: number] => {
  const caller = index % phoneCount;
  const distance = 1 + (Math.floor(index / phoneCount) % (phoneCount - 1));
  return [caller, (caller + distance) % phoneCount];
};

/** Makes calls one after the other, enrolled and registered once, and looks at what the process holds in between. */
export const soakCalls = async ({
  calls,
  sampleEvery,
  mode,
  rest,
  progress,
}: CallSoakOptions): Promise<CallSoakReport> => {
  const gc = collectGarbage();
  const world = await openWorld(mode);
  const { phones, numbers, refusals } = world;
  const samples: SoakSample[] = [];
  const busy: SoakSample[] = [];
  const rested: SoakSample[] = [];
  const sample = async (count: number): Promise<SoakSample> => {
    await settled(samples[0]);
    gc();
    const { heapUsed: heap, external, rss: resident } = process.memoryUsage();
    const native = resident - getHeapStatistics().total_physical_size;
    const descriptors = openDescriptors();
    const resources = resourcesNow();
    const taken = { calls: count, heap, external, resident, native, descriptors, resources };
    samples.push(taken);
    progress(taken);
    return taken;
  };
  const warm = Math.ceil(calls / 2);
  try {
    const started = performance.now();
    await sample(0);
    for (let index = 0; index < calls; index += 1) {
      const [from, to] = pairOf(index);
      const [caller, callee] = [phones[from], phones[to]];
      if (caller && callee) await callOnce(caller, callee, numbers[to] ?? '', index % 2 === 1);
      const count = index + 1;
      const isRestDue = rest > 0 && (count === warm || count === calls);
      if (count % sampleEvery === 0 && !isRestDue) await sample(count);
      if (isRestDue) {
        busy.push(await sample(count));
        await setTimeout(rest);
        rested.push(await sample(count));
      }
    }
    const seconds = (performance.now() - started) / 1000;
    return { calls, seconds, samples, busy, rested, refusals };
  } finally {
    await world.stop();
  }
};

/** Bytes that memory gained for each call between two samples. */
export const growthOf = ([first, last]: readonly SoakSample[]) => {
  const calls = first && last ? last.calls - first.calls : 0;
  const gained = (quantity: (sample: SoakSample) => number): number =>
    first && last && calls > 0 ? (quantity(last) - quantity(first)) / calls : 0;
  return {
    heap: gained(({ heap }) => heap),
    external: gained(({ external }) => external),
    resident: gained(({ resident }) => resident),
    native: gained(({ native }) => native),
  };
};

/** Kinds of resources, and descriptors, of which there are more than before the first call. */
export const leftOver = (samples: readonly SoakSample[]): readonly string[] => {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last) return [];
  const more = Object.entries(last.resources)
    .filter(([kind, count]) => count > (first.resources[kind] ?? 0))
    .map(([kind, count]) => `${kind}: ${first.resources[kind] ?? 0} to ${count}`);
  return last.descriptors > first.descriptors
    ? [...more, `descriptors: ${first.descriptors} to ${last.descriptors}`]
    : more;
};
