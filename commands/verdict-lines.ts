import {
  exitCodeOf,
  verdictKinds,
  type Verdict,
  type VerdictKind,
} from '../reports/model/verdict.ts';
import { labels } from '../reports/render/labels.ts';
import { oneLine } from '../reports/render/text.ts';
import { claimById } from '../scenarios/claims/catalogue.ts';

const { exits, standings, text } = labels.en;

/** The sign of a verdict and the colour it is painted in (SGR parameter). */
export const signs: Readonly<Record<VerdictKind, readonly [string, number]>> = {
  fail: ['✗', 31],
  inconclusive: ['?', 33],
  unsupported: ['–', 33],
  skipped: ['–', 33],
  warn: ['!', 33],
  pass: ['✓', 32],
};

/** Bold and dim, as SGR parameters. */
export const styles = { bold: 1, dim: 2 } as const;

/** Words in a colour or style, where there is colour. */
export const paint = (colour: boolean, code: number, words: string): string =>
  colour ? `\u001b[${code}m${words}\u001b[0m` : words;

const linesOf = (verdict: Verdict, colour: boolean): readonly string[] => {
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

/** Verdicts of a command that judges one thing: what passed first, failures last, and one line with the counts and the exit code. */
export const verdictLines = (verdicts: readonly Verdict[], colour: boolean): readonly string[] => {
  const groups = verdictKinds
    .toReversed()
    .map((kind) => [kind, verdicts.filter((verdict) => verdict.kind === kind)] as const)
    .filter(([, ofKind]) => ofKind.length > 0);
  const counts = groups.map(([kind, ofKind]) => `${ofKind.length} ${standings[kind]}`);
  const exit = exitCodeOf(verdicts.map(({ kind }) => kind));
  const headline = paint(colour, exit === 0 ? 32 : 31, `${exits[exit]}.`);
  return [
    ...groups.flatMap(([, ofKind]) => ofKind.flatMap((verdict) => linesOf(verdict, colour))),
    `${headline} ${counts.join(', ')}. ${text.exitCode}: ${exit}`,
  ];
};
