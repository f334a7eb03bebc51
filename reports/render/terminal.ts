import { notSelected, type ActivityOutcome, type Run } from '../model/run.ts';
import type { Verdict, VerdictKind } from '../model/verdict.ts';
import { labels } from './labels.ts';
import { headlineOf, unsettledKinds, verdictsOf } from './standing.ts';
import { oneLine } from './text.ts';

/** How terminal lines are written. */
export interface TerminalStyle {
  readonly colour: boolean;
  readonly language: Run['language'];
}

type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';
const codes: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };

const paint = (style: Pick<TerminalStyle, 'colour'>, colour: Colour, text: string): string =>
  style.colour ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;

const activitySigns: Readonly<Record<ActivityOutcome['status'], readonly [string, Colour]>> = {
  done: ['✓', 'green'],
  failed: ['✗', 'red'],
  unsupported: ['–', 'yellow'],
  interrupted: ['!', 'yellow'],
};

const kindSigns: Readonly<Record<VerdictKind, readonly [string, Colour]>> = {
  fail: ['✗', 'red'],
  inconclusive: ['?', 'yellow'],
  unsupported: ['–', 'yellow'],
  skipped: ['–', 'yellow'],
  warn: ['!', 'yellow'],
  pass: ['✓', 'green'],
};

const plain: TerminalStyle = { colour: false, language: 'en' };

/** One line on an activity that has ended, under its title; null while it has no outcome. */
export const progressLine = (
  title: string,
  outcome: ActivityOutcome | null,
  style: TerminalStyle = plain,
): string | null => {
  if (outcome === null) return null;
  const { activities, text } = labels[style.language];
  const [sign, colour] = activitySigns[outcome.status];
  const seconds = `${(outcome.took / 1000).toFixed(1)} s`;
  const reason = outcome.reason === undefined ? '' : `${text.colon} ${oneLine(outcome.reason)}`;
  const tail = outcome.status === 'done' ? '' : ` ${activities[outcome.status]}${reason}`;
  return `${paint(style, colour, sign)} ${oneLine(title)} ${paint(style, 'dim', seconds)}${tail}`;
};

const verdictLines = (run: Run, verdict: Verdict, style: TerminalStyle): readonly string[] => {
  const { standings, text } = labels[style.language];
  const [sign, colour] = kindSigns[verdict.kind];
  const claim = run.claims.find((candidate) => candidate.id === verdict.claim);
  const details = [
    [text.reason, verdict.reason],
    [text.expected, verdict.expected],
    [text.observed, verdict.observed],
    [text.replay, run.replay[verdict.claim]],
  ].flatMap(([label, value]) =>
    label === undefined || value === undefined
      ? []
      : [`    ${label}${text.colon} ${oneLine(value)}`],
  );
  const head = `${sign} ${oneLine(verdict.claim)} ${standings[verdict.kind]}`;
  const note = verdict.kind === 'fail' && claim?.basis === 'ours' ? [`    ${text.oursNote}`] : [];
  return [
    `${paint(style, colour, head)}  ${oneLine(claim?.text ?? '')}`.trimEnd(),
    ...note,
    ...details,
  ];
};

/** Verdicts that share their reason and say nothing else: one block for all of them. */
const sharedLines = (
  run: Run,
  verdicts: readonly Verdict[],
  style: TerminalStyle,
): readonly string[] => {
  const { standings, text } = labels[style.language];
  const [first] = verdicts;
  if (!first) return [];
  const [sign, colour] = kindSigns[first.kind];
  const claims = verdicts.map(({ claim }) => oneLine(claim));
  const head = `${sign} ${claims.length} ${standings[first.kind]}`;
  const replay = run.replay[first.claim];
  return [
    `${paint(style, colour, head)}  ${claims.join(' ')}`,
    `    ${text.reason}${text.colon} ${oneLine(first.reason ?? '')}`,
    ...(replay === undefined ? [] : [`    ${text.replay}${text.colon} ${oneLine(replay)}`]),
  ];
};

/** The blocks of one kind, in the order of the verdicts. */
const blocksOf = (
  run: Run,
  verdicts: readonly Verdict[],
  style: TerminalStyle,
): readonly string[] => {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const { claim, reason, expected, observed } = verdict;
    const shares = reason !== undefined && expected === undefined && observed === undefined;
    const key = shares ? `reason ${reason}` : `claim ${claim}`;
    groups.set(key, [...(groups.get(key) ?? []), verdict]);
  }
  return [...groups.values()].flatMap((group) =>
    group.length > 1
      ? sharedLines(run, group, style)
      : group.flatMap((verdict) => verdictLines(run, verdict, style)),
  );
};

const resultLine = (run: Run, verdicts: readonly Verdict[], style: TerminalStyle): string => {
  const { standings, statuses, text } = labels[style.language];
  const kinds: readonly VerdictKind[] = ['pass', 'warn', ...unsettledKinds.toReversed()];
  const counts = kinds
    .map((kind) => [kind, verdicts.filter((verdict) => verdict.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${standings[kind]}`);
  const ended = run.ended === undefined ? '' : ` (${oneLine(run.ended)})`;
  const status = run.status === 'complete' ? '' : `. ${statuses.incomplete}${ended}`;
  const colour = run.exit === 0 ? 'green' : 'red';
  const said = headlineOf(run, labels[style.language]);
  const headline = paint(style, colour, `${said}${status}.`);
  const tally = counts.length === 0 ? '' : ` ${counts.join(', ')}.`;
  return `${headline}${tally} ${text.exitCode}${text.colon} ${run.exit}`;
};

/** How the summary of a run is written; the language is the run's. */
export interface SummaryStyle {
  readonly colour: boolean;
  /** The run folder, named before the last line if given. */
  readonly folder?: string;
}

/** Claims that the run does not judge; those that the user did not name are only counted. */
const leftOutLine = ({ plan, language }: Run): string => {
  const others = plan.leftOut.filter(({ reason }) => reason !== notSelected);
  const count = plan.leftOut.length - others.length;
  const ids = others.map(({ claim }) => claim).join(' ');
  const counted = count === 0 ? '' : `${count} ${labels[language].text.notSelected}`;
  return [ids, counted].filter((part) => part !== '').join(', ');
};

/** What became of expectations that do not hold: an unexpected pass fails the run, an expired one counts as none. */
const expectationLines = ({ expectations = [], language }: Run): readonly string[] => {
  const { text } = labels[language];
  const said = { 'unexpected pass': text.passesUnexpectedly, expired: text.expiredExpectation };
  return expectations.flatMap(({ claim, scenario, standing, expires }) =>
    standing === 'unexpected pass' || standing === 'expired'
      ? [oneLine(`! ${scenario ?? claim ?? ''} ${said[standing]} (${expires})`)]
      : [],
  );
};

/** What was seen that is no verdict, by name; the report tells it. */
const seenIds = ({ seen = [] }: Run): string => [...new Set(seen.map(({ id }) => id))].join(' ');

/** The end of a run: warnings first, then all that is not settled, failures last, then the run folder, and one line with the counts and the exit code. */
export const summaryLines = (run: Run, { colour, folder }: SummaryStyle): readonly string[] => {
  const style = { colour, language: run.language };
  const { text } = labels[run.language];
  const verdicts = verdictsOf(run);
  const kinds: readonly VerdictKind[] = ['warn', ...unsettledKinds.toReversed()];
  const blocks = kinds.flatMap((kind) =>
    blocksOf(
      run,
      verdicts.filter((verdict) => verdict.kind === kind),
      style,
    ),
  );
  const waiting = run.plan.byPerson.filter((id) => !verdicts.some(({ claim }) => claim === id));
  const named = (label: string, value: string) =>
    value === '' ? [] : [`${label}${text.colon} ${oneLine(value)}`];
  return [
    ...named(text.person, waiting.join(', ')),
    ...named(text.leftOut, leftOutLine(run)),
    ...named(text.partial, (run.plan.byScenario ?? []).join(' ')),
    ...named(text.seenHere, seenIds(run)),
    ...blocks,
    ...expectationLines(run),
    ...named(text.folder, folder ?? ''),
    resultLine(run, verdicts, style),
  ];
};
