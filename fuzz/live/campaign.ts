import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { liveAppliance } from './appliance/target.ts';
import { livePhone } from './phone/target.ts';
import { liveCase, type Batch, type BatchFailure, type LiveOrder } from './batch.ts';
import { numbersOf, performBatches, runLive, type LiveReport } from './run.ts';
import type { LiveTarget } from './target.ts';

/** Everything that is fuzzed while it runs, by name. */
export const liveTargets: readonly LiveTarget[] = [liveAppliance, livePhone];

/** Milliseconds in which further attempts to find fewer cases are begun, unless more are asked for. */
const usualShrinking = 60_000;

/** How often cases are performed again: each changes what is made anew (keys, nonces, signatures), so that the same change may fall beside the fault the next time. */
const repetitions = (numbers: readonly number[]): number => (numbers.length === 1 ? 12 : 3);

const again = (batch: number, numbers: readonly number[]): readonly Batch[] =>
  Array.from({ length: repetitions(numbers) }, () => ({ batch, numbers }));

/** Properties that need many cases, so that halves of a batch tell nothing. */
const ofMany: ReadonlySet<string> = new Set(['flat memory', 'descriptors freed']);

/** What is asked of a campaign; a failure goes into a folder of the target's own below `folder`. */
export interface LiveCampaignOrder extends LiveOrder {
  readonly folder: string;
  /** One batch alone, or one case of it. */
  readonly path?: string;
  /** Milliseconds in which further attempts to find fewer cases are begun. */
  readonly shrinkFor?: number;
}

/** A failure with the fewest cases found that show it, and its file. */
export interface WrittenLiveFailure extends BatchFailure {
  readonly cases: readonly number[];
  /** Whether these cases alone, in a system of their own, showed it again. */
  readonly isConfirmed: boolean;
  readonly file: string;
  readonly path: string;
}

/** A run with its failure written. */
export interface LiveCampaignReport extends Omit<LiveReport, 'failure'> {
  readonly failure: WrittenLiveFailure | null;
}

interface Smallest {
  readonly cases: readonly number[];
  readonly isConfirmed: boolean;
}

/** Halves what shows a failure as long as one half shows it too. */
const smallestOf = async (
  failure: BatchFailure,
  shows: (cases: readonly number[]) => Promise<boolean>,
  isOver: () => boolean,
): Promise<Smallest> => {
  let found: Smallest = { cases: failure.begun, isConfirmed: false };
  const suspects = failure.number === undefined ? failure.underWay : [failure.number];
  if (ofMany.has(failure.property)) return found;
  if (suspects.length > 0 && suspects.length < found.cases.length && (await shows(suspects)))
    found = { cases: suspects, isConfirmed: true };
  while (found.cases.length > 1 && !isOver()) {
    const half = Math.ceil(found.cases.length / 2);
    const halves = [found.cases.slice(0, half), found.cases.slice(half)];
    let next: Smallest | null = null;
    for (const cases of halves)
      if (next === null && !isOver() && (await shows(cases))) next = { cases, isConfirmed: true };
    if (next === null) break;
    found = next;
  }
  return found;
};

const minimised = async (
  target: LiveTarget,
  order: LiveCampaignOrder,
  failure: BatchFailure,
): Promise<Smallest> => {
  const end = performance.now() + (order.shrinkFor ?? usualShrinking);
  const isOver = (): boolean => performance.now() > end || order.signal?.aborted === true;
  const shows = async (numbers: readonly number[]): Promise<boolean> => {
    if (isOver()) return false;
    order.progress?.(`${target.name}: ${failure.property}: again with ${numbers.length} cases`);
    const report = await performBatches(target, order, again(failure.batch, numbers)).catch(
      () => null,
    );
    return report?.failure?.property === failure.property;
  };
  return smallestOf(failure, shows, isOver);
};

const plain = (_key: string, value: unknown): unknown =>
  value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value;

const pathOf = ({ batch }: BatchFailure, cases: readonly number[], size: number): string => {
  const [only] = cases;
  return cases.length === 1 && only !== undefined ? `${batch}:${only - batch * size}` : `${batch}`;
};

/** Writes what a failure shows and by which cases. */
const writeLiveFailure = async (
  target: LiveTarget,
  { folder, seed, batch: size = target.batch }: LiveCampaignOrder,
  failure: BatchFailure,
  { cases, isConfirmed }: Smallest,
): Promise<WrittenLiveFailure> => {
  const { property, expected, observed, batch } = failure;
  const path = pathOf(failure, cases, size);
  const place = join(folder, target.name, 'failures');
  const slug = property.replaceAll(/[^a-z0-9]+/g, '-');
  const file = join(place, `${slug}-${seed}-${path.replace(':', '-')}.json`);
  const told = cases.map((number) => ({ number, case: liveCase(target.cases, seed, number) }));
  const about = { target: target.name, seed, batch, path, property, expected, observed };
  await mkdir(place, { recursive: true });
  const command = `discretio fuzz ${target.name} --seed ${seed} --path ${path}`;
  const document = { ...about, again: command, confirmed: isConfirmed, cases: told };
  await writeFile(file, `${JSON.stringify(document, plain, 2)}\n`);
  return { ...failure, cases, isConfirmed, file, path };
};

const perform = (target: LiveTarget, order: LiveCampaignOrder): Promise<LiveReport> => {
  const { path, batch: size = target.batch } = order;
  if (path === undefined) return runLive(target, order);
  const [batch = 0, index] = path.split(':').map(Number);
  const numbers = index === undefined ? numbersOf(size, batch) : [batch * size + index];
  return performBatches(target, order, again(batch, numbers));
};

/** Runs a target, looks for the fewest cases that show what fails, and writes them. Rejects with one line where no lab can be started. */
export const runLiveCampaign = async (
  target: LiveTarget,
  order: LiveCampaignOrder,
): Promise<LiveCampaignReport> => {
  const report = await perform(target, order);
  const { failure } = report;
  if (failure === null) return { ...report, failure };
  const smallest = await minimised(target, order, failure);
  return { ...report, failure: await writeLiveFailure(target, order, failure, smallest) };
};
