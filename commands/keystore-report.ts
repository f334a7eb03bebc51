import {
  exitCodeOf,
  verdictKinds,
  type Verdict,
  type VerdictKind,
} from '../reports/model/verdict.ts';
import { labels } from '../reports/render/labels.ts';
import { oneLine } from '../reports/render/text.ts';
import { claimById } from '../scenarios/claims/catalogue.ts';
import type { Place } from '../scenarios/stored-key/finding.ts';
import type { FileFinding } from '../scenarios/stored-key/judge.ts';
import type { Observation } from '../scenarios/stored-key/observations.ts';

/** What the terminal shows of stored keys. */
export interface KeystoreReport {
  readonly findings: readonly FileFinding[];
  readonly verdicts: readonly Verdict[];
  readonly observations: readonly Observation[];
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

const placed = (place: Place | null): string =>
  place === null ? '' : `${place.within} ${place.offset}`;

/** Columns as wide as their widest cell, at most 60 characters. */
const widthOf = (cells: readonly string[]): number =>
  Math.min(60, Math.max(0, ...cells.map((cell) => cell.length)));

const fileLines = (
  file: string,
  findings: readonly FileFinding[],
  colour: boolean,
): readonly string[] => {
  const rows = findings.map((finding) => {
    const judged = finding.claims.map((claim) => `${claim} ${standings[finding.kind]}`);
    const cells = [finding.parameter, oneLine(finding.value), placed(finding.place)];
    return { kind: finding.kind, cells, judged: judged.join(', ') };
  });
  const headings = ['parameter', 'value', 'offset', 'verdict'];
  const widths = [0, 1, 2].map((column) =>
    widthOf([headings, ...rows.map(({ cells }) => cells)].map((cells) => cells[column] ?? '')),
  );
  const heading = headings.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  const lines = rows.map(({ kind, cells, judged }) => {
    const [sign, code] = signs[kind];
    const padded = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return `  ${paint(colour, code, sign)} ${[...padded, judged].join('  ')}`.trimEnd();
  });
  return [paint(colour, 1, oneLine(file)), paint(colour, 2, `    ${heading}`), ...lines, ''];
};

const verdictLines = (verdict: Verdict, colour: boolean): readonly string[] => {
  const { claim, kind, reason, expected, observed } = verdict;
  const [sign, code] = signs[kind];
  const details = [
    [text.reason, reason],
    [text.expected, expected],
    [text.observed, kind === 'pass' ? undefined : observed],
  ].flatMap(([label, value]) => (value === undefined ? [] : [`    ${label}: ${oneLine(value)}`]));
  const head = paint(colour, code, `${sign} ${claim} ${standings[kind]}`);
  return [`${head}  ${claimById(claim)?.text.en ?? ''}`.trimEnd(), ...details];
};

/** Lines for a terminal: a table for each file (offsets in bytes of the file or of the DER), observations, verdicts with failures last, and the result with its exit code. */
export const keystoreLines = (
  { findings, verdicts, observations }: KeystoreReport,
  colour: boolean,
): readonly string[] => {
  const tables = [...Map.groupBy(findings, ({ file }) => file)].flatMap(([file, ofFile]) =>
    fileLines(file, ofFile, colour),
  );
  const remarks = observations.map((observation) => `  ${oneLine(observation.text)}`);
  const kinds = verdictKinds.toReversed();
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
  const headline = paint(colour, exit === 0 ? 32 : 31, `${exits[exit]}.`);
  return [
    ...tables,
    ...(remarks.length > 0 ? [paint(colour, 1, text.observations), ...remarks, ''] : []),
    ...blocks,
    `${headline} ${counts.join(', ')}. ${text.exitCode}: ${exit}`,
  ];
};
