import {
  type Agent,
  freshVia,
  type InviteUser,
  type OutgoingInvite,
  refuse,
  send,
  sendBytes,
} from './agent.ts';
import { sendRequest } from './client-transactions.ts';
import { answersRequest, type Dialog, dialogRequest } from './dialog.ts';
import { type Essentials, readEssentials } from '../message/essentials.ts';
import {
  type HeaderPairs,
  serialize,
  type SipRequest,
  type SipResponse,
} from '../message/message.ts';
import { acknowledgeFailure, cancelRequest } from '../message/requests.ts';
import { TRANSACTION_TIMEOUT } from '../timers.ts';

/** 2xx with different To tags that are answered: a server that makes up more is left to itself, so that what is kept stays small. */
const MAXIMUM_ANSWERS = 16;

/** Timer B in Calling, timer M in Accepted and Abandoned. */
const stateTimer = ({ sent }: OutgoingInvite): string => `invite ${sent.branch}`;
const cancelTimer = ({ sent }: OutgoingInvite): string => `cancel ${sent.branch}`;

const terminate = (agent: Agent, invite: OutgoingInvite): void => {
  agent.timers.clear(stateTimer(invite));
  agent.timers.clear(cancelTimer(invite));
  agent.outgoing.delete(invite.sent.branch);
};

/** 2xx may come, and come again, for 64*T1: timer M (RFC 6026 section 7.2, RFC 3261 section 13.2.2.4). */
const keepForSuccess = (
  agent: Agent,
  invite: OutgoingInvite,
  state: 'accepted' | 'abandoned',
): void => {
  invite.state = state;
  agent.timers.clear(cancelTimer(invite));
  agent.timers.set(stateTimer(invite), agent.now + TRANSACTION_TIMEOUT, () =>
    terminate(agent, invite),
  );
};

const abandon = (agent: Agent, invite: OutgoingInvite, status: number): void => {
  keepForSuccess(agent, invite, 'abandoned');
  invite.user.failed(status);
};

/** Sends an INVITE (RFC 3261 section 17.1.1.2); undefined, and the log says why, when its headers cannot be sent. */
export const sendInvite = (
  agent: Agent,
  request: SipRequest,
  user: InviteUser,
): OutgoingInvite | undefined => {
  const sent = readEssentials(request);
  if (!sent.ok) {
    refuse(agent, sent.error.code, 'the INVITE asked for is malformed');
    return undefined;
  }
  const invite: OutgoingInvite = {
    request,
    sent: sent.value,
    user,
    state: 'calling',
    cancelling: false,
    answeredTags: new Set(),
    acknowledgements: new Map(),
  };
  agent.outgoing.set(invite.sent.branch, invite);
  // Calling: timer B; timer A does not run over a reliable transport.
  agent.timers.set(stateTimer(invite), agent.now + TRANSACTION_TIMEOUT, () =>
    abandon(agent, invite, 408),
  );
  send(agent, request);
  return invite;
};

const sendCancel = (agent: Agent, invite: OutgoingInvite): void => {
  sendRequest(agent, cancelRequest(invite.request), () => undefined);
  // RFC 3261 section 9.1: without final response 64*T1 after the CANCEL, the INVITE counts as cancelled.
  agent.timers.set(cancelTimer(invite), agent.now + TRANSACTION_TIMEOUT, () =>
    abandon(agent, invite, 487),
  );
};

/** Gives an INVITE up; the CANCEL waits for a provisional response (RFC 3261 section 9.1). */
export const cancelInvite = (agent: Agent, invite: OutgoingInvite): void => {
  if (invite.cancelling) return;
  invite.cancelling = true;
  if (invite.state === 'proceeding') sendCancel(agent, invite);
};

/** The ACK of a 2xx is a request of its own, made once and repeated from its bytes (RFC 3261 section 13.2.2.4). */
export const acknowledgeInvite = (
  agent: Agent,
  invite: OutgoingInvite,
  dialog: Dialog,
  headers: HeaderPairs,
): void => {
  const { sequence } = invite.sent.cseq;
  const ack = serialize(dialogRequest(dialog, 'ACK', sequence, freshVia(agent), headers));
  invite.acknowledgements.set(dialog.remoteTag, ack);
  sendBytes(agent, ack);
};

const receiveProvisional = (agent: Agent, invite: OutgoingInvite, response: SipResponse): void => {
  if (invite.state !== 'calling' && invite.state !== 'proceeding') return;
  if (invite.state === 'calling') {
    // Proceeding: timer B is over, and a CANCEL that waited may go.
    invite.state = 'proceeding';
    agent.timers.clear(stateTimer(invite));
    if (invite.cancelling) sendCancel(agent, invite);
  }
  if (response.status > 100) invite.user.progressed(response);
};

const receiveSuccess = (
  agent: Agent,
  invite: OutgoingInvite,
  response: SipResponse,
  received: Essentials,
): void => {
  const tag = received.toTag ?? '';
  const acknowledgement = invite.acknowledgements.get(tag);
  if (acknowledgement !== undefined) return sendBytes(agent, acknowledgement);
  // Repeated while the application makes up its mind.
  if (invite.answeredTags.has(tag)) return undefined;
  if (invite.answeredTags.size === MAXIMUM_ANSWERS)
    return refuse(agent, 'sip/answers', '2xx of too many callees', received.callId);
  invite.answeredTags.add(tag);
  const late = invite.state === 'abandoned';
  // Accepted (RFC 6026 section 7.2); timer M runs from the first 2xx.
  if (invite.state !== 'accepted') keepForSuccess(agent, invite, 'accepted');
  return invite.user.answered(response, received, late);
};

const receiveFailure = (agent: Agent, invite: OutgoingInvite, response: SipResponse): void => {
  // RFC 6026 section 7.2: in Accepted only 2xx count.
  if (invite.state === 'accepted') return;
  // RFC 3261 section 17.1.1.2, Completed: the transaction acknowledges; timer D is zero. No 3xx is followed (I-3).
  send(agent, acknowledgeFailure(invite.request, response));
  const { state } = invite;
  terminate(agent, invite);
  if (state !== 'abandoned') invite.user.failed(response.status);
};

/** A response to an INVITE of ours (RFC 3261 section 17.1.1.2). */
export const receiveInviteResponse = (
  agent: Agent,
  response: SipResponse,
  received: Essentials,
): void => {
  const invite = agent.outgoing.get(received.branch);
  if (invite === undefined || !answersRequest(invite.sent, received)) {
    const detail = `no INVITE of ours awaits this ${response.status}`;
    return refuse(agent, 'sip/response', detail, received.callId);
  }
  if (response.status < 200) return receiveProvisional(agent, invite, response);
  if (response.status < 300) return receiveSuccess(agent, invite, response, received);
  return receiveFailure(agent, invite, response);
};

/** Unanswered INVITEs die with their connection (RFC 3261 sections 17.1.4 and 8.1.3.1). */
export const failInvites = (agent: Agent): void => {
  for (const invite of agent.outgoing.values())
    if (invite.state === 'calling' || invite.state === 'proceeding')
      abandon(agent, invite, invite.cancelling ? 487 : 503);
};
