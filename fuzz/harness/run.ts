import { setImmediate as turn } from 'node:timers/promises';
import type { FuzzTarget } from '../target.ts';
import { attempt, limitOf, type Violation } from './attempt.ts';
import { withinTime } from './bounded.ts';
import { caseAt, caseOf } from './case.ts';
import { bytesInUse } from './heap.ts';
import { shrinkCase } from './shrink.ts';

/** Cases after which every shape of `reaches` must have been met, unless the target says how many. */
const usuallyEnough = 20_000;

/** Failures that differ, after which a run ends. */
const mostFailures = 10;

/** Milliseconds of cases between looks at the clock, the signal and the memory. */
const slice = 50;

/** Milliseconds between two lines of progress. */
const between = 2_000;

/** How much longer than its limit a case may take before it is ended by force, and at least these milliseconds. */
const hang = { factor: 10, least: 10_000 } as const;

/** Bytes that may be kept beyond what was in use once everything had been loaded, and that one slice may take. */
const memory = { kept: 64e6, slice: 1.5e9, warm: 2_000 } as const;

/** A property violated, with the simplest case that shows it. */
export interface Failure extends Violation {
  readonly path: string;
  /** Undefined where there is no single case: memory. */
  readonly value: unknown;
}

/** What a run is asked to do. */
export interface RunOrder {
  readonly runs: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Said now and then, as one line. */
  readonly progress?: (text: string) => void;
  /** Milliseconds after which no more cases are begun. */
  readonly atMost?: number;
  /** Failures that differ, after which the run ends; 10 unless given. */
  readonly stopAfter?: number;
  /** Milliseconds that shrinking one failure may take. */
  readonly shrinkFor?: number;
  /** Told of the first case that reaches a shape. */
  readonly onShape?: (shape: string, number: number, value: unknown) => void;
}

/** What a run did and found. */
export interface RunReport {
  readonly name: string;
  /** Cases done. */
  readonly runs: number;
  readonly seed: number;
  readonly failures: readonly Failure[];
  /** Shapes that had to be reached and were not; empty where the cases were too few to tell. */
  readonly unreached: readonly string[];
  /** Cases that reached each shape. */
  readonly reached: ReadonlyMap<string, number>;
  readonly casesPerSecond: number;
  readonly interrupted: boolean;
  /** What the target went without, since it is not installed. */
  readonly missing: readonly string[];
}

/** A run under way. */
interface Run {
  readonly target: FuzzTarget;
  readonly order: RunOrder;
  readonly begun: number;
  readonly reached: Map<string, number>;
  /** By what failures of one cause have in common. */
  readonly failures: Map<string, Failure>;
  /** Cases done. */
  done: number;
  /** A case of the slice under way that violates something in a new way. */
  found: { readonly number: number; readonly violation: Violation } | null;
  /** Milliseconds spent on cases. */
  working: number;
  /** Bytes in use once everything had been loaded. */
  inUse: number | null;
}

/** What two failures of one cause have in common: the property, and what was observed apart from its data. */
const signatureOf = ({ property, observed }: Violation): string =>
  `${property} ${observed.replaceAll(/[0-9a-f]{8,}|\d+|"[^"]*"/g, '#').slice(0, 200)}`;

const count = (
  run: Run,
  shapes: readonly string[] | string,
  number: number,
  value: unknown,
): void => {
  for (const shape of typeof shapes === 'string' ? [shapes] : shapes) {
    const before = run.reached.get(shape);
    if (before === undefined) run.order.onShape?.(shape, number, value);
    run.reached.set(shape, (before ?? 0) + 1);
  }
};

/** Cases until the slice is over, so many are done or one violates something in a new way. */
const runSlice = (run: Run, until: number): void => {
  const { target, order } = run;
  const end = performance.now() + slice;
  while (run.done < until && run.found === null) {
    const number = run.done;
    const { value } = caseOf(target, order.seed, number);
    const { shapes, violation } = attempt(target, value);
    if (violation === null) count(run, shapes, number, value);
    else if (!run.failures.has(signatureOf(violation))) run.found = { number, violation };
    run.done += 1;
    if (performance.now() > end) return;
  }
};

const note = (run: Run, signature: string, failure: Failure): void =>
  void run.failures.set(signature, failure);

const hung = ({ target, order, done }: Run): Failure => ({
  path: String(done),
  value: caseOf(target, order.seed, done).value,
  property: 'bounded time',
  expected: `at most ${limitOf(target)} ms`,
  observed: 'no end',
});

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

const tooMuch = (run: Run, expected: string, observed: string): Failure => ({
  path: String(run.done),
  value: undefined,
  property: 'bounded memory',
  expected,
  observed: `${observed} up to case ${run.done}`,
});

const checkMemoryAtOnce = (run: Run): void => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const used = heapUsed + arrayBuffers - (run.inUse ?? 0);
  if (used <= memory.slice) return;
  const expected = `at most ${megabytes(memory.slice)} at once`;
  note(run, 'memory at once', tooMuch(run, expected, megabytes(used)));
};

const checkMemoryKept = (run: Run): void => {
  const kept = run.inUse === null ? 0 : bytesInUse() - run.inUse;
  if (kept <= memory.kept) return;
  const expected = `at most ${megabytes(memory.kept)} kept`;
  note(run, 'memory kept', tooMuch(run, expected, `${megabytes(kept)} kept`));
};

/** One slice, ended by force where a case does not end, and what it found. */
const advance = (run: Run): void => {
  const { target, order } = run;
  const timeout = slice + Math.max(hang.least, hang.factor * limitOf(target));
  // What is in use once everything has been loaded is measured after the same cases each time.
  const until = run.inUse === null ? Math.min(order.runs, memory.warm) : order.runs;
  const from = performance.now();
  const ended = withinTime(timeout, () => runSlice(run, until));
  run.working += performance.now() - from;
  checkMemoryAtOnce(run);
  if (!ended) {
    // A busy machine may have stood still: only a case that does not end a second time is one.
    const { value } = caseOf(target, order.seed, run.done);
    if (!withinTime(timeout, () => void attempt(target, value)))
      note(run, `no end ${run.done}`, hung(run));
    run.done += 1;
  } else if (run.found) {
    const { number, violation } = run.found;
    run.found = null;
    const {
      path,
      value,
      violation: simplest,
    } = shrinkCase(target, order.seed, number, violation, order.shrinkFor);
    note(run, signatureOf(violation), { path, value, ...simplest });
  }
  if (run.inUse === null && run.done >= memory.warm) run.inUse = bytesInUse();
};

const speedOf = ({ done, working }: Run): number =>
  working === 0 ? 0 : Math.round((done * 1_000) / working);

const isOver = ({ order, done, failures, begun }: Run): boolean =>
  done >= order.runs ||
  failures.size >= (order.stopAfter ?? mostFailures) ||
  order.signal?.aborted === true ||
  performance.now() - begun > (order.atMost ?? Number.POSITIVE_INFINITY);

const unreachedOf = ({ target, done, reached }: Run): readonly string[] =>
  done < (target.enough ?? usuallyEnough)
    ? []
    : target.reaches.filter((shape) => !reached.has(shape));

const reportOf = (run: Run): RunReport => ({
  name: run.target.name,
  runs: run.done,
  seed: run.order.seed,
  failures: [...run.failures.values()],
  unreached: unreachedOf(run),
  reached: run.reached,
  casesPerSecond: speedOf(run),
  interrupted: run.order.signal?.aborted === true,
  missing: run.target.missing ?? [],
});

/** Runs so many cases of a target from a seed, and shrinks what fails. Resolves with what was done, also when interrupted. */
export const runTarget = async (target: FuzzTarget, order: RunOrder): Promise<RunReport> => {
  const begun = performance.now();
  const run: Run = {
    target,
    order,
    begun,
    reached: new Map(),
    failures: new Map(),
    done: 0,
    found: null,
    working: 0,
    inUse: null,
  };
  let said = begun;
  while (!isOver(run)) {
    advance(run);
    if (performance.now() - said > between) {
      said = performance.now();
      order.progress?.(
        `${target.name}: ${run.done} of ${order.runs} cases, ${speedOf(run)} a second, ${run.reached.size} shapes, ${run.failures.size} failures`,
      );
    }
    await turn();
  }
  checkMemoryKept(run);
  return reportOf(run);
};

/** Checks the one case at a path again; undefined where the path leads nowhere. */
export const replayCase = (
  target: FuzzTarget,
  seed: number,
  path: string,
): { readonly shapes: readonly string[]; readonly failure: Failure | null } | undefined => {
  const value = caseAt(target, seed, path);
  if (value === undefined) return undefined;
  const { shapes, violation } = attempt(target, value);
  return {
    shapes: shapes === null ? [] : [shapes].flat(),
    failure: violation && { path, value, ...violation },
  };
};
