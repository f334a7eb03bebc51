import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import {
  header,
  listValues,
  makeRequest,
  type HeaderPairs,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../reference/core/sip/message/message.ts';
import { responseTo, type SipLink } from './sip-link.ts';

/** One side's view of a dialog (RFC 3261 section 12). */
export interface Dialog {
  readonly callId: string;
  /** Value of From in requests sent. */
  readonly local: string;
  /** Value of To in requests sent. */
  readonly remote: string;
  /** Remote target URI. */
  readonly target: string;
  readonly routes: readonly string[];
}

/** A random value for tags, branches and Call-IDs. */
export const sipToken = (): string => randomBytes(10).toString('hex');

/** An address as it stands in a SIP URI. */
export const sipHost = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** A fresh Via for a request on a link. */
export const freshVia = (link: SipLink): string =>
  `SIP/2.0/TLS ${sipHost(link.local.host)}:${link.local.port};rport;branch=z9hG4bK${sipToken()}`;

/** The Contact of a number on a link. */
export const contactOf = (link: SipLink, number: string): string =>
  `<sip:${number}@${sipHost(link.local.host)}:${link.local.port};transport=tls>`;

/** The URI in a name-addr (RFC 3261 section 25.1), else the value itself. */
export const uriIn = (value: string | undefined): string | undefined =>
  /<([^>]+)>/.exec(value ?? '')?.[1] ?? value;

/** User part of the URI in a From or To, empty if there is none. */
export const userOf = (value: string | undefined): string =>
  /^sips?:([^@;>]*)@/i.exec(uriIn(value) ?? '')?.[1] ?? '';

/** The dialog that a 2xx to one's own INVITE makes. */
export const callerDialog = (invite: SipRequest, response: SipResponse): Dialog => ({
  callId: header(invite, 'Call-ID') ?? '',
  local: header(invite, 'From') ?? '',
  remote: header(response, 'To') ?? '',
  target: uriIn(header(response, 'Contact')) ?? invite.uri,
  routes: listValues(response, 'Record-Route').toReversed(),
});

/** The dialog that one's own 2xx to an INVITE makes. */
export const calleeDialog = (invite: SipRequest, response: SipResponse): Dialog => ({
  callId: header(invite, 'Call-ID') ?? '',
  local: header(response, 'To') ?? '',
  remote: header(invite, 'From') ?? '',
  target: uriIn(header(invite, 'Contact')) ?? uriIn(header(invite, 'From')) ?? '',
  routes: listValues(invite, 'Record-Route'),
});

/** A request inside a dialog. */
export const dialogRequest = (
  link: SipLink,
  dialog: Dialog,
  method: string,
  sequence: number,
  extra: HeaderPairs = [],
): SipRequest =>
  makeRequest(method, dialog.target, [
    ['Via', freshVia(link)],
    ['Max-Forwards', '70'],
    ...dialog.routes.map((route) => ['Route', route] as const),
    ['From', dialog.local],
    ['To', dialog.remote],
    ['Call-ID', dialog.callId],
    ['CSeq', `${sequence} ${method}`],
    ...extra,
  ]);

/** Whether a message belongs to a Call-ID. */
export const inCall = (message: SipMessage, callId: string): boolean =>
  header(message, 'Call-ID') === callId;

/** Selects a request of one of the methods in a call. */
export const requestIn =
  (callId: string, ...methods: readonly string[]) =>
  (message: SipMessage): SipRequest | null =>
    message.kind === 'request' && methods.includes(message.method) && inCall(message, callId)
      ? message
      : null;

/** Selects a response in a call to a method, at least of a status. */
export const responseIn =
  (callId: string, method: string, atLeast: number) =>
  (message: SipMessage): SipResponse | null =>
    message.kind === 'response' &&
    message.status >= atLeast &&
    inCall(message, callId) &&
    (header(message, 'CSeq') ?? '').endsWith(` ${method}`)
      ? message
      : null;

/** Milliseconds that a BYE's response is waited for. */
const byeResponseMs = 2_000;

/**
 * Waits `listenMs` milliseconds for the peer to end the call and answers its BYE; else ends it with a BYE of its own.
 * Whether the peer ended it; a BYE that crosses one's own does not count.
 */
export const watchForBye = async (
  link: SipLink,
  dialog: Dialog,
  sequence: number,
  listenMs: number,
): Promise<boolean> => {
  const fromPeer = requestIn(dialog.callId, 'BYE');
  const bye = await link.next(fromPeer, listenMs);
  if (typeof bye !== 'string') {
    link.send(responseTo(bye, 200, 'OK', sipToken()));
    return true;
  }
  link.send(dialogRequest(link, dialog, 'BYE', sequence));
  const response = responseIn(dialog.callId, 'BYE', 200);
  const crossing = await link.next<SipMessage>(
    (message) => fromPeer(message) ?? response(message),
    byeResponseMs,
  );
  if (typeof crossing !== 'string' && crossing.kind === 'request')
    link.send(responseTo(crossing, 200, 'OK', sipToken()));
  return false;
};
