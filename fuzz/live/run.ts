import {
  endedFault,
  LabProblem,
  processesEnded,
  runBatch,
  type Batch,
  type BatchFailure,
  type LiveOrder,
  type Run,
} from './batch.ts';
import type { Sample } from './judge.ts';
import { descriptorsOf } from './part.ts';
import type { LiveFault, LiveTarget } from './target.ts';

/** Cases after which every shape of `reaches` must have been met. */
const enough = 5_000;

/** Milliseconds between two lines of progress. */
const progressEvery = 2_000;

/** What a run did and found. */
export interface LiveReport {
  readonly name: string;
  /** Cases sent in batches that limits did not keep out. */
  readonly runs: number;
  readonly batches: number;
  readonly seed: number;
  readonly failure: BatchFailure | null;
  /** Why it cannot be told whether anything is wrong; null where it can. */
  readonly inconclusive: string | null;
  readonly unreached: readonly string[];
  readonly reached: ReadonlyMap<string, number>;
  readonly casesPerSecond: number;
  /** Of each process, by name, one for each batch. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly interrupted: boolean;
}

const speedOf = ({ sent, working }: Run): number =>
  working === 0 ? 0 : Math.round((sent * 1_000) / working);

const line = (run: Run): string => {
  const heaps = [...run.samples].map(
    ([name, samples]) => `${name} ${((samples.at(-1)?.heap ?? 0) / 1e6).toFixed(1)} MB`,
  );
  return `${run.target.name}: ${run.sent} of ${run.order.runs} cases, ${speedOf(run)} a second, ${run.reached.size} shapes, heap: ${heaps.join(', ')}`;
};

const inconclusiveOf = (run: Run): string | null => {
  const [first] = run.throttled;
  return first === undefined || run.throttled.length * 10 <= run.batches
    ? null
    : `limits kept the cases out of ${run.throttled.length} of ${run.batches} batches (${first}); fewer clients send fewer`;
};

const reportOf = (run: Run, failure: BatchFailure | null, problem: string | null): LiveReport => ({
  name: run.target.name,
  runs: run.done,
  batches: run.batches,
  seed: run.order.seed,
  failure,
  inconclusive: problem ?? (failure === null ? inconclusiveOf(run) : null),
  unreached:
    failure !== null || problem !== null || run.done < enough
      ? []
      : run.target.reaches.filter((shape) => !run.reached.has(shape)),
  reached: run.reached,
  casesPerSecond: speedOf(run),
  samples: run.samples,
  interrupted: run.order.signal?.aborted === true,
});

/** Why nothing can be told: an error outside every case, told by the end of a judged process where that is its cause. */
const problemOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const runOn = async (run: Run, batches: readonly Batch[]): Promise<LiveReport> => {
  let said = performance.now();
  let current: Omit<BatchFailure, keyof LiveFault> = { batch: 0, begun: [], underWay: [] };
  try {
    for (const { batch, numbers } of batches) {
      current = { batch, begun: numbers, underWay: [] };
      const failure = await runBatch(run, batch, numbers);
      if (failure !== null) return reportOf(run, failure, null);
      if (run.order.signal?.aborted === true) break;
      if (performance.now() - said < progressEvery) continue;
      said = performance.now();
      run.order.progress?.(line(run));
    }
    return reportOf(run, null, null);
  } catch (error) {
    await processesEnded(run);
    const ended = endedFault(run);
    const failure = ended && { ...ended, ...current };
    return reportOf(run, failure, failure === null ? problemOf(error) : null);
  }
};

/** A batch without cases: what good phones need is open then, and a control call must work before anything is sent. */
const warmUp = async ({ lab, before }: Run): Promise<void> => {
  await lab.begin(0);
  await lab.end();
  const problem = (await lab.control(0)) && (await lab.control(1));
  if (problem !== null) throw new LabProblem(`a control call fails before any case: ${problem}`);
  for (const { name, part } of lab.parts) {
    before.set(name, descriptorsOf(part.pid));
    await part.figures();
  }
};

const openRun = async (target: LiveTarget, order: LiveOrder): Promise<Run> => ({
  target,
  order,
  lab: await target.open(order),
  reached: new Map(),
  samples: new Map(),
  before: new Map(),
  throttled: [],
  sent: 0,
  done: 0,
  batches: 0,
  working: 0,
});

/** Performs cases in batches, in a lab of their own, and judges after each. Rejects with one line where the lab cannot start. */
export const performBatches = async (
  target: LiveTarget,
  order: LiveOrder,
  batches: readonly Batch[],
): Promise<LiveReport> => {
  const run = await openRun(target, order);
  try {
    await warmUp(run);
    return await runOn(run, batches);
  } finally {
    await run.lab.close();
  }
};

/** Numbers of the cases of a batch, those below `end` alone. */
export const numbersOf = (size: number, batch: number, end = Infinity): readonly number[] =>
  Array.from({ length: Math.min(size, end - batch * size) }, (_, index) => batch * size + index);

/** So many cases of a running target from a seed, batch by batch. */
export const runLive = async (target: LiveTarget, order: LiveOrder): Promise<LiveReport> => {
  const { batch: size = target.batch, from = 0, runs } = order;
  const end = from * size + runs;
  const batches = Array.from({ length: Math.ceil(runs / size) }, (_, index) => ({
    batch: from + index,
    numbers: numbersOf(size, from + index, end),
  }));
  return performBatches(target, order, batches);
};
