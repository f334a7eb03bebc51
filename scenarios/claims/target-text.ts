import { sections } from './sections.ts';

/** A section of somebody's own copy of the security target. */
export interface Passage {
  readonly section: string;
  /** As it stands in the copy, without its heading. */
  readonly text: string;
}

/** Most characters quoted of one section. */
const mostQuoted = 8000;

/** A number, and a title that begins with a capital letter: glued to a number with dots, as some extractions have it, or apart. */
const headingPattern =
  /^[ \t]*(?:section[ \t]+)?(?:(\d(?:\.\d){1,2})\.?[ \t]*|(\d)\.?[ \t]+)(\p{Lu}[^\n]{0,120})$/iu;

/** How a line of a table of contents ends. */
const contentsLine = /(?:\.[ .]{2,}|…|\t)[ \t]*\d+[ \t]*$/;

interface Candidate {
  readonly line: number;
  /** Place in {@link sections}. */
  readonly rank: number;
}

const rankOf = new Map(sections.map(({ number }, rank) => [number, rank]));

const candidateOf = (text: string, line: number): readonly Candidate[] => {
  const match = headingPattern.exec(text);
  const [, dotted, plain, title = ''] = match ?? [];
  const rank = rankOf.get(dotted ?? plain ?? '');
  const capital = /^\p{Lu}/u.test(title);
  return rank === undefined || !capital || contentsLine.test(text) ? [] : [{ line, rank }];
};

/** How good each candidate is: one heading more counts most, then the text before the next line that looks like one. */
const scoresOf = (candidates: readonly Candidate[], lines: readonly string[]): readonly number[] =>
  candidates.map(({ line }, index) => {
    const end = candidates[index + 1]?.line ?? lines.length;
    const length = lines.slice(line + 1, end).reduce((sum, text) => sum + text.trim().length, 0);
    return 1000 + Math.min(length, 300);
  });

/** A candidate at the end of the best chain of candidates whose numbers rise. */
interface Link {
  readonly candidate: Candidate;
  readonly score: number;
  readonly before: Link | null;
}

/**
 * The headings of the text among all lines that look like one: numbers must rise as in the target; as many as possible, and of
 * equally many those with text behind them, so that a table of contents loses against the text.
 */
const chooseHeadings = (
  candidates: readonly Candidate[],
  lines: readonly string[],
): readonly Candidate[] => {
  const scores = scoresOf(candidates, lines);
  const best = new Map<number, Link>();
  for (const [index, candidate] of candidates.entries()) {
    let before: Link | null = null;
    for (const [rank, link] of best)
      if (rank < candidate.rank && link.score > (before?.score ?? 0)) before = link;
    const score = (before?.score ?? 0) + (scores[index] ?? 0);
    if (score > (best.get(candidate.rank)?.score ?? 0))
      best.set(candidate.rank, { candidate, score, before });
  }
  const chain: Candidate[] = [];
  const last = [...best.values()].toSorted((left, right) => right.score - left.score)[0] ?? null;
  for (let link = last; link !== null; link = link.before) chain.push(link.candidate);
  return chain.toReversed();
};

/** Lines after a heading that are still the heading: a short one that goes on in lower case, before anything else. */
const afterHeading = (lines: readonly string[], heading: number): number => {
  const next = lines[heading + 1] ?? '';
  return /^[ \t]*\p{Ll}[^.:;]{0,40}$/u.test(next) && (lines[heading + 2] ?? '').trim() === ''
    ? heading + 2
    : heading + 1;
};

const quoted = (lines: readonly string[]): string => {
  const text = lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  return text.length > mostQuoted ? `${text.slice(0, mostQuoted)} […]` : text;
};

/**
 * The sections of a security target's plain text, in any language, found by their numbers; a section whose heading is not found
 * belongs to the one before it, and one without text of its own is left out. Total: any text gives a list, an unrelated one an
 * empty or short one.
 */
export const passagesOf = (text: string): readonly Passage[] => {
  const lines = text.replaceAll(/\r\n?|\f/g, '\n').split('\n');
  const headings = chooseHeadings(lines.flatMap(candidateOf), lines);
  return headings.flatMap(({ line, rank }, index) => {
    const end = headings[index + 1]?.line ?? lines.length;
    const body = quoted(lines.slice(afterHeading(lines, line), end));
    const section = sections[rank]?.number ?? '';
    return body === '' ? [] : [{ section, text: body }];
  });
};
