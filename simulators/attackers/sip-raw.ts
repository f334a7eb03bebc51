import { latin1, utf8 } from '../../reference/core/bytes.ts';
import {
  header,
  headersNamed,
  listValues,
  type SipMessage,
  type SipResponse,
} from '../../reference/core/sip/message/message.ts';
import { writeSdp } from './call-sdp.ts';
import { contactOf, freshVia, sipToken } from './sip-dialog.ts';
import type { SipLink } from './sip-link.ts';

/** A request as lines of text, so that anything in it can be wrong. */
export interface RawRequest {
  readonly method: string;
  readonly uri: string;
  /** Content-Length is added behind them unless it is among them. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** What stands in a right request; the rest follows from the link. */
export interface RawChoice {
  readonly method: string;
  readonly domain: string;
  /** User of From and Contact. */
  readonly from: string;
  /** User of To and of the Request-URI, which is the domain alone in a REGISTER and where this is null. */
  readonly to: string | null;
  /** Lines added behind the others. */
  readonly extra?: RawRequest['lines'];
  readonly body?: string;
}

/** A request that has nothing wrong, on a link. */
export const rawRequest = (link: SipLink, choice: RawChoice): RawRequest => {
  const { method, domain, from, to, extra = [], body = '' } = choice;
  const address = to === null ? `sip:${domain}` : `sip:${to}@${domain}`;
  return {
    method,
    uri: method === 'REGISTER' ? `sip:${domain}` : address,
    lines: [
      ['Via', freshVia(link)],
      ['Max-Forwards', '70'],
      ['From', `<sip:${from}@${domain}>;tag=${sipToken()}`],
      ['To', `<${address}>`],
      ['Call-ID', sipToken()],
      ['CSeq', `1 ${method}`],
      ['Contact', contactOf(link, from)],
      ...extra,
    ],
    body,
  };
};

/** An INVITE that offers audio as it should be offered, without any X-CSL header: a proxy passes it on, a phone refuses it. */
export const rawInvite = (link: SipLink, choice: Omit<RawChoice, 'method' | 'body'>): RawRequest =>
  rawRequest(link, {
    ...choice,
    method: 'INVITE',
    extra: [...(choice.extra ?? []), ['Content-Type', 'application/sdp']],
    body: latin1(writeSdp(link.local.host, 40_000, 1)),
  });

/** The request with the value of a header changed. */
export const changed = (request: RawRequest, name: string, value: string): RawRequest => ({
  ...request,
  lines: request.lines.map((line) => (line[0] === name ? ([name, value] as const) : line)),
});

/** The request with a line before all others. */
export const preceded = (request: RawRequest, name: string, value: string): RawRequest => ({
  ...request,
  lines: [[name, value], ...request.lines],
});

/** The value of a header, empty if there is none. */
export const lineOf = ({ lines }: RawRequest, name: string): string =>
  lines.find(([found]) => found === name)?.[1] ?? '';

/** The request's text; Content-Length is that of the body. */
export const textOf = ({ method, uri, lines, body }: RawRequest): string => {
  const length = lines.some(([name]) => name === 'Content-Length')
    ? []
    : [['Content-Length', String(utf8(body).length)] as const];
  const headers = [...lines, ...length].map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${uri} SIP/2.0`, ...headers, '', body].join('\r\n');
};

/** A final response; plain data. */
export interface RawAnswer {
  readonly kind: 'answered';
  readonly status: number;
  /** Whether it asks for a password (RFC 3261 section 22). */
  readonly challenge: boolean;
  /** Values of Contact. */
  readonly contacts: number;
  /** Whether the connection went on: a request sent behind was answered too. */
  readonly open: boolean;
}

/** What came of a request; plain data. */
export type RawReply =
  | RawAnswer
  /** A request sent behind it was answered, it was not. */
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'deadline' };

/** Milliseconds that an answer may still take once one to a later request has come. */
const grace = 30;

const answerOf = (response: SipResponse): RawAnswer => ({
  kind: 'answered',
  status: response.status,
  challenge: ['WWW-Authenticate', 'Proxy-Authenticate'].some(
    (name) => headersNamed(response, name).length > 0,
  ),
  contacts: listValues(response, 'Contact').length,
  open: false,
});

/**
 * Sends bytes and waits for the final response to this Call-ID, or to none that can be read. An OPTIONS to the server goes
 * behind it: once that is answered, and no provisional response has come, nothing more will. Settles within `deadlineMs` milliseconds.
 */
export const askRaw = async (
  link: SipLink,
  bytes: Uint8Array,
  about: { readonly callId: string; readonly number: string; readonly domain: string },
  deadlineMs: number,
): Promise<RawReply> => {
  const { callId, number, domain } = about;
  const ping = rawRequest(link, { method: 'OPTIONS', domain, from: number, to: null });
  const pingId = lineOf(ping, 'Call-ID');
  link.sendBytes(bytes);
  link.sendBytes(utf8(textOf(ping)));
  const ours = (message: SipMessage): SipResponse | null =>
    message.kind === 'response' && [callId, pingId, ''].includes(header(message, 'Call-ID') ?? '')
      ? message
      : null;
  const end = performance.now() + deadlineMs;
  let answer: RawAnswer | null = null;
  let provisional = false;
  let open = false;
  while (answer === null || !open) {
    const left = open && !provisional ? grace : Math.max(end - performance.now(), 0);
    const response = await link.next(ours, left);
    if (response === 'deadline' && answer === null)
      return { kind: open && !provisional ? 'unanswered' : 'deadline' };
    if (response === 'closed' && answer === null) return { kind: 'closed' };
    if (typeof response === 'string') break;
    if (header(response, 'Call-ID') === pingId) open = true;
    else if (response.status < 200) provisional = true;
    else answer ??= answerOf(response);
  }
  return answer === null ? { kind: 'closed' } : { ...answer, open };
};

/** The Call-ID in the bytes of a request, however wrong the rest; empty if none can be found. */
export const callIdIn = (bytes: Uint8Array): string =>
  /^(?:Call-ID|i)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$/im.exec(latin1(bytes))?.[1] ?? '';
