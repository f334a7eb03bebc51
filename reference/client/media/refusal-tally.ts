import type { Fault } from '../../core/result.ts';

/** Datagrams that a call's media refused, for a log; never their contents. */
export interface MediaRefusal {
  /** `media/` and the reason. */
  readonly code: string;
  /** How many were refused for this reason so far. */
  readonly count: number;
  readonly detail: string;
}

/** Whether a count is 1, 10, 100 and so on. */
const isPowerOfTen = (count: number): boolean => Number.isInteger(Math.log10(count));

/** Counts refusals by their reason and tells the first, the tenth, the hundredth…: a flood writes a few lines. */
export const createRefusalTally = (
  tell: (refusal: MediaRefusal) => void,
): ((port: 'rtp' | 'rtcp' | 'send', error: Fault) => void) => {
  const counts = new Map<string, number>();
  return (port, { code, detail }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    if (!isPowerOfTen(count)) return;
    const found = detail === undefined ? '' : ` (${detail})`;
    tell({
      code: `media/${code}`,
      count,
      detail: `${port}: ${code}${found}, ${count} in this call`,
    });
  };
};
