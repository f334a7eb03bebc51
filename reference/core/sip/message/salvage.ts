import { latin1 } from '../../bytes.ts';
import { parseHeaders, type SipHeader, strayLineEnd } from './header-lines.ts';
import { headersNamed, type SipRequest, type SipResponse } from './message.ts';
import { respond } from './responses.ts';

/** Bytes looked at; what an answer needs stands at the beginning of a message. */
const MAXIMUM_BYTES = 65_536;
const MAXIMUM_HEADERS = 256;

/** The headers that a response takes over (RFC 3261 section 8.2.6.2). */
const TAKEN_OVER = /^(?:via|v|from|f|to|t|call-id|i|cseq)[ \t]*:/i;

/** Whatever follows the method, a request's first line ends with a version. */
const START_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t][^\r\n]*[ \t](SIP\/\d+\.\d+)[ \t]*$/i;

const salvageHeaders = (lines: string): readonly SipHeader[] =>
  lines
    .split(/\r\n(?![ \t])/)
    .filter((line) => TAKEN_OVER.test(line) && strayLineEnd(line) === -1)
    .slice(0, MAXIMUM_HEADERS)
    .flatMap((line) => {
      const parsed = parseHeaders(line, 0, 1);
      return parsed.ok ? parsed.value : [];
    });

/**
 * Recovers from bytes that `parseMessage` refuses what a response needs: method, version, and Via, From, To, Call-ID and CSeq
 * as they were written, in order, unchecked. Nothing else of the request is kept, and its body is empty. Undefined when it is
 * no request, or no Via tells where an answer belongs. Total; looks at 64 KB at most. For answers, never for routing.
 */
export const salvageRequest = (bytes: Uint8Array): SipRequest | undefined => {
  const text = latin1(bytes.subarray(0, MAXIMUM_BYTES));
  const headEnd = text.indexOf('\r\n\r\n');
  const head = headEnd === -1 ? text : text.slice(0, headEnd);
  const lineEnd = head.indexOf('\r\n');
  if (lineEnd === -1) return undefined;
  const [, method, version] = START_LINE.exec(head.slice(0, lineEnd)) ?? [];
  if (method === undefined || version === undefined) return undefined;
  const headers = salvageHeaders(head.slice(lineEnd + 2));
  const request: SipRequest = {
    kind: 'request',
    method,
    uri: 'sip:unreadable.invalid',
    version,
    headers,
    body: new Uint8Array(),
  };
  return headersNamed(request, 'Via').length === 0 ? undefined : request;
};

/** The status that answers a request refused with a code of `parseMessage`, `readRequest` or `readEssentials`. */
const refusalStatus = (request: SipRequest, code: string): number => {
  // RFC 3261 section 21.5.6: the headers of another version may read differently, so that comes first.
  if (request.version.toUpperCase() !== 'SIP/2.0') return 505;
  if (code === 'sip/too-large') return 513;
  return code === 'sip/uri-scheme' ? 416 : 400;
};

/**
 * The answer to a request that was refused before it made a transaction (RFC 3261 sections 21.4.1, 21.4.14, 21.5.6, 21.5.7),
 * sent on the connection that it came by (section 18.2.2): 400, 416, 505 or 513. Undefined when none may go: for an ACK
 * (section 17.1.1.3), or without Via. `toTag` is a fresh tag.
 */
export const refuseUnread = (
  request: SipRequest,
  code: string,
  toTag: string,
): SipResponse | undefined => {
  const silent = request.method === 'ACK' || headersNamed(request, 'Via').length === 0;
  return silent ? undefined : respond(request, refusalStatus(request, code), { toTag });
};
