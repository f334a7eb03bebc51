import { answersRequest } from '../user-agent/dialog.ts';
import { type Essentials, readEssentials } from '../message/essentials.ts';
import {
  listValues,
  replaceFirstValue,
  type SipResponse,
  serialize,
  withHeader,
} from '../message/message.ts';
import { bareResponse, relayedResponse } from './bodies.ts';
import { abandonCall, confirmCall, endCall, noteDialog, noteParty } from './calls.ts';
import { acknowledgeFor, reasonOf, receiveFarewellResponse } from './farewells.ts';
import {
  answer,
  type ClientTransaction,
  closeServer,
  logRefusal,
  type Proxy,
  type Refusal,
  send,
  sendResponse,
  warning,
} from './state.ts';
import type { CallEndReason, ConnectionId } from './registrar-proxy-contract.ts';
import { acknowledgeFailure, cancelRequest } from '../message/requests.ts';
import { TRANSACTION_TIMEOUT } from '../timers.ts';

/** Timer C must be longer than three minutes (RFC 3261 section 16.6, step 11). */
export const TIMER_C = 181_000;

/** One timer a client transaction: B, C or F, whichever its state has, or M of RFC 6026 after a 2xx. */
const timerOf = (client: ClientTransaction): string => `client ${client.key}`;

const forget = (proxy: Proxy, client: ClientTransaction): void => {
  proxy.clients.delete(client.key);
  proxy.timers.clear(timerOf(client));
};

const TIMED_OUT: Refusal = { status: 408, code: 'sip/timeout', text: 'The phone does not answer' };
const CANCELLED: Refusal = {
  status: 487,
  code: 'sip/cancel-timeout',
  text: 'The phone does not answer CANCEL',
};

/** Gives a request up: its sender is told why, and the call never was. */
export const failClient = (
  proxy: Proxy,
  client: ClientTransaction,
  { status, code, text }: Refusal,
  reason: CallEndReason = 'failed',
): void => {
  forget(proxy, client);
  const { server, sent } = client;
  if (server.final === undefined) {
    const about = { connection: server.connection, callId: sent.callId };
    logRefusal(proxy, code, `${client.method} given up with ${status}: ${text}`, about);
    // RFC 4320 section 4.2: whoever sent anything but INVITE has timed out itself by now.
    if (status === 408 && client.method !== 'INVITE') closeServer(proxy, server);
    else answer(proxy, server, status, [warning(proxy, text)]);
  }
  endUnanswered(proxy, client, reason);
};

const endUnanswered = (proxy: Proxy, client: ClientTransaction, reason: CallEndReason): void => {
  // A refused re-INVITE leaves the call as it was (RFC 3261 section 14.1).
  if (client.call?.state === 'early') endCall(proxy, client.call, reason);
};

/** Timers B and F (RFC 3261 sections 17.1.1.2 and 17.1.2.2). */
export const startClientTimer = (proxy: Proxy, client: ClientTransaction): void =>
  proxy.timers.set(timerOf(client), proxy.now + TRANSACTION_TIMEOUT, () =>
    failClient(proxy, client, TIMED_OUT),
  );

/** Sends CANCEL on, once, and only after a provisional response (RFC 3261 sections 9.1 and 16.10), with the Reason of whoever wanted it (RFC 3326). */
export const cancelClient = (proxy: Proxy, client: ClientTransaction, reason: string): void => {
  client.cancelReason ??= reason;
  const { request, cancelReason } = client;
  if (!client.proceeding || client.cancelSent || client.final !== undefined) return;
  if (request === undefined) return;
  client.cancelSent = true;
  const cancel = cancelRequest(request);
  send(
    proxy,
    client.connection,
    cancelReason === '' ? cancel : withHeader(cancel, 'Reason', cancelReason),
  );
  // Section 9.1: without answer the INVITE counts as cancelled after 64*T1.
  proxy.timers.set(timerOf(client), proxy.now + TRANSACTION_TIMEOUT, () =>
    failClient(proxy, client, CANCELLED),
  );
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
  // RFC 4320 section 4.1: nothing but 100 may be said before the final response to anything but INVITE.
  if (client.final !== undefined || client.method !== 'INVITE') return;
  client.proceeding = true;
  if (!client.cancelSent) {
    // Section 16.7, step 2: 101 to 199 set timer C anew. Section 16.8: a request that rings for ever is cancelled.
    const end = response.status === 100 ? client.patience : proxy.now + TIMER_C;
    proxy.timers.set(timerOf(client), end, () =>
      cancelClient(proxy, client, reasonOf(408, 'Rang too long')),
    );
  }
  if (client.cancelReason !== undefined) cancelClient(proxy, client, client.cancelReason);
  // Section 16.7, step 5: 100 goes no further.
  if (response.status === 100) return;
  passUpstream(proxy, client, relayedResponse(proxy, client, response) ?? bareResponse(response));
};

/** The answer cannot be relayed: the callee is acknowledged and told to end, the caller gets 500. */
const refuseSuccess = (proxy: Proxy, client: ClientTransaction, isLate: boolean): void => {
  const { call, server, sent } = client;
  if (server.final === undefined)
    answer(proxy, server, 500, [warning(proxy, 'Media not relayed: the answer is refused')]);
  if (call === undefined) return;
  const to = call.callee.number === client.toNumber ? call.callee : call.caller;
  acknowledgeFor(proxy, call, to, sent.cseq.sequence);
  abandonCall(proxy, call, to, isLate);
};

const receiveInviteSuccess = (
  proxy: Proxy,
  client: ClientTransaction,
  response: SipResponse,
  received: Essentials,
): void => {
  // RFC 6026 section 7.2: kept for 64*T1 so that every repeated 2xx is passed on.
  if (client.final === undefined)
    proxy.timers.set(timerOf(client), proxy.now + TRANSACTION_TIMEOUT, () => forget(proxy, client));
  client.final = response.status;
  client.request = undefined;
  const { call } = client;
  // Answered when the call had ended at its caller: the phone that answers has to hear of it.
  const isLate = call?.state === 'ended' && call.callee.tag === undefined;
  if (call !== undefined) {
    noteDialog(call, response, received.toTag ?? '');
    const party = call.callee.number === client.toNumber ? call.callee : call.caller;
    noteParty(party, response, received, client.connection);
  }
  const relayed = isLate ? undefined : relayedResponse(proxy, client, response);
  if (relayed === undefined) return refuseSuccess(proxy, client, isLate);
  if (client.server.final !== undefined && client.server.final >= 300) return undefined;
  if (call !== undefined) confirmCall(proxy, call);
  return passUpstream(proxy, client, relayed);
};

const receiveInviteFailure = (
  proxy: Proxy,
  client: ClientTransaction,
  response: SipResponse,
): void => {
  // RFC 6026 section 7.2: after a 2xx nothing else counts.
  if (client.final !== undefined || client.request === undefined) return;
  // RFC 3261 section 17.1.1.3: acknowledged hop by hop; timer D is zero over TLS.
  send(proxy, client.connection, acknowledgeFailure(client.request, response));
  forget(proxy, client);
  client.final = response.status;
  if (client.server.final === undefined) {
    // Section 16.7, step 6: a phone's 503 is not the server's.
    if (response.status === 503)
      answer(proxy, client.server, 500, [warning(proxy, 'The phone answered 503')]);
    else passUpstream(proxy, client, response);
  }
  endUnanswered(proxy, client, 'failed');
};

const receiveOtherFinal = (
  proxy: Proxy,
  client: ClientTransaction,
  response: SipResponse,
): void => {
  forget(proxy, client);
  // RFC 4320 section 4.2: 408 to anything but INVITE comes too late to be of use.
  if (response.status === 408) return closeServer(proxy, client.server);
  return passUpstream(proxy, client, response);
};

/** A response: only from the connection to which its request went, and only to that request (RFC 3261 section 16.7). */
export const receiveResponse = (
  proxy: Proxy,
  connection: ConnectionId,
  response: SipResponse,
): void => {
  const { status } = response;
  const received = readEssentials(response);
  if (!received.ok)
    return logRefusal(proxy, received.error.code, `${status} with malformed headers`, {
      connection,
    });
  const { branch, cseq, toTag, callId } = received.value;
  const about = { connection, callId };
  const key = `${cseq.method} ${branch}`;
  const client = proxy.clients.get(key);
  if (client === undefined && cseq.method === 'CANCEL') return undefined;
  if (receiveFarewellResponse(proxy, connection, key, status)) return undefined;
  // Steps 1 and RFC 6026 section 7.2: a response that fits no transaction is dropped.
  if (client?.connection !== connection || !answersRequest(client.sent, received.value))
    return logRefusal(proxy, 'sip/response', `${status} that answers no request`, about);
  // Step 3: without another Via it would have been for us.
  if (listValues(response, 'Via').length < 2)
    return logRefusal(proxy, 'sip/via', `${status} without the sender's Via`, about);
  if (status < 200) return receiveProvisional(proxy, client, response);
  if (client.method !== 'INVITE') return receiveOtherFinal(proxy, client, response);
  if (toTag === undefined) return logRefusal(proxy, 'sip/to', `${status} without To tag`, about);
  return status < 300
    ? receiveInviteSuccess(proxy, client, response, received.value)
    : receiveInviteFailure(proxy, client, response);
};
