import {
  exitCodeOf,
  verdictKinds,
  type Verdict,
  type VerdictKind,
} from '../reports/model/verdict.ts';
import { labels } from '../reports/render/labels.ts';
import { oneLine } from '../reports/render/text.ts';
import type { ProbeFacts } from '../scenarios/probe/facts-model.ts';
import type { ProbeObservation } from '../scenarios/probe/observe.ts';

/** What the terminal shows of a probe. */
export interface ProbeReport {
  readonly facts: ProbeFacts;
  readonly verdicts: readonly Verdict[];
  readonly observations: readonly ProbeObservation[];
}

const { exits, standings, text } = labels.en;

const signs: Readonly<Record<VerdictKind, readonly [string, number]>> = {
  fail: ['✗', 31],
  inconclusive: ['?', 33],
  unsupported: ['–', 33],
  skipped: ['–', 33],
  warn: ['!', 33],
  pass: ['✓', 32],
};

const paint = (colour: boolean, code: number, words: string): string =>
  colour ? `\u001b[${code}m${words}\u001b[0m` : words;

const verdictLines = (verdict: Verdict, colour: boolean): readonly string[] => {
  const { claim, kind, reason, expected, observed } = verdict;
  const [sign, code] = signs[kind];
  const details = [
    [text.reason, reason],
    [text.expected, expected],
    [text.observed, observed],
  ].flatMap(([label, value]) => (value === undefined ? [] : [`    ${label}: ${oneLine(value)}`]));
  return [paint(colour, code, `${sign} ${claim} ${standings[kind]}`), ...details];
};

/** Lines for a terminal: what was seen as a table by row of the attack catalogue, verdicts with failures last, and the result with its exit code. */
export const probeLines = (
  { facts, verdicts, observations }: ProbeReport,
  colour: boolean,
): readonly string[] => {
  const kinds = verdictKinds.toReversed();
  const rows = observations.map(({ id, text: words }) => `  ${id.padEnd(4)} ${oneLine(words)}`);
  const blocks = kinds.flatMap((kind) =>
    verdicts
      .filter((verdict) => verdict.kind === kind)
      .flatMap((verdict) => verdictLines(verdict, colour)),
  );
  const counts = kinds
    .map((kind) => [kind, verdicts.filter((verdict) => verdict.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${standings[kind]}`);
  const exit = exitCodeOf(verdicts.map(({ kind }) => kind));
  const where = `${facts.host}:${facts.port}, judged as ${facts.service}, ${facts.connections} connections`;
  return [
    paint(colour, 1, where),
    ...rows,
    '',
    ...blocks,
    `${paint(colour, exit === 0 ? 32 : 31, `${exits[exit]}.`)} ${counts.join(', ')}. ${text.exitCode}: ${exit}`,
  ];
};
