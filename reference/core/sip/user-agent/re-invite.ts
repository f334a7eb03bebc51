import {
  type Agent,
  ALLOW,
  type CallOf,
  type Change,
  contactHeader,
  emit,
  freshVia,
  type InviteUser,
  type OutgoingInvite,
  uniform,
  userAgentHeader,
  withContentType,
} from './agent.ts';
import { dialogRequest, refreshTarget } from './dialog.ts';
import type { Essentials } from '../message/essentials.ts';
import { isAcknowledgement } from './incoming-call.ts';
import { acknowledgeInvite, cancelInvite, sendInvite } from './invite-client-transactions.ts';
import type { HeaderPairs, SipRequest, SipResponse } from '../message/message.ts';
import {
  acceptInvite,
  answerInvite,
  openInvite,
  refuseRequest,
  stopRepeating,
} from './server-transactions.ts';
import { endCall } from './session-end.ts';

type Established = CallOf<'established'>;
type ChangeOf<Kind extends Change['kind']> = Extract<Change, { readonly kind: Kind }>;

const DUE = 're-invite-due';

/** RFC 3261 section 14.1: 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for the other, in units of 10 ms. */
const glareWait = (agent: Agent, ownsCallId: boolean): number =>
  10 * (ownsCallId ? 210 + Math.floor(uniform(agent) * 191) : Math.floor(uniform(agent) * 201));

/** Waits until it is time to try again; longer when a re-INVITE of the peer is under way by then. */
const waitForTurn = (agent: Agent, callId: string, ownsCallId: boolean): void =>
  agent.timers.set(DUE, agent.now + glareWait(agent, ownsCallId), () => {
    const { call } = agent;
    const free = call?.kind === 'established' && call.change === undefined;
    if (free) emit(agent, { kind: 're-invite-due', callId });
    else if (call !== undefined) waitForTurn(agent, callId, ownsCallId);
  });

const fail = (agent: Agent, callId: string, ownsCallId: boolean, status: number): void => {
  emit(agent, { kind: 're-invite-failed', callId, status });
  if (status === 491) waitForTurn(agent, callId, ownsCallId);
};

/** A re-INVITE asked for while another INVITE of the dialog is under way (RFC 3261 section 14.1). */
export const reInvitePending = (
  agent: Agent,
  call: CallOf<'answered' | 'accepted' | 'established'>,
): void =>
  fail(
    agent,
    call.callId,
    call.kind === 'established' ? call.ownsCallId : call.kind === 'answered',
    491,
  );

/** A final status other than 2xx (RFC 3261 section 14.1): the session is as it was, or the peer has none (12.2.1.2). */
const receiveFailure = (agent: Agent, call: Established, status: number): void => {
  if (agent.call !== call) return;
  call.change = undefined;
  if (status === 481 || status === 408) endCall(agent, call.callId, 'peer-lost', call.dialog);
  else fail(agent, call.callId, call.ownsCallId, status);
};

const receiveAnswer = (
  agent: Agent,
  call: Established,
  invite: OutgoingInvite,
  response: SipResponse,
): void => {
  const current = agent.call === call && call.change?.kind === 'offering';
  if (!current || call.change?.invite !== invite) {
    // Section 13.2.2.4: acknowledged all the same. The call goes with it if it stands: the peer now has another session.
    acknowledgeInvite(agent, invite, call.dialog, []);
    if (agent.call === call) endCall(agent, call.callId, 'peer-lost', call.dialog);
    return;
  }
  call.change = { kind: 'answered', invite };
  // Section 12.2.1.2: a target that cannot be read refreshes nothing.
  call.dialog = refreshTarget(call.dialog, response) ?? call.dialog;
  emit(agent, { kind: 're-answered', callId: call.callId, message: response });
};

/** Offers the session anew (RFC 3261 section 14.1). */
export const reInvite = (
  agent: Agent,
  call: Established,
  headers: HeaderPairs,
  body: Uint8Array,
): void => {
  agent.timers.clear(DUE);
  if (call.change !== undefined) return reInvitePending(agent, call);
  if (!agent.connected) return fail(agent, call.callId, call.ownsCallId, 503);
  const sequence = call.dialog.localSequence + 1;
  const own = [contactHeader(agent), ALLOW, ...userAgentHeader(agent)];
  const all = [...own, ...withContentType(headers, body)];
  const request = dialogRequest(call.dialog, 'INVITE', sequence, freshVia(agent), all, body);
  const user: InviteUser = {
    progressed: () => undefined,
    answered: (response) => invite && receiveAnswer(agent, call, invite, response),
    failed: (status) => receiveFailure(agent, call, status),
  };
  const invite = sendInvite(agent, request, user);
  if (invite === undefined) return fail(agent, call.callId, call.ownsCallId, 400);
  call.dialog = { ...call.dialog, localSequence: sequence };
  call.change = { kind: 'offering', invite };
  return undefined;
};

/** Takes an unanswered re-INVITE back (RFC 3261 section 9.1); a 2xx that crosses the CANCEL counts all the same. */
export const cancelReInvite = (agent: Agent, change: ChangeOf<'offering'>): void =>
  cancelInvite(agent, change.invite);

export const acknowledgeReInvite = (
  agent: Agent,
  call: Established,
  change: ChangeOf<'answered'>,
  headers: HeaderPairs = [],
): void => {
  call.change = undefined;
  acknowledgeInvite(agent, change.invite, call.dialog, headers);
};

/** A re-INVITE of the peer, its dialog and CSeq checked (RFC 3261 section 14.2). */
export const receiveReInvite = (
  agent: Agent,
  call: CallOf<'answered' | 'incoming' | 'accepted' | 'established'>,
  request: SipRequest,
  received: Essentials,
): void => {
  const change = call.kind === 'established' ? call.change : undefined;
  // Section 14.2: before the final response to the INVITE before it.
  if (call.kind === 'incoming' || change?.kind === 'invited') {
    const wait = String(Math.floor(uniform(agent) * 11));
    return refuseRequest(agent, request, received, 500, 'sip/request-pending', [
      ['Retry-After', wait],
    ]);
  }
  // Section 14.2: while one of ours is under way; interpretation I-9: while a 200 awaits its ACK.
  if (call.kind !== 'established' || change !== undefined)
    return refuseRequest(agent, request, received, 491, 'sip/request-pending');
  if (refreshTarget(call.dialog, request) === undefined)
    return refuseRequest(agent, request, received, 400, 'sip/contact');
  const invite = openInvite(agent, request, received);
  call.change = { kind: 'invited', invite };
  return emit(agent, { kind: 're-invited', callId: call.callId, message: request });
};

/** Sends 200 to a re-INVITE until the ACK; without one, BYE (RFC 3261 sections 14.2 and 13.3.1.4). */
export const acceptReInvite = (
  agent: Agent,
  call: Established,
  { invite }: ChangeOf<'invited'>,
  headers: HeaderPairs,
  body: Uint8Array,
): void => {
  call.change = { kind: 'accepted', invite, hangUp: false };
  // Section 12.2.2: the target is the new one from the 2xx on; a refused re-INVITE changes nothing.
  call.dialog = refreshTarget(call.dialog, invite.request) ?? call.dialog;
  const all = [contactHeader(agent), ALLOW, ...withContentType(headers, body)];
  acceptInvite(agent, invite, all, body, () =>
    endCall(agent, call.callId, 'ack-timeout', call.dialog),
  );
};

/** Refuses a re-INVITE: the session is as it was (RFC 3261 section 14.2). */
export const rejectReInvite = (
  agent: Agent,
  call: Established,
  change: ChangeOf<'invited'>,
  status: number,
  headers: HeaderPairs = [],
): void => {
  call.change = undefined;
  answerInvite(agent, change.invite, status, headers);
};

/** The peer took its re-INVITE back (RFC 3261 section 9.2). */
export const receiveReInviteCancellation = (
  agent: Agent,
  call: Established,
  change: ChangeOf<'invited'>,
): void => {
  rejectReInvite(agent, call, change, 487);
  emit(agent, { kind: 're-invite-cancelled', callId: call.callId });
};

/** The ACK of an accepted re-INVITE: the first decides (interpretation I-9). */
export const receiveReAcknowledgement = (
  agent: Agent,
  call: Established,
  change: ChangeOf<'accepted'>,
  request: SipRequest,
  received: Essentials,
): void => {
  if (!isAcknowledgement(agent, call, change.invite.received, received)) return;
  stopRepeating(agent);
  call.change = undefined;
  emit(agent, { kind: 're-acknowledged', callId: call.callId, message: request });
  if (change.hangUp) endCall(agent, call.callId, 'local', call.dialog);
};
