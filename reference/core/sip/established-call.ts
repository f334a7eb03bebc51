import { type Agent, ALLOW, type Call, emit, freshVia, refuse, send, sendBytes } from './agent.ts';
import { sendRequest } from './client-transactions.ts';
import { type Dialog, dialogRequest, matchDialog } from './dialog.ts';
import type { Essentials } from './essentials.ts';
import { type HeaderPairs, serialize, type SipRequest } from './message.ts';
import { respond } from './responses.ts';
import { TRANSACTION_TIMEOUT } from './timers.ts';

/** Sends a BYE; the session is over when it is sent, whatever comes back (RFC 3261 section 15.1.1). */
export const sendBye = (agent: Agent, dialog: Dialog): void => {
  if (!agent.connected) return;
  const request = dialogRequest(dialog, 'BYE', dialog.localSequence + 1, freshVia(agent));
  sendRequest(agent, request, () => undefined);
};

const answer = (
  agent: Agent,
  request: SipRequest,
  status: number,
  headers: HeaderPairs = [],
): void => send(agent, respond(request, status, { toTag: agent.config.random(), headers }));

/** Answers a request other than INVITE with a status, and says why in the log. */
export const refuseRequest = (
  agent: Agent,
  request: SipRequest,
  status: number,
  code: string,
  headers: HeaderPairs = [],
): void => {
  refuse(agent, code, `${request.method} refused with ${status}`);
  if (request.method !== 'ACK') answer(agent, request, status, headers);
};

/** Refuses an INVITE; the transaction stays until its ACK or timer H (RFC 3261 section 17.2.1; timer G is for UDP). */
export const refuseInvite = (
  agent: Agent,
  request: SipRequest,
  received: Essentials,
  status: number,
  code: string,
  headers: HeaderPairs = [],
): void => {
  const localTag = agent.config.random();
  const response = serialize(respond(request, status, { toTag: localTag, headers }));
  const { branch } = received;
  agent.incoming.set(branch, { request, received, localTag, response, final: status });
  expireIncoming(agent, branch);
  refuse(agent, code, `INVITE refused with ${status}`);
  sendBytes(agent, response);
};

/** Forgets an INVITE transaction after 64*T1: timer H, or L of RFC 6026 after a 2xx. */
export const expireIncoming = (agent: Agent, branch: string): void =>
  agent.timers.set(`H ${branch}`, agent.now + TRANSACTION_TIMEOUT, () => {
    agent.incoming.delete(branch);
  });

const withDialog = (call: Call | undefined) =>
  call === undefined || call.kind === 'calling' ? undefined : call;

const receiveReInvite = (
  agent: Agent,
  call: Call,
  request: SipRequest,
  received: Essentials,
): void => {
  // Interpretation I-9, RFC 3261 section 14.2: none while an exchange is unfinished.
  if (call.kind !== 'established')
    return refuseInvite(agent, request, received, 491, 'sip/request-pending');
  // RFC 3261 section 14.2 lets a session be refused a change by 488, which leaves it as it was. Without X-CSL headers that
  // is the rule (I-9); with them this phone does not change keys yet.
  return refuseInvite(agent, request, received, 488, 'sip/re-invite');
};

const receiveBye = (agent: Agent, call: Call, request: SipRequest): void => {
  answer(agent, request, 200);
  if (call.kind === 'incoming') {
    // RFC 3261 section 15.1.2: the INVITE still pending is answered 487.
    call.invite.response = serialize(
      respond(call.invite.request, 487, { toTag: call.invite.localTag }),
    );
    call.invite.final = 487;
    expireIncoming(agent, call.invite.received.branch);
    sendBytes(agent, call.invite.response);
  }
  endSession(agent);
  emit(agent, { kind: 'bye', callId: call.callId, message: request });
};

/** Forgets the call and its timers. */
export const endSession = (agent: Agent): void => {
  agent.call = undefined;
  agent.timers.clear('200');
  agent.timers.clear('ack-timeout');
  agent.timers.clear('connection-grace');
};

/** A request that carries a To tag, ACK excepted (RFC 3261 section 12.2.2). */
export const receiveInDialog = (agent: Agent, request: SipRequest, received: Essentials): void => {
  const refusal = (status: number, code: string, headers: HeaderPairs = []): void =>
    request.method === 'INVITE'
      ? refuseInvite(agent, request, received, status, code, headers)
      : refuseRequest(agent, request, status, code, headers);
  const call = withDialog(agent.call);
  const match = call === undefined ? 'other-dialog' : matchDialog(call.dialog, received);
  if (call === undefined || match === 'other-dialog') return refusal(481, 'sip/dialog');
  if (match === 'other-identity') return refusal(403, 'sip/identity');
  const { sequence } = received.cseq;
  if (call.dialog.remoteSequence !== undefined && sequence < call.dialog.remoteSequence)
    return refusal(500, 'sip/cseq');
  if (call.kind === 'accepted' || call.kind === 'established')
    call.dialog = { ...call.dialog, remoteSequence: sequence };
  if (request.method === 'BYE') return receiveBye(agent, call, request);
  if (request.method === 'INVITE') return receiveReInvite(agent, call, request, received);
  if (request.method === 'OPTIONS') return answer(agent, request, 200, [ALLOW]);
  // Interpretation I-9: an UPDATE with a body would change the session outside an exchange.
  if (request.method === 'UPDATE' && request.body.length > 0) return refusal(488, 'sip/re-invite');
  return refusal(405, 'sip/method', [ALLOW]);
};

/** Hangs up an established call. */
export const hangUpEstablished = (agent: Agent, dialog: Dialog, callId: string): void => {
  endSession(agent);
  sendBye(agent, dialog);
  emit(agent, { kind: 'ended', callId, reason: 'local' });
};

/** An established call outlives its connection for 64*T1: the phone may register anew from another network. */
export const awaitReconnection = (agent: Agent, callId: string): void =>
  agent.timers.set('connection-grace', agent.now + TRANSACTION_TIMEOUT, () => {
    endSession(agent);
    emit(agent, { kind: 'ended', callId, reason: 'connection-lost' });
  });
