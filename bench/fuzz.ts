import * as fc from 'fast-check';
import { targets } from '../fuzz/catalogue.ts';
import { runTarget } from '../fuzz/harness/run.ts';
import type { FuzzTarget } from '../fuzz/target.ts';
import { pkcs8Target } from '../fuzz/targets/pkcs8.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';

/** Milliseconds of cases that are timed of each target. */
const duration = 1_000;

/** Milliseconds of cases before: V8 goes on compiling for the first two seconds of a target, and a campaign takes minutes. */
const warmUp = 2_500;

/** Microseconds of processor time of this thread alone: neither other load nor the collector's helpers count. */
const threadTime = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** Cases a second of the thread's processor time by the harness; a case that fails ends the benchmark. */
const byHarness = async (target: FuzzTarget, seed: number): Promise<number> => {
  await runTarget(target, { runs: 1e9, seed, atMost: warmUp });
  const begun = threadTime();
  const { runs, failures } = await runTarget(target, {
    runs: 1e9,
    seed: seed + 1,
    atMost: duration,
  });
  const took = threadTime() - begun;
  const [failure] = failures;
  if (failure)
    throw new Error(
      `${target.name} fails: ${failure.property}; discretio fuzz ${target.name} --seed ${seed + 1} --path ${failure.path} shows it`,
    );
  return (runs * 1e6) / took;
};

/** The same cases and checks by fast-check's own runner. */
const byFastCheck = (target: FuzzTarget, seed: number): number => {
  const property = fc.property(target.cases, (value) => void target.check(value));
  const begun = threadTime();
  const { numRuns } = fc.check(property, {
    seed,
    numRuns: 1e9,
    interruptAfterTimeLimit: duration,
    markInterruptAsFailure: false,
  });
  return (numRuns * 1e6) / (threadTime() - begun);
};

/** Cases a second of every target, those of `pkcs8` without deriving a key. */
export const benchmarkFuzz = async ({
  seed,
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const rows: BenchmarkRow[] = [];
  for (const listed of targets) {
    const bare = listed.name === 'pkcs8';
    const target: FuzzTarget = bare ? pkcs8Target(undefined, false) : listed;
    progress(`${target.name}, ${(warmUp + 2 * duration) / 1_000} s`);
    const name = `fuzz ${target.name}${bare ? ' without key derivation' : ''}`;
    const ours = await byHarness(target, seed);
    rows.push(rowOf(name, ours, 'cases/s', 'fast-check’s runner', byFastCheck(target, seed)));
  }
  return rows;
};
