import { type Fault, fault, ok, type Result } from '../result.ts';
import { type CSeq, parseCSeq } from './cseq.ts';
import { headerValues, listValues, type SipMessage, soleHeader } from './message.ts';
import { type NameAddress, parseNameAddress, tagOf } from './name-address.ts';
import { branchOf, parseVia, type Via } from './via.ts';

/** The headers that every message must carry once and readable (RFC 3261 section 8.1.1). */
export interface Essentials {
  readonly via: Via;
  readonly branch: string;
  readonly from: NameAddress;
  readonly fromTag: string;
  readonly to: NameAddress;
  readonly toTag: string | undefined;
  readonly callId: string;
  readonly cseq: CSeq;
}

export type EssentialsFaultCode =
  | 'sip/via'
  | 'sip/from'
  | 'sip/to'
  | 'sip/call-id'
  | 'sip/cseq'
  | 'sip/max-forwards';

const address = (message: SipMessage, name: 'From' | 'To'): NameAddress | undefined => {
  const value = soleHeader(message, name);
  const parsed = value === undefined ? undefined : parseNameAddress(value);
  return parsed?.ok === true ? parsed.value : undefined;
};

/** Reads them; the code names the header at fault. Offsets are not known here (-1). */
export const readEssentials = (
  message: SipMessage,
): Result<Essentials, Fault<EssentialsFaultCode>> => {
  const top = listValues(message, 'Via')[0];
  const via = top === undefined ? undefined : parseVia(top);
  const branch = via?.ok === true ? branchOf(via.value) : undefined;
  if (via?.ok !== true || branch === undefined) return fault('sip/via');
  const from = address(message, 'From');
  const fromTag = from && tagOf(from);
  if (from === undefined || fromTag === undefined) return fault('sip/from');
  const to = address(message, 'To');
  if (to === undefined) return fault('sip/to');
  const callId = soleHeader(message, 'Call-ID');
  if (callId === undefined || !/^[\x21-\x7e]+$/.test(callId)) return fault('sip/call-id');
  const cseq = parseCSeq(soleHeader(message, 'CSeq') ?? '');
  if (!cseq.ok) return fault('sip/cseq');
  if (message.kind === 'request' && cseq.value.method !== message.method) return fault('sip/cseq');
  const forwards = headerValues(message, 'Max-Forwards');
  if (forwards.length > 1 || forwards.some((text) => !/^\d{1,3}$/.test(text)))
    return fault('sip/max-forwards');
  return ok({
    via: via.value,
    branch,
    from,
    fromTag,
    to,
    toTag: tagOf(to),
    callId,
    cseq: cseq.value,
  });
};
