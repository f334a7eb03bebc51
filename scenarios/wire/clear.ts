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

const mayHold = (bytes: Uint8Array): boolean => bytes.includes(0x2f);

/** SIP and HTTP start lines anywhere in a datagram. */
export const clearLinesOf = (bytes: Uint8Array): readonly ClearLine[] =>
  mayHold(bytes) ? found(latin1(bytes).split(/\r\n|\r|\n/)) : [];

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
