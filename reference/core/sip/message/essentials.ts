import { type Fault, fault, ok, type Result } from '../../result.ts';
import { type CSeq, parseCSeq } from './cseq.ts';
import {
  headerValues,
  listValues,
  type SipMessage,
  type SipRequest,
  soleHeader,
} from './message.ts';
import { type NameAddress, parseNameAddress, tagOf } from './name-address.ts';
import { parseSipUri } from './uri.ts';
import { branchOf, parseVia, type Via } from './via.ts';

/** The headers that every message must carry once and readable (RFC 3261 section 8.1.1). */
export interface Essentials {
  readonly via: Via;
  /** The branch of the topmost Via; what stands for it when a request comes from an element of RFC 2543. */
  readonly branch: string;
  readonly from: NameAddress;
  readonly fromTag: string;
  readonly to: NameAddress;
  readonly toTag: string | undefined;
  readonly callId: string;
  readonly cseq: CSeq;
  /** 0 to 255. */
  readonly maxForwards: number | undefined;
}

export type EssentialsFaultCode =
  | 'sip/via'
  | 'sip/from'
  | 'sip/to'
  | 'sip/call-id'
  | 'sip/cseq'
  | 'sip/max-forwards';

export type RequestFaultCode =
  | EssentialsFaultCode
  | 'sip/version'
  | 'sip/uri-scheme'
  | 'sip/request-uri';

/** From or To: of any scheme, but a SIP URI must be one, and has no headers (RFC 3261 section 19.1.1, table 1). */
const address = (message: SipMessage, name: 'From' | 'To'): NameAddress | undefined => {
  const value = soleHeader(message, name);
  const parsed = value === undefined ? undefined : parseNameAddress(value);
  if (parsed?.ok !== true) return undefined;
  const uri = parseSipUri(parsed.value.uri);
  const usable = uri.ok ? uri.value.headers === undefined : uri.error.code === 'sip/uri-scheme';
  return usable ? parsed.value : undefined;
};

/** RFC 3261 section 20.22. */
const readMaxForwards = (
  message: SipMessage,
): Result<number | undefined, Fault<'sip/max-forwards'>> => {
  const [text, another] = headerValues(message, 'Max-Forwards');
  if (text === undefined) return ok(undefined);
  const wrong = another !== undefined || !/^\d+$/.test(text) || Number(text) > 255;
  return wrong ? fault('sip/max-forwards') : ok(Number(text));
};

/**
 * RFC 3261 section 17.2.3: what tells requests apart whose topmost Via has no branch of RFC 3261 (none, without the cookie, or
 * nothing behind it). Without the To tag, which the ACK of a refusal has and its INVITE had not.
 */
const legacyBranch = (
  request: SipRequest,
  via: string,
  fields: Pick<Essentials, 'fromTag' | 'callId' | 'cseq'>,
): string => [request.uri, fields.fromTag, fields.callId, fields.cseq.sequence, via].join(' ');

/** Reads them; the code names the header at fault. Offsets are not known here (-1). */
export const readEssentials = (
  message: SipMessage,
): Result<Essentials, Fault<EssentialsFaultCode>> => {
  const top = listValues(message, 'Via')[0] ?? '';
  const via = parseVia(top);
  if (!via.ok) return fault('sip/via');
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
  const maxForwards = readMaxForwards(message);
  if (!maxForwards.ok) return maxForwards;
  const named = { fromTag, callId, cseq: cseq.value };
  const branch =
    branchOf(via.value) ??
    (message.kind === 'request' ? legacyBranch(message, top, named) : undefined);
  // Every request of ours has a branch of RFC 3261, and its response brings it back.
  if (branch === undefined) return fault('sip/via');
  return ok({
    ...named,
    via: via.value,
    branch,
    from,
    to,
    toTag: tagOf(to),
    maxForwards: maxForwards.value,
  });
};

/**
 * Checks of a request that come before anything is done with it (RFC 3261 sections 16.3 and 8.2): the version, the Request-URI,
 * then the headers that every message carries. `refusalStatus` turns the code into a status.
 */
export const readRequest = (request: SipRequest): Result<Essentials, Fault<RequestFaultCode>> => {
  if (request.version.toUpperCase() !== 'SIP/2.0') return fault('sip/version', 0);
  const uri = parseSipUri(request.uri);
  if (!uri.ok)
    return fault(uri.error.code === 'sip/uri-scheme' ? 'sip/uri-scheme' : 'sip/request-uri', 0);
  // Section 19.1.1, table 1: a Request-URI has no headers.
  if (uri.value.headers !== undefined) return fault('sip/request-uri', 0);
  const received = readEssentials(request);
  if (!received.ok) return received;
  // Section 10.2: an address-of-record is a SIP or SIPS URI.
  const misplaced = request.method === 'REGISTER' && !/^sips?:/i.test(received.value.to.uri);
  return misplaced ? fault('sip/to') : received;
};
