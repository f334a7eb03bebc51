import { type Fault, fault, ok, type Result } from '../../result.ts';

/** RFC 3261 section 20.16. */
export interface CSeq {
  /** Below 2^31. */
  readonly sequence: number;
  readonly method: string;
}

export const parseCSeq = (text: string): Result<CSeq, Fault<'sip/cseq'>> => {
  const match = /^(\d+)[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)$/.exec(text);
  const sequence = Number(match?.[1]);
  if (match === null || sequence >= 2 ** 31) return fault('sip/cseq', 0);
  return ok({ sequence, method: match[2] ?? '' });
};
