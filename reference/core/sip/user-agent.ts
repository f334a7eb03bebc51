import { ok } from '../result.ts';
import { type Agent, type Call, emit, refuse, send } from './agent.ts';
import { failTransactions, receiveTransactionResponse } from './client-transactions.ts';
import { readEssentials } from './essentials.ts';
import { awaitReconnection, endSession, hangUpEstablished } from './established-call.ts';
import { accept, receiveRequest, reject, ring } from './incoming-call.ts';
import { parseMessage, type SipMessage } from './message.ts';
import {
  acknowledge,
  acknowledgeAndEnd,
  cancel,
  invite,
  loseOutgoing,
  receiveInviteResponse,
} from './outgoing-call.ts';
import { loseRegistration, register, unregister } from './registration.ts';
import { respond } from './responses.ts';
import { createTimers } from './timers.ts';
import type {
  UserAgent,
  UserAgentCommand,
  UserAgentConfig,
  UserAgentInput,
} from './user-agent-contract.ts';

export type {
  UserAgent,
  UserAgentCommand,
  UserAgentConfig,
  UserAgentEvent,
  UserAgentInput,
  UserAgentOutput,
} from './user-agent-contract.ts';

const receive = (agent: Agent, input: SipMessage | Uint8Array): void => {
  const parsed = input instanceof Uint8Array ? parseMessage(input) : ok(input);
  if (!parsed.ok) return refuse(agent, parsed.error.code, `at byte ${parsed.error.offset}`);
  const message = parsed.value;
  const received = readEssentials(message);
  if (!received.ok) {
    refuse(agent, received.error.code, 'header absent, repeated or malformed');
    // RFC 3261 section 21.4.1; without Via no answer can go, and an ACK or a response gets none.
    const answerable = message.kind === 'request' && message.method !== 'ACK';
    if (answerable && received.error.code !== 'sip/via')
      send(agent, respond(message, 400, { toTag: agent.config.random() }));
    return undefined;
  }
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
  agent.incoming.clear();
  const call = agent.call;
  if (call === undefined) return;
  if (call.kind === 'calling') return loseOutgoing(agent, call);
  if (call.kind === 'established') return awaitReconnection(agent, call.callId);
  endSession(agent);
  emit(agent, { kind: 'ended', callId: call.callId, reason: 'connection-lost' });
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
      return hangUpEstablished(agent, call.dialog, call.callId);
  }
};

/** Commands about the call under way; false when its state does not allow one. */
const commandCall = (agent: Agent, command: UserAgentCommand, call: Call): boolean => {
  if (command.kind === 'hang-up') hangUp(agent, call);
  else if (command.kind === 'cancel' && call.kind === 'calling') cancel(agent, call);
  else if (command.kind === 'ring' && call.kind === 'incoming') ring(agent, call);
  else if (command.kind === 'accept' && call.kind === 'incoming')
    accept(agent, call, command.headers ?? [], command.body);
  else if (command.kind === 'reject' && call.kind === 'incoming')
    reject(agent, call, command.status >= 400 && command.status < 700 ? command.status : 480);
  else if (command.kind === 'acknowledge' && call.kind === 'answered')
    acknowledge(agent, call, command.headers);
  else if (command.kind === 'acknowledge-and-end' && call.kind === 'answered')
    acknowledgeAndEnd(agent, call);
  else return false;
  return true;
};

const command = (agent: Agent, asked: UserAgentCommand): void => {
  if (asked.kind === 'register') return register(agent);
  if (asked.kind === 'unregister') return unregister(agent);
  if (asked.kind === 'invite') return invite(agent, asked);
  if (agent.call === undefined || !commandCall(agent, asked, agent.call))
    refuse(agent, 'sip/state', `${asked.kind} does not fit the call's state`);
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
    registration: { callId: config.random(), sequence: 0, registered: false },
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
