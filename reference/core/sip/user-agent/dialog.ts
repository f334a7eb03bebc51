import { fault, ok, type Fault, type Result } from '../../result.ts';
import type { Essentials } from '../message/essentials.ts';
import {
  type HeaderPairs,
  listValues,
  makeRequest,
  type SipRequest,
  type SipResponse,
} from '../message/message.ts';
import { parseNameAddress } from '../message/name-address.ts';
import { parameter } from '../message/parameters.ts';
import { parseSipUri } from '../message/uri.ts';

/** State of a dialog (RFC 3261 section 12). URIs as written. */
export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localUri: string;
  readonly remoteUri: string;
  /** Where requests go: the peer's Contact. */
  readonly target: string;
  /** Route values, the first to be visited first. */
  readonly routes: readonly string[];
  /** CSeq of the last request sent; 0 before the first. */
  readonly localSequence: number;
  /** CSeq of the last request received; undefined before the first. */
  readonly remoteSequence: number | undefined;
}

/** The URI of the one Contact of a message, when requests can go there: a SIP URI without headers (RFC 3261 section 12.1.1, table 1). */
export const contactOf = (message: SipRequest | SipResponse): string | undefined => {
  const [value, another] = listValues(message, 'Contact');
  const parsed = value === undefined || another !== undefined ? undefined : parseNameAddress(value);
  if (parsed?.ok !== true) return undefined;
  const uri = parseSipUri(parsed.value.uri);
  return uri.ok && uri.value.headers === undefined ? parsed.value.uri : undefined;
};

/** The caller's side, from its INVITE and a 2xx to it (RFC 3261 section 12.1.2). */
export const dialogOfCaller = (
  sent: Essentials,
  response: SipResponse,
  received: Essentials,
  target: string | undefined = contactOf(response),
): Result<Dialog, Fault<'sip/contact' | 'sip/to'>> => {
  if (target === undefined) return fault('sip/contact');
  if (received.toTag === undefined) return fault('sip/to');
  return ok({
    callId: sent.callId,
    localTag: sent.fromTag,
    remoteTag: received.toTag,
    localUri: sent.from.uri,
    remoteUri: sent.to.uri,
    target,
    routes: listValues(response, 'Record-Route').toReversed(),
    localSequence: sent.cseq.sequence,
    remoteSequence: undefined,
  });
};

/** The callee's side, from the INVITE received (RFC 3261 section 12.1.1). */
export const dialogOfCallee = (
  request: SipRequest,
  received: Essentials,
  localTag: string,
): Result<Dialog, Fault<'sip/contact'>> => {
  const target = contactOf(request);
  if (target === undefined) return fault('sip/contact');
  return ok({
    callId: received.callId,
    localTag,
    remoteTag: received.fromTag,
    localUri: received.to.uri,
    remoteUri: received.from.uri,
    target,
    routes: listValues(request, 'Record-Route'),
    localSequence: 0,
    remoteSequence: received.cseq.sequence,
  });
};

/**
 * The dialog with the target of a re-INVITE or of a 2xx to one (RFC 3261 sections 12.2.1.2 and 12.2.2): its Contact, the old
 * target when it has none. Route set, tags and URIs stay as they are, whatever Record-Route says. Undefined when the
 * Contact cannot be read.
 */
export const refreshTarget = (
  dialog: Dialog,
  message: SipRequest | SipResponse,
): Dialog | undefined => {
  if (listValues(message, 'Contact').length === 0) return dialog;
  const target = contactOf(message);
  return target === undefined ? undefined : { ...dialog, target };
};

/**
 * Whether a request belongs to a dialog (RFC 3261 section 12.2.2): other tags or Call-ID are another dialog; other From or To
 * URIs are refused (interpretation I-3), although RFC 3261 lets them change.
 */
export const matchDialog = (
  dialog: Dialog,
  received: Essentials,
): 'same' | 'other-dialog' | 'other-identity' => {
  const same =
    dialog.callId === received.callId &&
    dialog.localTag === received.toTag &&
    dialog.remoteTag === received.fromTag;
  if (!same) return 'other-dialog';
  return dialog.localUri === received.to.uri && dialog.remoteUri === received.from.uri
    ? 'same'
    : 'other-identity';
};

/** A request inside a dialog (RFC 3261 section 12.2.1.1); `via` is the whole value, branch included. */
export const dialogRequest = (
  dialog: Dialog,
  method: string,
  sequence: number,
  via: string,
  headers: HeaderPairs = [],
  body?: Uint8Array,
): SipRequest => {
  const first = dialog.routes[0];
  const firstUri = first === undefined ? undefined : parseNameAddress(first);
  const firstHop = firstUri?.ok === true ? parseSipUri(firstUri.value.uri) : undefined;
  // Without lr, the first hop is a strict router: it must find itself in the Request-URI, and the target behind the routes.
  const strict = firstHop?.ok === true && parameter(firstHop.value.parameters, 'lr') === undefined;
  const uri = strict && firstUri?.ok === true ? firstUri.value.uri : dialog.target;
  const routes = strict ? [...dialog.routes.slice(1), `<${dialog.target}>`] : dialog.routes;
  const all: HeaderPairs = [
    ['Via', via],
    ['Max-Forwards', '70'],
    ...routes.map((route) => ['Route', route] as const),
    ['From', `<${dialog.localUri}>;tag=${dialog.localTag}`],
    ['To', `<${dialog.remoteUri}>;tag=${dialog.remoteTag}`],
    ['Call-ID', dialog.callId],
    ['CSeq', `${sequence} ${method}`],
    ...headers,
  ];
  return makeRequest(method, uri, all, body);
};

/** Whether a response's Call-ID, From and To URI are those of the request sent; only the To tag may be new. */
export const answersRequest = (sent: Essentials, received: Essentials): boolean =>
  sent.callId === received.callId &&
  sent.fromTag === received.fromTag &&
  sent.from.uri === received.from.uri &&
  sent.to.uri === received.to.uri &&
  sent.cseq.sequence === received.cseq.sequence &&
  (sent.toTag === undefined || sent.toTag === received.toTag);
