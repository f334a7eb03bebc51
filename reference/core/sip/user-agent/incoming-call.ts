import {
  type Agent,
  ALLOW,
  type CallOf,
  contactHeader,
  emit,
  refuse,
  withContentType,
} from './agent.ts';
import { dialogOfCallee, matchDialog } from './dialog.ts';
import type { Essentials } from '../message/essentials.ts';
import { headersNamed, type HeaderPairs, type SipRequest } from '../message/message.ts';
import {
  acceptInvite,
  answerInvite,
  openInvite,
  refuseRequest,
  stopRepeating,
} from './server-transactions.ts';
import { endCall } from './session-end.ts';

/** Milliseconds: below timer C of proxies, so that the phone itself says that nobody answered. */
const ANSWER_LIMIT = 180_000;

/** The same request by another path (RFC 3261 section 8.2.2.2). */
const isMerged = (agent: Agent, received: Essentials): boolean =>
  [...agent.incoming.values()].some(
    ({ received: other }) =>
      other.fromTag === received.fromTag &&
      other.callId === received.callId &&
      other.cseq.sequence === received.cseq.sequence,
  );

/** An INVITE without To tag (RFC 3261 section 13.3.1). */
export const receiveInitialInvite = (
  agent: Agent,
  request: SipRequest,
  received: Essentials,
): void => {
  const refusal = (status: number, code: string): void =>
    refuseRequest(agent, request, received, status, code);
  if (isMerged(agent, received)) return refusal(482, 'sip/merged');
  if (headersNamed(request, 'Replaces').length > 0) return refusal(403, 'sip/replaces');
  if (agent.call !== undefined) return refusal(486, 'sip/busy');
  const localTag = agent.config.random();
  const dialog = dialogOfCallee(request, received, localTag);
  if (!dialog.ok) return refusal(400, dialog.error.code);
  const invite = openInvite(agent, request, received, localTag);
  const { callId } = received;
  const call = { kind: 'incoming', callId, invite, dialog: dialog.value } as const;
  agent.call = call;
  agent.timers.set('no-answer', agent.now + (agent.config.answerLimit ?? ANSWER_LIMIT), () => {
    answerInvite(agent, invite, 480);
    endCall(agent, callId, 'no-answer');
  });
  return emit(agent, { kind: 'incoming-invite', callId, message: request });
};

/** Sends 180 (RFC 3261 section 13.3.1.1). */
export const ring = (agent: Agent, call: CallOf<'incoming'>): void => {
  answerInvite(agent, call.invite, 180, [contactHeader(agent)]);
};

/** Refuses (RFC 3261 section 13.3.1.3). */
export const reject = (
  agent: Agent,
  call: CallOf<'incoming'>,
  status: number,
  headers: HeaderPairs = [],
): void => {
  answerInvite(agent, call.invite, status, headers);
  endCall(agent, call.callId, 'rejected');
};

/** Sends 200 until the ACK; without one, BYE (RFC 3261 section 13.3.1.4). */
export const accept = (
  agent: Agent,
  call: CallOf<'incoming'>,
  headers: HeaderPairs,
  body: Uint8Array,
): void => {
  const accepted: CallOf<'accepted'> = { ...call, kind: 'accepted', hangUp: false };
  agent.call = accepted;
  agent.timers.clear('no-answer');
  const all = [contactHeader(agent), ALLOW, ...withContentType(headers, body)];
  acceptInvite(agent, call.invite, all, body, () =>
    endCall(agent, call.callId, 'ack-timeout', accepted.dialog),
  );
};

/** Whether an ACK is that of the 2xx to an INVITE; its From and To are the dialog's (interpretation I-3). */
export const isAcknowledgement = (
  agent: Agent,
  call: CallOf<'accepted' | 'established'>,
  invited: Essentials,
  received: Essentials,
): boolean => {
  const match = matchDialog(call.dialog, received);
  if (match === 'other-identity')
    refuse(agent, 'sip/identity', 'ACK with other From or To than the dialog', call.callId);
  return match === 'same' && received.cseq.sequence === invited.cseq.sequence;
};

/** The ACK of the 200: the first decides (interpretation I-9). */
export const receiveAcknowledgement = (
  agent: Agent,
  call: CallOf<'accepted'>,
  request: SipRequest,
  received: Essentials,
): void => {
  if (!isAcknowledgement(agent, call, call.invite.received, received)) return;
  stopRepeating(agent);
  const { callId, dialog } = call;
  agent.call = { kind: 'established', callId, ownsCallId: false, dialog, change: undefined };
  emit(agent, { kind: 'acknowledged', callId, message: request });
  if (call.hangUp) endCall(agent, callId, 'local', dialog);
};

/** The caller gave up (RFC 3261 section 9.2). */
export const receiveCancellation = (agent: Agent, call: CallOf<'incoming'>): void => {
  answerInvite(agent, call.invite, 487);
  agent.timers.clear('no-answer');
  agent.call = undefined;
  emit(agent, { kind: 'cancelled', callId: call.callId });
};
