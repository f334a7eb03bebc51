import { type Agent, ACCEPT, ALLOW, type Call, type CallOf, emit } from './agent.ts';
import { matchDialog } from './dialog.ts';
import type { Essentials } from '../message/essentials.ts';
import { acknowledgeInvite } from './invite-client-transactions.ts';
import type { HeaderPairs, SipRequest } from '../message/message.ts';
import { receiveReInvite } from './re-invite.ts';
import { answer, answerInvite, refuseRequest } from './server-transactions.ts';
import { endCall, endSession } from './session-end.ts';
import { TRANSACTION_TIMEOUT } from '../timers.ts';

type DialogCall = Exclude<Call, { readonly kind: 'calling' }>;

/** Answers or acknowledges what is under way in a dialog that ends. */
const settleInvites = (agent: Agent, call: DialogCall): void => {
  const { kind, invite } =
    call.kind === 'established' ? (call.change ?? { kind: 'none', invite: undefined }) : call;
  // RFC 3261 section 15.1.2: an INVITE that awaits its answer gets 487.
  if (invite !== undefined && 'localTag' in invite && (kind === 'incoming' || kind === 'invited'))
    answerInvite(agent, invite, 487);
  // RFC 3261 section 13.2.2.4: a 2xx is acknowledged, whatever becomes of its dialog.
  if (invite !== undefined && 'sent' in invite && kind === 'answered')
    acknowledgeInvite(agent, invite, call.dialog, []);
};

/** RFC 3261 section 15.1.2. */
const receiveBye = (
  agent: Agent,
  call: DialogCall,
  request: SipRequest,
  received: Essentials,
): void => {
  answer(agent, request, received, 200);
  settleInvites(agent, call);
  endSession(agent);
  emit(agent, { kind: 'bye', callId: call.callId, message: request });
};

/** A request that carries a To tag, ACK and CANCEL excepted (RFC 3261 section 12.2.2). */
export const receiveInDialog = (agent: Agent, request: SipRequest, received: Essentials): void => {
  const refusal = (status: number, code: string, headers: HeaderPairs = []): void =>
    refuseRequest(agent, request, received, status, code, headers);
  const call = agent.call?.kind === 'calling' ? undefined : agent.call;
  const match = call === undefined ? 'other-dialog' : matchDialog(call.dialog, received);
  if (call === undefined || match === 'other-dialog') return refusal(481, 'sip/dialog');
  if (match === 'other-identity') return refusal(403, 'sip/identity');
  const { sequence } = received.cseq;
  const last = call.dialog.remoteSequence;
  // Section 12.2.2 refuses lower ones; the same one again in another transaction is a repetition (interpretation I-9).
  if (last !== undefined && sequence <= last) return refusal(500, 'sip/cseq');
  call.dialog = { ...call.dialog, remoteSequence: sequence };
  if (request.method === 'BYE') return receiveBye(agent, call, request, received);
  if (request.method === 'INVITE') return receiveReInvite(agent, call, request, received);
  if (request.method === 'OPTIONS') return answer(agent, request, received, 200, [ALLOW, ACCEPT]);
  // Interpretation I-9: an UPDATE with a body would change the session outside an exchange.
  if (request.method === 'UPDATE' && request.body.length > 0) return refusal(488, 'sip/re-invite');
  return refusal(405, 'sip/method', [ALLOW]);
};

/** Hangs up an established call (RFC 3261 section 15). */
export const hangUpEstablished = (agent: Agent, call: CallOf<'established'>): void => {
  // Section 15: no BYE while a 200 of ours awaits its ACK.
  if (call.change?.kind === 'accepted') {
    call.change.hangUp = true;
    return;
  }
  settleInvites(agent, call);
  endCall(agent, call.callId, 'local', call.dialog);
};

/**
 * An established call outlives its connection for 64*T1: the phone may register anew from another network. A re-INVITE of
 * the peer that awaits its answer does not.
 */
export const awaitReconnection = (agent: Agent, call: CallOf<'established'>): void => {
  if (call.change?.kind === 'invited') {
    call.change = undefined;
    emit(agent, { kind: 're-invite-cancelled', callId: call.callId });
  }
  agent.timers.set('connection-grace', agent.now + TRANSACTION_TIMEOUT, () =>
    endCall(agent, call.callId, 'connection-lost', call.dialog),
  );
};
