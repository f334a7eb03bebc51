import {
  type Agent,
  ALLOW,
  type Call,
  emit,
  freshVia,
  type OutgoingInvite,
  refuse,
  send,
  sendBytes,
  userAgentHeader,
} from './agent.ts';
import { sendRequest } from './client-transactions.ts';
import { answersRequest, type Dialog, dialogOfCaller, dialogRequest } from './dialog.ts';
import { type Essentials, readEssentials } from './essentials.ts';
import { type HeaderPairs, makeRequest, serialize, type SipResponse } from './message.ts';
import { acknowledgeFailure, cancelRequest } from './requests.ts';
import { sendBye } from './established-call.ts';
import { TRANSACTION_TIMEOUT } from './timers.ts';
import type { UserAgentCommand } from './user-agent-contract.ts';

type Calling = Extract<Call, { kind: 'calling' }>;

const timerB = (branch: string): string => `B ${branch}`;

const endCall = (agent: Agent, call: Call, status: number): void => {
  agent.timers.clear(timerB('cancel'));
  if (agent.call === call) agent.call = undefined;
  emit(agent, { kind: 'call-failed', callId: call.callId, status });
};

/** 2xx responses may still come for 64*T1 (RFC 3261 section 13.2.2.4); after that the INVITE is forgotten. */
const forgetLater = (agent: Agent, invite: OutgoingInvite): void => {
  agent.timers.set(timerB(invite.sent.branch), agent.now + TRANSACTION_TIMEOUT, () => {
    agent.outgoing.delete(invite.sent.branch);
  });
};

/** Sends an INVITE (RFC 3261 section 13.2.1). */
export const invite = (
  agent: Agent,
  command: Extract<UserAgentCommand, { kind: 'invite' }>,
): void => {
  const { config } = agent;
  if (agent.call !== undefined) return refuse(agent, 'sip/state', 'a call is under way');
  const callId = command.callId ?? `${config.random()}@${config.domain}`;
  if (!agent.connected) return emit(agent, { kind: 'call-failed', callId, status: 503 });
  const extra = command.headers ?? [];
  const typed = extra.some(([name]) => /^(?:content-type|c)$/i.test(name));
  const request = makeRequest(
    'INVITE',
    `sip:${command.number}@${config.domain};transport=tls`,
    [
      ['Via', freshVia(agent)],
      ['Max-Forwards', '70'],
      ['From', `<sip:${config.number}@${config.domain}>;tag=${config.random()}`],
      ['To', `<sip:${command.number}@${config.domain}>`],
      ['Call-ID', callId],
      ['CSeq', '1 INVITE'],
      ['Contact', `<${agent.contact}>`],
      ALLOW,
      ...userAgentHeader(agent),
      ...extra,
      ...(typed || command.body.length === 0 ? [] : [['Content-Type', 'application/sdp'] as const]),
    ],
    command.body,
  );
  const sent = readEssentials(request);
  if (!sent.ok) return refuse(agent, sent.error.code, 'the INVITE asked for is malformed');
  const { branch } = sent.value;
  const outgoing: OutgoingInvite = {
    request,
    sent: sent.value,
    acknowledgements: new Map(),
    answeredTag: undefined,
  };
  const call: Call = {
    kind: 'calling',
    callId,
    invite: outgoing,
    proceeding: false,
    cancelling: false,
  };
  agent.outgoing.set(branch, outgoing);
  agent.call = call;
  // Timer B (RFC 3261 section 17.1.1.2) runs until the first response.
  agent.timers.set(timerB(branch), agent.now + TRANSACTION_TIMEOUT, () => {
    forgetLater(agent, outgoing);
    endCall(agent, call, 408);
  });
  send(agent, request);
};

const sendCancel = (agent: Agent, call: Calling): void => {
  sendRequest(agent, cancelRequest(call.invite.request), () => undefined);
  // RFC 3261 section 9.1: without final response 64*T1 after the CANCEL, the INVITE counts as cancelled.
  agent.timers.set(timerB('cancel'), agent.now + TRANSACTION_TIMEOUT, () => {
    forgetLater(agent, call.invite);
    endCall(agent, call, 487);
  });
};

/** Gives up; the CANCEL waits for a provisional response (RFC 3261 section 9.1). */
export const cancel = (agent: Agent, call: Calling): void => {
  if (call.cancelling) return;
  call.cancelling = true;
  if (call.proceeding) sendCancel(agent, call);
};

const acknowledgeWith = (
  agent: Agent,
  sent: OutgoingInvite,
  dialog: Dialog,
  headers: HeaderPairs,
): void => {
  const ack = serialize(
    dialogRequest(dialog, 'ACK', sent.sent.cseq.sequence, freshVia(agent), headers),
  );
  sent.acknowledgements.set(dialog.remoteTag, ack);
  sendBytes(agent, ack);
};

/** RFC 3261 section 13.2.2.4: the ACK of a 2xx is a request of its own, made once and repeated from its bytes. */
export const acknowledge = (
  agent: Agent,
  call: Extract<Call, { kind: 'answered' }>,
  headers: HeaderPairs = [],
): void => {
  acknowledgeWith(agent, call.invite, call.dialog, headers);
  agent.call = { kind: 'established', callId: call.callId, dialog: call.dialog };
};

/** ACK without extra headers, then BYE: the answer was not what the application accepts (RFC 3261 section 13.2.2.4). */
export const acknowledgeAndEnd = (
  agent: Agent,
  call: Extract<Call, { kind: 'answered' }>,
): void => {
  acknowledgeWith(agent, call.invite, call.dialog, []);
  agent.call = undefined;
  sendBye(agent, call.dialog);
  emit(agent, { kind: 'ended', callId: call.callId, reason: 'local' });
};

const receiveSuccess = (
  agent: Agent,
  sent: OutgoingInvite,
  response: SipResponse,
  received: Essentials,
): void => {
  const stored = sent.acknowledgements.get(received.toTag ?? '');
  if (stored !== undefined) return sendBytes(agent, stored);
  // Repeated while the application makes up its mind.
  if (sent.answeredTag !== undefined && sent.answeredTag === received.toTag) return;
  const dialog = dialogOfCaller(sent.sent, response, received);
  if (!dialog.ok) return refuse(agent, dialog.error.code, 'this 2xx makes no dialog');
  const call = agent.call;
  const first = sent.answeredTag === undefined;
  sent.answeredTag ??= dialog.value.remoteTag;
  forgetLater(agent, sent);
  if (first && call?.kind === 'calling' && call.invite === sent && !call.cancelling) {
    const { callId } = call;
    agent.call = { kind: 'answered', callId, invite: sent, dialog: dialog.value };
    return emit(agent, { kind: 'answered', callId, message: response });
  }
  // A second callee (interpretation I-9), or an answer that crossed our CANCEL (RFC 3261 section 9.1).
  acknowledgeWith(agent, sent, dialog.value, []);
  sendBye(agent, dialog.value);
  if (call?.kind === 'calling' && call.invite === sent) endCall(agent, call, 487);
};

const receiveProvisional = (agent: Agent, sent: OutgoingInvite, response: SipResponse): void => {
  const call = agent.call;
  if (call?.kind !== 'calling' || call.invite !== sent) return;
  agent.timers.clear(timerB(sent.sent.branch));
  const firstTime = !call.proceeding;
  call.proceeding = true;
  if (firstTime && call.cancelling) return sendCancel(agent, call);
  if (response.status > 100)
    emit(agent, { kind: 'progress', callId: call.callId, message: response });
};

/** A response to an INVITE of ours (RFC 3261 sections 13.2.2 and 17.1.1). */
export const receiveInviteResponse = (
  agent: Agent,
  response: SipResponse,
  received: Essentials,
): void => {
  const sent = agent.outgoing.get(received.branch);
  if (sent === undefined || !answersRequest(sent.sent, received))
    return refuse(agent, 'sip/response', `no INVITE of ours awaits this ${response.status}`);
  if (response.status < 200) return receiveProvisional(agent, sent, response);
  if (response.status < 300) return receiveSuccess(agent, sent, response, received);
  // RFC 3261 section 17.1.1.2: the transaction acknowledges; timer D is zero over TLS. No 3xx is followed (I-3).
  send(agent, acknowledgeFailure(sent.request, response));
  if (sent.answeredTag !== undefined) return;
  agent.outgoing.delete(received.branch);
  agent.timers.clear(timerB(received.branch));
  const call = agent.call;
  if (call?.kind === 'calling' && call.invite === sent) endCall(agent, call, response.status);
};

/** An unanswered call dies with its connection (RFC 3261 section 17.1.4). */
export const loseOutgoing = (agent: Agent, call: Calling): void => {
  forgetLater(agent, call.invite);
  endCall(agent, call, call.cancelling ? 487 : 503);
};
