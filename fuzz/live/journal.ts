import type { Logged } from './part-protocol.ts';

/** A refusal as appliance and phone log it. */
interface Entry {
  readonly code: string;
  readonly detail: string;
}

/** A named code: a part and a reason, or a parser's own. */
const named = /^[a-z][a-z0-9]*[/-][a-z0-9][a-z0-9-]*$/;

/** Codes of what a part does not expect of itself. */
const internal: ReadonlySet<string> = new Set([
  'http/internal',
  'service/unavailable',
  'phone/fault',
  'phone/screen',
  'relay/failed',
  'notice/store',
]);

/** Lines of a stack, and messages of errors that JavaScript itself throws. */
const thrown =
  /\n\s+at |\b(?:TypeError|RangeError|ReferenceError|SyntaxError|AssertionError)\b|Cannot read propert|is not a function|is not iterable/;

/** What is improper about an entry, as a line; null where nothing is. */
export const improperLine = ({ code, detail }: Entry): string | null => {
  const why = !named.test(code)
    ? 'no named code'
    : internal.has(code)
      ? 'an internal error'
      : thrown.test(detail)
        ? 'a thrown error'
        : null;
  return why === null ? null : `${why}: ${code}: ${detail}`.slice(0, 500);
};

/** What the log of a flood sums up. */
const summary = /^(\d+) more of /;

/** Improper lines kept between two looks. */
const most = 20;

/** Counts what a part logs, in bounded memory, and keeps what is improper. */
export const createJournal = () => {
  let codes = new Map<string, number>();
  let improper: string[] = [];
  return {
    add: (entry: Entry): void => {
      const count = Number(summary.exec(entry.detail)?.[1] ?? 1);
      codes.set(entry.code, (codes.get(entry.code) ?? 0) + count);
      const line = improperLine(entry);
      if (line !== null && improper.length < most) improper.push(line);
    },
    /** What was logged since the last time. */
    take: (): Logged => {
      const logged = { codes: Object.fromEntries(codes), improper };
      codes = new Map();
      improper = [];
      return logged;
    },
  };
};
