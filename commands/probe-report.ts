import type { Verdict } from '../reports/model/verdict.ts';
import { oneLine } from '../reports/render/text.ts';
import type { ProbeFacts } from '../scenarios/probe/facts-model.ts';
import type { ProbeObservation } from '../scenarios/probe/observe.ts';
import { paint, styles, verdictLines } from './verdict-lines.ts';

/** What the terminal shows of a probe. */
export interface ProbeReport {
  readonly facts: ProbeFacts;
  readonly verdicts: readonly Verdict[];
  readonly observations: readonly ProbeObservation[];
}

/** Lines for a terminal: what was seen as a table by row of the attack catalogue, verdicts with failures last, and the result with its exit code. */
export const probeLines = (
  { facts, verdicts, observations }: ProbeReport,
  colour: boolean,
): readonly string[] => {
  const rows = observations.map(({ id, text: words }) => `  ${id.padEnd(4)} ${oneLine(words)}`);
  const where = `${facts.host}:${facts.port}, judged as ${facts.service}, ${facts.connections} connections`;
  return [paint(colour, styles.bold, where), ...rows, '', ...verdictLines(verdicts, colour)];
};
