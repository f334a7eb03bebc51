import { join } from 'node:path';
import type { FuzzTarget } from '../target.ts';
import { readCorpus, writeCase, writeCorpus, writeFailure, type CorpusEntry } from './corpus.ts';
import { replayCase, runTarget, type Failure, type RunOrder, type RunReport } from './run.ts';

/** A failure with the file that shows it, and the seed that its path belongs to. */
export interface WrittenFailure extends Failure {
  readonly seed: number;
  readonly file: string;
}

/** A run with its failures written. */
export interface CampaignReport extends Omit<RunReport, 'failures'> {
  readonly failures: readonly WrittenFailure[];
}

/** What a campaign is asked to do; files go below `folder`, one folder for each target. */
export interface CampaignOrder extends RunOrder {
  readonly folder: string;
  /** Whether a corpus is kept there and tried again first. */
  readonly keeps: boolean;
}

interface Shape {
  readonly shape: string;
  readonly number: number;
  readonly value: unknown;
}

const keep = async (
  target: FuzzTarget,
  folder: string,
  before: readonly CorpusEntry[],
  now: readonly CorpusEntry[],
  shapes: readonly Shape[],
): Promise<void> => {
  const known = new Set(before.map(({ shows }) => shows));
  for (const { shape, value } of shapes)
    if (!known.has(shape)) await writeCase(join(folder, 'corpus'), target, value, shape);
  await writeCorpus(folder, [...before, ...now]);
};

/** Tries the corpus again, then so many new cases, and writes what fails. */
export const runCampaign = async (
  target: FuzzTarget,
  order: CampaignOrder,
): Promise<CampaignReport> => {
  const folder = join(order.folder, target.name);
  const corpus = order.keeps ? await readCorpus(folder) : [];
  const again = corpus.flatMap(({ seed, path }) => {
    const failure = replayCase(target, seed, path)?.failure;
    return failure ? [{ ...failure, seed }] : [];
  });
  const shapes: Shape[] = [];
  const report = await runTarget(target, {
    ...order,
    onShape: (shape, number, value) => shapes.push({ shape, number, value }),
  });
  const found = [...again, ...report.failures.map((failure) => ({ ...failure, seed: order.seed }))];
  const failures: WrittenFailure[] = [];
  for (const failure of found) {
    const file = await writeFailure(join(folder, 'failures'), target, failure.seed, failure);
    failures.push({ ...failure, file });
  }
  const entries = [
    ...found.map(({ seed, path, property }) => ({ seed, path, shows: `${property} ${path}` })),
    ...shapes.map(({ shape, number }) => ({
      seed: order.seed,
      path: String(number),
      shows: shape,
    })),
  ];
  if (order.keeps) await keep(target, folder, corpus, entries, shapes);
  return { ...report, failures };
};
