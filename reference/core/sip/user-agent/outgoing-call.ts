import {
  type Agent,
  ALLOW,
  type CallOf,
  contactHeader,
  emit,
  freshVia,
  type OutgoingInvite,
  refuse,
  userAgentHeader,
  withContentType,
} from './agent.ts';
import { dialogOfCaller } from './dialog.ts';
import type { Essentials } from '../message/essentials.ts';
import { acknowledgeInvite, cancelInvite, sendInvite } from './invite-client-transactions.ts';
import {
  type HeaderPairs,
  makeRequest,
  type SipRequest,
  type SipResponse,
} from '../message/message.ts';
import { endCall, sendBye } from './session-end.ts';
import type { UserAgentCommand } from './user-agent-contract.ts';

type InviteCommand = Extract<UserAgentCommand, { readonly kind: 'invite' }>;

/** RFC 3261 section 13.2.1. */
const initialInvite = (agent: Agent, command: InviteCommand, callId: string): SipRequest => {
  const { number, domain, random } = agent.config;
  return makeRequest(
    'INVITE',
    `sip:${command.number}@${domain};transport=tls`,
    [
      ['Via', freshVia(agent)],
      ['Max-Forwards', '70'],
      ['From', `<sip:${number}@${domain}>;tag=${random()}`],
      ['To', `<sip:${command.number}@${domain}>`],
      ['Call-ID', callId],
      ['CSeq', '1 INVITE'],
      contactHeader(agent),
      ALLOW,
      ...userAgentHeader(agent),
      ...withContentType(command.headers ?? [], command.body),
    ],
    command.body,
  );
};

const failCall = (agent: Agent, call: CallOf<'calling'>, status: number): void => {
  if (agent.call !== call) return;
  agent.call = undefined;
  emit(agent, { kind: 'call-failed', callId: call.callId, status });
};

/**
 * Ends what a callee begins whose 2xx names no target: it is sent to where the INVITE went, so that the callee and the
 * proxies on the way have no call of it left. Without To tag no ACK can go at all.
 */
const endUnreachable = (
  agent: Agent,
  invite: OutgoingInvite,
  response: SipResponse,
  received: Essentials,
): void => {
  const dialog = dialogOfCaller(invite.sent, response, received, invite.request.uri);
  if (!dialog.ok) return;
  acknowledgeInvite(agent, invite, dialog.value, []);
  sendBye(agent, dialog.value);
};

/** A 2xx to the INVITE; `call` is the call as it was when the INVITE went out. */
const receiveAnswer = (
  agent: Agent,
  call: CallOf<'calling'>,
  response: SipResponse,
  received: Essentials,
): void => {
  const { callId, invite } = call;
  const dialog = dialogOfCaller(invite.sent, response, received);
  if (!dialog.ok) {
    refuse(agent, dialog.error.code, 'this 2xx makes no dialog', callId);
    endUnreachable(agent, invite, response, received);
    return failCall(agent, call, 500);
  }
  if (agent.call === call && !invite.cancelling) {
    agent.call = { kind: 'answered', callId, invite, dialog: dialog.value };
    return emit(agent, { kind: 'answered', callId, message: response });
  }
  // RFC 3261 section 13.2.2.4: a second callee (interpretation I-9), or an answer that crossed our CANCEL (section 9.1).
  acknowledgeInvite(agent, invite, dialog.value, []);
  sendBye(agent, dialog.value);
  return failCall(agent, call, 487);
};

/** Begins a call (RFC 3261 section 13.2.1). */
export const invite = (agent: Agent, command: InviteCommand): void => {
  const { config } = agent;
  if (agent.call !== undefined) return refuse(agent, 'sip/state', 'a call is under way');
  const callId = command.callId ?? `${config.random()}@${config.domain}`;
  if (!agent.connected) return emit(agent, { kind: 'call-failed', callId, status: 503 });
  const sent = sendInvite(agent, initialInvite(agent, command, callId), {
    progressed: (message) => {
      if (agent.call === call) emit(agent, { kind: 'progress', callId, message });
    },
    answered: (response, received) => call && receiveAnswer(agent, call, response, received),
    failed: (status) => call && failCall(agent, call, status),
  });
  const call = sent && ({ kind: 'calling', callId, invite: sent } as const);
  if (call === undefined) return emit(agent, { kind: 'call-failed', callId, status: 400 });
  agent.call = call;
  return undefined;
};

/** Gives up an unanswered call. */
export const cancel = (agent: Agent, call: CallOf<'calling'>): void =>
  cancelInvite(agent, call.invite);

/** RFC 3261 section 13.2.2.4: the dialog stands, and the session with it. */
export const acknowledge = (
  agent: Agent,
  { callId, invite, dialog }: CallOf<'answered'>,
  headers: HeaderPairs = [],
): void => {
  acknowledgeInvite(agent, invite, dialog, headers);
  agent.call = { kind: 'established', callId, ownsCallId: true, dialog, change: undefined };
};

/** ACK without extra headers, then BYE: the answer was not what the application accepts (RFC 3261 section 13.2.2.4). */
export const acknowledgeAndEnd = (
  agent: Agent,
  { callId, invite, dialog }: CallOf<'answered'>,
): void => {
  acknowledgeInvite(agent, invite, dialog, []);
  endCall(agent, callId, 'local', dialog);
};
