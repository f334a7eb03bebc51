import type * as fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { randomOf } from '../harness/random.ts';
import { complaintFault, descriptorFault, growthFault, limitedBy, type Sample } from './judge.ts';
import type { LabOptions } from './lab.ts';
import { descriptorsOf, residentOf } from './part.ts';
import { LiveFaultError, type LiveFault, type LiveLab, type LiveTarget } from './target.ts';

/** Milliseconds: for descriptors to be closed, that a ready machine answers a timer late, for the end of a process. */
const times = { settle: 8_000, ready: 1_000, end: 1_000 } as const;

/** What a run is asked to do. */
export interface LiveOrder extends LabOptions {
  readonly runs: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly progress?: (text: string) => void;
  /** Cases of one batch; the target's own unless given. */
  readonly batch?: number;
  /** The first batch; 0 unless given. */
  readonly from?: number;
}

/** Cases by their numbers, and the batch that they are of. */
export interface Batch {
  readonly batch: number;
  readonly numbers: readonly number[];
}

/** A fault, with the cases of the batch that showed it. */
export interface BatchFailure extends LiveFault {
  readonly batch: number;
  /** Numbers of the batch's cases that had begun, and of those that had not ended. */
  readonly begun: readonly number[];
  readonly underWay: readonly number[];
}

/** The case of a number in the run of a seed. */
export const liveCase = <Case>(cases: fc.Arbitrary<Case>, seed: number, number: number): Case =>
  cases.generate(randomOf(seed, number), 2 + Math.floor(Math.log10(number + 1))).value;

/** A run under way. */
export interface Run {
  readonly target: LiveTarget;
  readonly order: LiveOrder;
  readonly lab: LiveLab;
  readonly reached: Map<string, number>;
  readonly samples: Map<string, Sample[]>;
  /** Descriptors before the first case. */
  readonly before: Map<string, number>;
  readonly throttled: string[];
  sent: number;
  done: number;
  batches: number;
  /** Milliseconds spent on cases. */
  working: number;
}

const count = (run: Run, shapes: Iterable<readonly [string, number]>): void => {
  for (const [shape, times] of shapes)
    run.reached.set(shape, (run.reached.get(shape) ?? 0) + times);
};

/** The end of a judged process, which is a fault; null while all go on. */
export const endedFault = ({ lab }: Run): LiveFault | null => {
  for (const { part } of lab.parts) {
    const over = part.over();
    if (over !== null)
      return {
        property: 'process goes on',
        expected: 'a process that goes on',
        observed: `${over}: ${part.errors().trim().slice(-1_500)}`,
      };
  }
  return null;
};

/** Waits a moment for the end of a process: what fails because of it may be told first. */
export const processesEnded = async ({ lab }: Run): Promise<void> => {
  const late = delay(times.end, undefined, { ref: false });
  await Promise.race([late, ...lab.parts.map(({ part }) => part.ended)]);
};

interface Sending {
  readonly begun: Set<number>;
  readonly underWay: Set<number>;
  fault: LiveFault | null;
  /** An error of the lab, which may come of the end of a process that is judged. */
  problem: unknown;
  silent: number;
}

/** Two cases without any word end a batch: whether something stands still is then the control call's matter. */
const mostSilent = 2;

const sendNext = async (run: Run, sending: Sending, number: number, worker: number) => {
  const { target, order, lab } = run;
  sending.begun.add(number);
  sending.underWay.add(number);
  try {
    const shapes = await lab.perform(liveCase(target.cases, order.seed, number), worker);
    if (shapes === null) sending.silent += 1;
    count(
      run,
      (shapes ?? ['no word']).map((shape) => [shape, 1] as const),
    );
  } catch (error) {
    if (error instanceof LiveFaultError) sending.fault ??= { ...error.fault, number };
    else sending.problem ??= error;
    if (sending.problem !== null) return;
  }
  sending.underWay.delete(number);
};

const sendAll = async (run: Run, numbers: readonly number[]): Promise<Sending> => {
  const { lab, order } = run;
  const sending: Sending = {
    begun: new Set(),
    underWay: new Set(),
    fault: null,
    problem: null,
    silent: 0,
  };
  const isOver = (): boolean =>
    sending.fault !== null ||
    sending.problem !== null ||
    sending.silent >= mostSilent ||
    order.signal?.aborted === true ||
    endedFault(run) !== null;
  const next = numbers.values();
  const work = async (worker: number): Promise<void> => {
    for (const number of next) {
      await sendNext(run, sending, number, worker);
      if (isOver()) return;
    }
  };
  await Promise.all(Array.from({ length: lab.workers }, (_, worker) => work(worker)));
  return sending;
};

/** Whether this machine answers: timers are not late, and so nothing else should be. */
const isReady = async (): Promise<boolean> => {
  for (let look = 0; look < 5; look += 1) {
    const begun = performance.now();
    await delay(50);
    if (performance.now() - begun > 50 + times.ready) return false;
  }
  return true;
};

/** Nothing can be told, and why. */
export class LabProblem extends Error {}

/** A control call that fails twice in a row while the machine answers is a fault. */
const controlFault = async (run: Run): Promise<LiveFault | null> => {
  const round = 2 + run.batches * 2;
  const first = await run.lab.control(round);
  if (first === null) return null;
  const second = await run.lab.control(round + 1);
  if (second === null) {
    count(run, [['control call at the second try', 1]]);
    return null;
  }
  if (!(await isReady()))
    throw new LabProblem(`this machine answers late, and a control call failed: ${second}`);
  return { property: 'control call', expected: 'a call', observed: `${first}; again: ${second}` };
};

/** Descriptors, as soon as they are no more than before, after a while at most. */
const settledDescriptors = async (run: Run, name: string, pid: number): Promise<number> => {
  const before = run.before.get(name) ?? 0;
  const end = performance.now() + times.settle;
  for (;;) {
    const now = descriptorsOf(pid);
    if (descriptorFault(name, before, now) === null || performance.now() > end) return now;
    await delay(20);
  }
};

const judgeParts = async (run: Run, cases: number): Promise<LiveFault | null> => {
  let limited: string | null = null;
  for (const { name, part } of run.lab.parts) {
    const { codes, improper, heap, native } = await part.figures();
    count(
      run,
      Object.entries(codes).map(([code, times]) => [`${name} ${code}`, times] as const),
    );
    limited ??= limitedBy(codes, cases);
    const [line] = improper;
    if (line !== undefined)
      return {
        property: 'no internal error',
        expected: 'refusals with named codes',
        observed: `${name}: ${line}`,
      };
    const descriptors = await settledDescriptors(run, name, part.pid);
    const samples = run.samples.get(name) ?? [];
    run.samples.set(name, samples);
    const resident = residentOf(part.pid);
    samples.push({ cases: run.sent, heap, native, resident, descriptors });
    const fault =
      complaintFault(name, part.errors()) ??
      descriptorFault(name, run.before.get(name) ?? 0, descriptors) ??
      growthFault(name, samples);
    if (fault !== null) return fault;
  }
  if (limited === null) run.done += cases;
  else run.throttled.push(limited);
  return null;
};

/** Sends the cases of a batch and judges what runs afterwards; null where nothing is wrong. Rejects where the lab itself fails. */
export const runBatch = async (
  run: Run,
  batch: number,
  numbers: readonly number[],
): Promise<BatchFailure | null> => {
  const { lab } = run;
  await lab.begin(run.batches + 1);
  const begun = performance.now();
  const sending = await sendAll(run, numbers);
  run.sent += sending.begun.size;
  run.working += performance.now() - begun;
  if (sending.problem === null)
    count(
      run,
      (await lab.end()).map((shape) => [shape, 1] as const),
    );
  else await processesEnded(run);
  if (sending.problem !== null && endedFault(run) === null) throw sending.problem;
  const fault =
    endedFault(run) ??
    sending.fault ??
    (await controlFault(run)) ??
    endedFault(run) ??
    (await judgeParts(run, sending.begun.size));
  run.batches += 1;
  return fault && { ...fault, batch, begun: [...sending.begun], underWay: [...sending.underWay] };
};
