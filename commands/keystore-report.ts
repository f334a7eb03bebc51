import type { Verdict } from '../reports/model/verdict.ts';
import { labels } from '../reports/render/labels.ts';
import { oneLine } from '../reports/render/text.ts';
import type { Place } from '../scenarios/stored-key/finding.ts';
import type { FileFinding } from '../scenarios/stored-key/judge.ts';
import type { Observation } from '../scenarios/stored-key/observations.ts';
import { paint, signs, styles, verdictLines } from './verdict-lines.ts';

/** What the terminal shows of stored keys. */
export interface KeystoreReport {
  readonly findings: readonly FileFinding[];
  readonly verdicts: readonly Verdict[];
  readonly observations: readonly Observation[];
}

const { standings, text } = labels.en;

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
  return [
    paint(colour, styles.bold, oneLine(file)),
    paint(colour, styles.dim, `    ${heading}`),
    ...lines,
    '',
  ];
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
  return [
    ...tables,
    ...(remarks.length > 0 ? [paint(colour, styles.bold, text.observations), ...remarks, ''] : []),
    ...verdictLines(verdicts, colour),
  ];
};
