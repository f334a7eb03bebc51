import { equal } from '../bytes.ts';
import { answersRequest } from './dialog.ts';
import { readEssentials } from './essentials.ts';
import { replaceFirstValue, type SipResponse, serialize, withBody } from './message.ts';
import { confirmCall, endCall } from './proxy-calls.ts';
import {
  answer,
  type ClientTransaction,
  logRefusal,
  type Proxy,
  send,
  sendResponse,
} from './proxy-state.ts';
import type { CallEndReason, ConnectionId } from './registrar-proxy-contract.ts';
import { acknowledgeFailure, cancelRequest } from './requests.ts';
import { TRANSACTION_TIMEOUT } from './timers.ts';

/** Timer C must be longer than three minutes (RFC 3261 section 16.6, step 11). */
const TIMER_C = 181_000;

/** One timer a client transaction: B, C or F, whichever its state has, or M of RFC 6026 after a 2xx. */
const timerOf = (client: ClientTransaction): string => `client ${client.key}`;

const forget = (proxy: Proxy, client: ClientTransaction): void => {
  proxy.clients.delete(client.key);
  proxy.timers.clear(timerOf(client));
};

/** Gives a request up: the sender gets a status, and the call never was. */
export const failClient = (
  proxy: Proxy,
  client: ClientTransaction,
  status: number | undefined,
  reason: CallEndReason = 'failed',
): void => {
  forget(proxy, client);
  if (client.server.final === undefined) {
    if (status === undefined) proxy.servers.delete(client.server.key);
    else answer(proxy, client.server, status);
  }
  endUnanswered(proxy, client, reason);
};

const endUnanswered = (proxy: Proxy, client: ClientTransaction, reason: CallEndReason): void => {
  // A refused re-INVITE leaves the call as it was (RFC 3261 section 14.1).
  if (client.call !== undefined && client.call.calleeTag === undefined)
    endCall(proxy, client.call, reason);
};

/** Timers B and F (RFC 3261 section 17.1). No 408 to anything but INVITE (RFC 4320 section 4.2). */
export const startClientTimer = (proxy: Proxy, client: ClientTransaction): void =>
  proxy.timers.set(timerOf(client), proxy.now + TRANSACTION_TIMEOUT, () =>
    failClient(proxy, client, client.request.method === 'INVITE' ? 408 : undefined),
  );

/** Sends CANCEL on, once, and only after a provisional response (RFC 3261 sections 9.1 and 16.10). */
export const cancelClient = (proxy: Proxy, client: ClientTransaction): void => {
  client.cancelRequested = true;
  if (!client.proceeding || client.cancelSent || client.final !== undefined) return;
  client.cancelSent = true;
  send(proxy, client.connection, cancelRequest(client.request));
  proxy.timers.set(timerOf(client), proxy.now + TRANSACTION_TIMEOUT, () =>
    failClient(proxy, client, 487),
  );
};

/** The body to send upstream; undefined when the hook refuses it. */
const rewriteAnswer = (
  proxy: Proxy,
  client: ClientTransaction,
  response: SipResponse,
): SipResponse | undefined => {
  const { rewriteBody } = proxy.config;
  if (rewriteBody === undefined || response.body.length === 0) return response;
  if (client.rewritten === undefined || !equal(client.rewritten.from, response.body)) {
    const { fromNumber, toNumber, fromAddress, toAddress } = client;
    const { callId } = client.sent;
    const context = { callId, fromNumber, toNumber, fromAddress, toAddress, message: response };
    const result = rewriteBody({ ...context, direction: 'answer' });
    if (!result.ok) logRefusal(proxy, result.error.code, `body of ${response.status} refused`);
    const to = result.ok ? (result.value ?? response.body) : undefined;
    client.rewritten = { from: response.body, to };
  }
  const { to } = client.rewritten;
  if (to === undefined) return undefined;
  return to === response.body || equal(to, response.body) ? response : withBody(response, to);
};

/** Sends a response back, our Via removed, the rest byte for byte (RFC 3261 section 16.7, steps 3 and 9). */
const passUpstream = (proxy: Proxy, client: ClientTransaction, response: SipResponse): void => {
  const popped = replaceFirstValue(response, 'Via', undefined);
  sendResponse(proxy, client.server, response.status, serialize(popped));
};

const receiveProvisional = (
  proxy: Proxy,
  client: ClientTransaction,
  response: SipResponse,
): void => {
  if (client.final !== undefined) return;
  const first = !client.proceeding;
  client.proceeding = true;
  if (client.request.method === 'INVITE' && !client.cancelSent)
    // Section 16.8: a request that rings for ever is cancelled.
    proxy.timers.set(timerOf(client), proxy.now + TIMER_C, () => cancelClient(proxy, client));
  if (first && client.cancelRequested) cancelClient(proxy, client);
  // Section 16.7, step 5: 100 goes no further.
  if (response.status === 100) return;
  const rewritten = rewriteAnswer(proxy, client, response);
  // Media of a provisional response is ignored anyway (interpretation I-2).
  passUpstream(proxy, client, rewritten ?? withBody(response, new Uint8Array()));
};

const receiveInviteSuccess = (
  proxy: Proxy,
  client: ClientTransaction,
  response: SipResponse,
  toTag: string,
): void => {
  // RFC 6026 section 7.2: kept for 64*T1 so that every repeated 2xx is passed on.
  if (client.final === undefined)
    proxy.timers.set(timerOf(client), proxy.now + TRANSACTION_TIMEOUT, () => forget(proxy, client));
  client.final = response.status;
  const rewritten = rewriteAnswer(proxy, client, response);
  if (rewritten === undefined) {
    if (client.server.final === undefined) answer(proxy, client.server, 500);
    return endUnanswered(proxy, client, 'failed');
  }
  if (client.server.final !== undefined && client.server.final >= 300) return undefined;
  if (client.call !== undefined) confirmCall(proxy, client.call, toTag);
  return passUpstream(proxy, client, rewritten);
};

const receiveInviteFailure = (
  proxy: Proxy,
  client: ClientTransaction,
  response: SipResponse,
): void => {
  // RFC 3261 section 17.1.1.3: acknowledged hop by hop.
  send(proxy, client.connection, acknowledgeFailure(client.request, response));
  if (client.final !== undefined) return;
  forget(proxy, client);
  client.final = response.status;
  if (client.server.final === undefined) {
    // Section 16.7, step 6: a phone's 503 is not the server's.
    if (response.status === 503) answer(proxy, client.server, 500);
    else passUpstream(proxy, client, response);
  }
  endUnanswered(proxy, client, 'failed');
};

/** A response: only from the connection to which its request went, and only to that request (RFC 3261 section 16.7). */
export const receiveResponse = (
  proxy: Proxy,
  connection: ConnectionId,
  response: SipResponse,
): void => {
  const received = readEssentials(response);
  if (!received.ok)
    return logRefusal(proxy, received.error.code, `${response.status} with malformed headers`);
  const { branch, cseq, toTag } = received.value;
  const client = proxy.clients.get(`${cseq.method} ${branch}`);
  if (client === undefined && cseq.method === 'CANCEL') return undefined;
  if (client?.connection !== connection || !answersRequest(client.sent, received.value))
    return logRefusal(proxy, 'sip/response', `${response.status} that answers no request`);
  if (response.status < 200) return receiveProvisional(proxy, client, response);
  if (client.request.method !== 'INVITE') {
    forget(proxy, client);
    return passUpstream(proxy, client, response);
  }
  if (toTag === undefined) return logRefusal(proxy, 'sip/to', `${response.status} without To tag`);
  return response.status < 300
    ? receiveInviteSuccess(proxy, client, response, toTag)
    : receiveInviteFailure(proxy, client, response);
};
