import { equal } from '../../bytes.ts';
import {
  header,
  type SipRequest,
  type SipResponse,
  withBody,
  withoutHeader,
} from '../message/message.ts';
import { RETRY_AFTER } from './checks.ts';
import {
  type ClientTransaction,
  type Incoming,
  logRefusal,
  type Proxy,
  type Refusal,
} from './state.ts';

const NOTHING: Uint8Array = new Uint8Array();

const withoutBody = <Message extends SipRequest | SipResponse>(message: Message): Message =>
  withBody(withoutHeader(message, 'Content-Type'), NOTHING);

/** Whether a body can describe a session: SDP, or what may hold it. */
const describesSession = (request: SipRequest): boolean =>
  request.body.length > 0 && !/^(?:text\/|message\/)/i.test(header(request, 'Content-Type') ?? '');

/** Codes of the hook that are no fault of the offer: the relay has no room for the call, or failed. */
const SERVER_FAULTS: ReadonlySet<string> = new Set(['no-relay-port', 'relay-failed']);

const unrelayed = (code: string): Refusal =>
  SERVER_FAULTS.has(code)
    ? { status: 503, code, text: 'Media not relayed: no room', headers: [RETRY_AFTER] }
    : { status: 488, code, text: 'Media not relayed' };

/**
 * The request with a body that keeps media on the relay, or why there is none. Only the offer of an INVITE and the answer in
 * its response are rewritten, so no other message may carry a session description: an INVITE without offer, whose 2xx would
 * offer and whose ACK would answer past the relay (RFC 3261 section 13.2.1), is refused; a body on an ACK is removed, since an
 * ACK cannot be refused; and so is an UPDATE or PRACK with an offer.
 */
export const relayedRequest = (
  proxy: Proxy,
  { request, received, connection }: Incoming,
  context: Pick<ClientTransaction, 'fromNumber' | 'toNumber' | 'fromAddress' | 'toAddress'>,
): SipRequest | Refusal => {
  const { rewriteBody } = proxy.config;
  if (rewriteBody === undefined) return request;
  const { callId } = received;
  const refusal = (code: string, text: string): Refusal => ({ status: 488, code, text });
  if (request.method === 'INVITE') {
    if (request.body.length === 0)
      return refusal('sip/no-offer', 'Media not relayed: INVITE without offer');
    const result = rewriteBody({ ...context, callId, direction: 'offer', message: request });
    if (!result.ok) return unrelayed(result.error.code);
    return result.value === undefined ? request : withBody(request, result.value);
  }
  if (!describesSession(request)) return request;
  if (request.method !== 'ACK')
    return refusal('sip/offer', 'Media not relayed: offers only in INVITE');
  logRefusal(proxy, 'sip/late-answer', 'body of an ACK removed', { connection, callId });
  return withoutBody(request);
};

/** The response with a body that keeps media on the relay; undefined when the hook refuses it. */
export const relayedResponse = (
  proxy: Proxy,
  client: ClientTransaction,
  response: SipResponse,
): SipResponse | undefined => {
  const { rewriteBody } = proxy.config;
  if (rewriteBody === undefined || response.body.length === 0) return response;
  if (client.rewritten === undefined || !equal(client.rewritten.from, response.body)) {
    // The relay has freed what it kept for the call, and would begin another one that nothing ever ends.
    if (client.call?.state === 'ended') return undefined;
    const { fromNumber, toNumber, fromAddress, toAddress, connection } = client;
    const { callId } = client.sent;
    const context = { callId, fromNumber, toNumber, fromAddress, toAddress, message: response };
    const result = rewriteBody({ ...context, direction: 'answer' });
    if (!result.ok)
      logRefusal(proxy, result.error.code, `body of ${response.status} refused`, {
        connection,
        callId,
      });
    const to = result.ok ? (result.value ?? response.body) : undefined;
    client.rewritten = { from: response.body, to };
  }
  const { to } = client.rewritten;
  if (to === undefined) return undefined;
  return to === response.body || equal(to, response.body) ? response : withBody(response, to);
};

/** The response with nothing but its headers: media of a provisional response is ignored anyway (interpretation I-2). */
export const bareResponse = (response: SipResponse): SipResponse => withoutBody(response);
