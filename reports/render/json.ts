import type { Run, SeenObservation } from '../model/run.ts';
import type { Verdict } from '../model/verdict.ts';
import { verdictsOf } from './standing.ts';

/** The object that `evaluate --json` prints (public). */
export interface EvaluationJson {
  readonly tool: string;
  readonly version: string;
  /** The target's name. */
  readonly input: string;
  readonly verdicts: readonly Verdict[];
  /** Those with scenarios and evidence were seen on this target; the others are on the security target itself. */
  readonly observations: readonly (
    | SeenObservation
    | { readonly id: string; readonly text: string }
  )[];
  readonly exit: Run['exit'];
  /** The run folder. */
  readonly run: string;
}

/** The public `--json` object of an evaluation whose evidence is in `folder`. */
export const renderJson = (run: Run, folder: string): EvaluationJson => ({
  tool: run.tool,
  version: run.version,
  input: run.plan.target,
  verdicts: verdictsOf(run),
  observations: [...(run.seen ?? []), ...run.observations.map(({ id, text }) => ({ id, text }))],
  exit: run.exit,
  run: folder,
});
