import { type Fault, ok } from '../../result.ts';
import { type Agent, type Call, refuse, send } from './agent.ts';
import { failTransactions, receiveTransactionResponse } from './client-transactions.ts';
import { readEssentials, readRequest } from '../message/essentials.ts';
import { awaitReconnection, hangUpEstablished } from './established-call.ts';
import { accept, reject, ring } from './incoming-call.ts';
import { failInvites, receiveInviteResponse } from './invite-client-transactions.ts';
import { parseMessage, type SipMessage, type SipRequest, soleHeader } from '../message/message.ts';
import { acknowledge, acknowledgeAndEnd, cancel, invite } from './outgoing-call.ts';
import {
  acceptReInvite,
  acknowledgeReInvite,
  cancelReInvite,
  reInvite,
  reInvitePending,
  rejectReInvite,
} from './re-invite.ts';
import { loseRegistration, register, unregister } from './registration.ts';
import { refuseUnread, salvageRequest } from '../message/salvage.ts';
import { dropUnanswered } from './server-transactions.ts';
import { endCall } from './session-end.ts';
import { createTimers } from '../timers.ts';
import type {
  UserAgent,
  UserAgentCommand,
  UserAgentConfig,
  UserAgentInput,
} from './user-agent-contract.ts';
import { receiveRequest } from './user-agent-requests.ts';

export type {
  UserAgent,
  UserAgentCommand,
  UserAgentConfig,
  UserAgentEvent,
  UserAgentInput,
  UserAgentOutput,
} from './user-agent-contract.ts';

/** RFC 3261 section 21.4.1: a request that cannot be read is answered, as far as its sender can be told. */
const refuseMalformed = (
  agent: Agent,
  request: SipRequest | undefined,
  { code, offset }: Fault,
): void => {
  const callId = request === undefined ? undefined : soleHeader(request, 'Call-ID');
  const place = offset < 0 ? '' : `, at byte ${offset}`;
  refuse(agent, code, `start line or header absent, repeated or malformed${place}`, callId);
  const response = request && refuseUnread(request, code, agent.config.random());
  if (response !== undefined) send(agent, response);
};

const receive = (agent: Agent, input: SipMessage | Uint8Array): void => {
  const parsed = input instanceof Uint8Array ? parseMessage(input) : ok(input);
  if (!parsed.ok) {
    const salvaged = input instanceof Uint8Array ? salvageRequest(input) : undefined;
    return refuseMalformed(agent, salvaged, parsed.error);
  }
  const message = parsed.value;
  const request = message.kind === 'request' ? message : undefined;
  const received = request === undefined ? readEssentials(message) : readRequest(request);
  if (!received.ok) return refuseMalformed(agent, request, received.error);
  if (message.kind === 'request') return receiveRequest(agent, message, received.value);
  return received.value.cseq.method === 'INVITE'
    ? receiveInviteResponse(agent, message, received.value)
    : receiveTransactionResponse(agent, message, received.value);
};

const connectionDown = (agent: Agent): void => {
  if (!agent.connected) return;
  agent.connected = false;
  failTransactions(agent);
  loseRegistration(agent);
  failInvites(agent);
  dropUnanswered(agent);
  const call = agent.call;
  if (call?.kind === 'established') awaitReconnection(agent, call);
  else if (call !== undefined) endCall(agent, call.callId, 'connection-lost');
};

const hangUp = (agent: Agent, call: Call): void => {
  switch (call.kind) {
    case 'calling':
      return cancel(agent, call);
    case 'answered':
      return acknowledgeAndEnd(agent, call);
    case 'incoming':
      return reject(agent, call, 603);
    case 'accepted':
      call.hangUp = true;
      return undefined;
    case 'established':
      return hangUpEstablished(agent, call);
  }
};

type CallCommand = Exclude<
  UserAgentCommand,
  { readonly kind: 'register' | 'unregister' | 'invite' | 'hang-up' }
>;

const refusalStatus = (status: number): number => (status >= 400 && status < 700 ? status : 480);

/** Commands about an established call; false when a re-INVITE under way, or its absence, does not allow one. */
const commandEstablished = (
  agent: Agent,
  asked: CallCommand,
  call: Extract<Call, { readonly kind: 'established' }>,
): boolean => {
  const { change } = call;
  if (asked.kind === 're-invite') reInvite(agent, call, asked.headers ?? [], asked.body);
  else if (asked.kind === 'cancel' && change?.kind === 'offering') cancelReInvite(agent, change);
  else if (asked.kind === 'accept' && change?.kind === 'invited')
    acceptReInvite(agent, call, change, asked.headers ?? [], asked.body);
  else if (asked.kind === 'reject' && change?.kind === 'invited')
    rejectReInvite(agent, call, change, refusalStatus(asked.status), asked.headers);
  else if (asked.kind === 'acknowledge' && change?.kind === 'answered')
    acknowledgeReInvite(agent, call, change, asked.headers);
  else if (asked.kind === 'acknowledge-and-end' && change?.kind === 'answered')
    hangUpEstablished(agent, call);
  else return false;
  return true;
};

/** Commands about the call under way; false when its state does not allow one. */
const commandCall = (agent: Agent, asked: CallCommand, call: Call): boolean => {
  if (call.kind === 'established') return commandEstablished(agent, asked, call);
  if (asked.kind === 'cancel' && call.kind === 'calling') cancel(agent, call);
  else if (asked.kind === 'ring' && call.kind === 'incoming') ring(agent, call);
  else if (asked.kind === 'accept' && call.kind === 'incoming')
    accept(agent, call, asked.headers ?? [], asked.body);
  else if (asked.kind === 'reject' && call.kind === 'incoming')
    reject(agent, call, refusalStatus(asked.status), asked.headers);
  else if (asked.kind === 'acknowledge' && call.kind === 'answered')
    acknowledge(agent, call, asked.headers);
  else if (asked.kind === 'acknowledge-and-end' && call.kind === 'answered')
    acknowledgeAndEnd(agent, call);
  else if (asked.kind === 're-invite' && (call.kind === 'answered' || call.kind === 'accepted'))
    reInvitePending(agent, call);
  else return false;
  return true;
};

const command = (agent: Agent, asked: UserAgentCommand): void => {
  const { call } = agent;
  if (asked.kind === 'register') return register(agent);
  if (asked.kind === 'unregister') return unregister(agent);
  if (asked.kind === 'invite') return invite(agent, asked);
  if (asked.kind === 'hang-up' && call !== undefined) return hangUp(agent, call);
  if (asked.kind !== 'hang-up' && call !== undefined && commandCall(agent, asked, call))
    return undefined;
  return refuse(agent, 'sip/state', `${asked.kind} does not fit the call's state`, call?.callId);
};

const apply = (agent: Agent, input: UserAgentInput): void => {
  if (input.kind === 'message') return receive(agent, input.message);
  if (input.kind === 'connection-down') return connectionDown(agent);
  if (input.kind === 'connection-up') {
    agent.connected = true;
    agent.contact = input.contact ?? agent.contact;
    return undefined;
  }
  return input.kind === 'tick' ? undefined : command(agent, input);
};

/**
 * The signalling side of a phone (RFC 3261 user agent, one registration, one call at a time) over one TLS connection to its
 * server. It decides nothing about keys: the application reads `incoming-invite`, `answered` and `acknowledged` and commands.
 */
export const createUserAgent = (config: UserAgentConfig): UserAgent => {
  const agent: Agent = {
    config,
    timers: createTimers(),
    transactions: new Map(),
    outgoing: new Map(),
    incoming: new Map(),
    answered: new Map(),
    registration: {
      callId: config.random(),
      sequence: 0,
      registered: false,
      pending: false,
      next: undefined,
    },
    contact: config.contact,
    now: 0,
    connected: false,
    call: undefined,
    outputs: [],
  };
  let announced: number | undefined;
  return {
    registered: () => agent.registration.registered,
    currentCallId: () => agent.call?.callId,
    handle(input, now) {
      agent.now = now;
      agent.outputs = [];
      agent.timers.run(now);
      apply(agent, input);
      const next = agent.timers.next();
      if (next !== undefined && (next !== announced || input.kind === 'tick'))
        agent.outputs.push({ kind: 'wake', at: next });
      announced = next;
      return agent.outputs;
    },
  };
};
