import { latin1 } from '../../reference/core/bytes.ts';

/** A start line of a protocol that ought to be encrypted. */
export interface ClearLine {
  readonly protocol: 'sip' | 'http';
  readonly line: string;
}

const SIP_LINE = /^(?:SIP\/2\.0 [1-6]\d\d(?: .*)?|[A-Za-z0-9\-.!%*_+`'~]+ \S+ SIP\/2\.0)$/i;
const HTTP_LINE = /^(?:HTTP\/\d(?:\.\d)? [1-5]\d\d(?: .*)?|[A-Z]+ \S+ HTTP\/\d(?:\.\d)?)$/;

/** Longest line searched; start lines are far shorter. */
const MAX_LINE = 4096;

const classify = (line: string): ClearLine | null => {
  if (SIP_LINE.test(line)) return { protocol: 'sip', line };
  return HTTP_LINE.test(line) ? { protocol: 'http', line } : null;
};

const found = (lines: readonly string[]): readonly ClearLine[] =>
  lines.map(classify).filter((line) => line !== null);

const SLASH = 0x2f;
const lower = (byte: number): number => byte | 0x20;
const [S, I, P, T] = Array.from('sipt', (letter) => letter.charCodeAt(0));

/** The bytes that occur in SIP/ and TTP/, in either case. */
const isMark = new Uint8Array(256);
for (const mark of 'SsIiPpTt/') isMark[mark.charCodeAt(0)] = 1;

const isNameAt = (bytes: Uint8Array, at: number): boolean => {
  if (bytes[at + 3] !== SLASH || lower(bytes[at + 2] ?? 0) !== P) return false;
  const [first, second] = [lower(bytes[at] ?? 0), lower(bytes[at + 1] ?? 0)];
  return (first === S && second === I) || (first === T && second === T);
};

/** Whether a stretch of bytes names SIP or HTTP as start lines do; looks at every fourth byte only. */
export const namesProtocol = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from + 3; at < to; at += 4) {
    if (isMark[bytes[at] ?? 0] !== 1) continue;
    for (let start = at - 3; start <= at && start + 4 <= to; start += 1)
      if (isNameAt(bytes, start)) return true;
  }
  return false;
};

/** SIP and HTTP start lines anywhere in a datagram. */
export const clearLinesOf = (bytes: Uint8Array): readonly ClearLine[] =>
  namesProtocol(bytes, 0, bytes.length) ? found(latin1(bytes).split(/\r\n|\r|\n/)) : [];

/** Finds start lines in a stream, wherever it is cut. */
export const createClearDetector = (): {
  push(bytes: Uint8Array): readonly ClearLine[];
  end(): readonly ClearLine[];
} => {
  let carry = '';
  return {
    push: (bytes) => {
      const lines = (carry + latin1(bytes)).split(/\r\n|\r|\n/);
      carry = lines.pop() ?? '';
      const result = found(lines);
      // The start of a line that is too long to be a start line is kept, so that its rest is not taken for a line.
      if (carry.length > MAX_LINE) carry = carry.slice(0, MAX_LINE);
      return result;
    },
    end: () => {
      const last = carry;
      carry = '';
      return found([last]);
    },
  };
};
