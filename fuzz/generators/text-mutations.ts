import * as fc from 'fast-check';
import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import {
  byteKinds,
  changedBytes,
  mutatedCases,
  type MutatedCase,
  type Mutation,
} from './mutations.ts';

/** What a grammar of lines is changed by. */
export interface TextGrammar {
  readonly bases: readonly Uint8Array[];
  /** Words that mean something to the parser, right ones and wrong ones, to be put anywhere. */
  readonly words: readonly string[];
}

/** Bytes of a case at most: a huge line that is then repeated would be tens of megabytes. */
const longest = 200_000;

type LineChange = (lines: readonly string[], at: number, value: number) => readonly string[];

const withLine = (lines: readonly string[], at: number, line: string): readonly string[] =>
  lines.map((each, index) => (index === at ? line : each));

/** Changes of whole lines, which end with CRLF; what stands behind an empty line counts as lines too. */
const lineChanges: readonly LineChange[] = [
  (lines, at) => lines.filter((_, index) => index !== at),
  (lines, at) => lines.flatMap((line, index) => (index === at ? [line, line] : [line])),
  (lines, at, value) => {
    const other = value % lines.length;
    return lines.map(
      (line, index) =>
        (index === at ? lines[other] : index === other ? lines[at] : undefined) ?? line,
    );
  },
  (lines, at, value) => {
    const line = lines[at] ?? '';
    const cut = value % (line.length + 1);
    return withLine(lines, at, `${line.slice(0, cut)}\r\n ${line.slice(cut)}`);
  },
  (lines, at, value) => {
    const line = lines[at] ?? '';
    return withLine(lines, at, value % 2 === 0 ? line.toUpperCase() : line.toLowerCase());
  },
  (lines, at, value) => withLine(lines, at, `${lines[at]}${'x'.repeat(1 + (value % 400))}`),
  (lines, at, value) => {
    const line = lines[at] ?? '';
    const cut = value % (line.length + 1);
    return withLine(lines, at, line.slice(0, cut));
  },
  // Ten times the same, or three hundred times: lists and counts have limits. Never more than is kept of it.
  (lines, at, value) =>
    lines.flatMap((line, index) => {
      const times = Math.min(value % 8 === 0 ? 300 : 10, Math.ceil(longest / (line.length + 1)));
      return index === at ? Array.from({ length: times }, () => line) : [line];
    }),
];

/** A piece of text between delimiters. */
const piece = /[A-Za-z0-9+.%_-]+|[^A-Za-z0-9+.%_-]/g;

const wordChange = (
  text: string,
  at: number,
  value: number,
  words: readonly string[],
  replaces: boolean,
): string => {
  const pieces = text.match(piece) ?? [];
  const place = at % (pieces.length + 1);
  const put = words[value % words.length] ?? '';
  return pieces.toSpliced(place, replaces ? 1 : 0, put).join('');
};

const textKinds = lineChanges.length + 4;

const changedText = (
  bytes: Uint8Array,
  [kind, at, value]: Mutation,
  { words }: TextGrammar,
): Uint8Array => {
  const text = latin1(bytes);
  const change = lineChanges[kind - byteKinds];
  if (change) {
    const lines = text.split('\r\n');
    return fromLatin1(change(lines, at % lines.length, value).join('\r\n'));
  }
  // Words change most of what parsers look at, so that four kinds of changes are theirs.
  return fromLatin1(wordChange(text, at, value, words, kind % 2 === 0));
};

/** Cases over lines of text. */
export const textCases = ({ bases, words }: TextGrammar): fc.Arbitrary<MutatedCase> =>
  mutatedCases(
    bases.length,
    byteKinds + textKinds,
    fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc
        .array(fc.constantFrom(...words, '\r\n', ' ', ':', ';', ',', '=', '"', '<', '>'), {
          maxLength: 24,
        })
        .map((parts) => fromLatin1(parts.join(''))),
    ),
  );

/** The bytes of a case over text. */
export const textOfCase = (grammar: TextGrammar, made: MutatedCase): Uint8Array =>
  made.free ??
  made.mutations.reduce<Uint8Array>(
    (bytes, mutation) =>
      (mutation[0] < byteKinds
        ? changedBytes(bytes, mutation, grammar.bases)
        : changedText(bytes, mutation, grammar)
      ).subarray(0, longest),
    grammar.bases[made.base % grammar.bases.length] ?? new Uint8Array(),
  );
