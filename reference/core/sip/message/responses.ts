import {
  headersNamed,
  type HeaderPairs,
  header,
  makeResponse,
  replaceHeader,
  type SipRequest,
  type SipResponse,
  withHeaders,
} from './message.ts';
import { parseNameAddress, tagOf } from './name-address.ts';

/** RFC 3261 section 21. */
const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  183: 'Session Progress',
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  423: 'Interval Too Brief',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  603: 'Decline',
};

export interface ResponseParts {
  /** Added to To when the request's has none; RFC 3261 section 8.2.6.2: in every response but 100. */
  readonly toTag?: string;
  readonly headers?: HeaderPairs;
  readonly body?: Uint8Array;
}

/**
 * Responds to a request with its Via, From, To, Call-ID and CSeq (RFC 3261 section 8.2.6.2), bytes kept. Of headers that must
 * stand alone the first goes back; a To that cannot be read gets no tag.
 */
export const respond = (
  request: SipRequest,
  status: number,
  { toTag, headers = [], body }: ResponseParts = {},
): SipResponse => {
  const copied = [
    ...headersNamed(request, 'Via'),
    ...['From', 'To', 'Call-ID', 'CSeq'].flatMap((name) => headersNamed(request, name).slice(0, 1)),
  ];
  const response = withHeaders(
    makeResponse(status, REASONS[status] ?? 'Refused', copied, body),
    headers,
  );
  const to = header(request, 'To') ?? '';
  const parsed = parseNameAddress(to);
  const untagged = parsed.ok && tagOf(parsed.value) === undefined;
  return toTag !== undefined && untagged
    ? replaceHeader(response, 'To', `${to};tag=${toTag}`)
    : response;
};
