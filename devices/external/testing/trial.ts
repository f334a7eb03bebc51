import { join } from 'node:path';
import { namespaceProblem } from '../../../simulators/lab/own-namespace.ts';
import { runInLab } from '../../../simulators/lab/testing/in-lab.ts';
import type { ExternalOutcome, ExternalTrial } from './external-lab.ts';

const problem = namespaceProblem('lab');

/** Why there can be no such trial here, for the title of a test; empty where there can. */
export const noTrial = problem === null ? '' : ` (skipped: ${problem})`;

/** Runs a trial in namespaces of its own. */
export const attemptTrial = async (trial: ExternalTrial): Promise<ExternalOutcome> => {
  const lab = join(import.meta.dirname, 'external-lab.ts');
  return (await runInLab(lab, [JSON.stringify(trial)])) as ExternalOutcome;
};

/** A verdict as `evaluate --json` prints it. */
export interface PrintedVerdict {
  readonly claim: string;
  readonly kind: string;
  readonly reason?: string;
}

/** Verdicts by claim, of what `evaluate --json` printed. */
export const verdictsIn = (json: string): ReadonlyMap<string, PrintedVerdict> => {
  const { verdicts } = JSON.parse(json) as { readonly verdicts: readonly PrintedVerdict[] };
  return new Map(verdicts.map((verdict) => [verdict.claim, verdict]));
};

/** Kinds of verdict by claim. */
export const kindsIn = (json: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...verdictsIn(json)].map(([claim, { kind }]) => [claim, kind]));
