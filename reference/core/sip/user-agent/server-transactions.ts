import { type Agent, type IncomingInvite, refuse, sendBytes } from './agent.ts';
import type { Essentials } from '../message/essentials.ts';
import { headersNamed, type HeaderPairs, serialize, type SipRequest } from '../message/message.ts';
import { respond } from '../message/responses.ts';
import { T1, T2, TRANSACTION_TIMEOUT } from '../timers.ts';
import { sentBy } from '../message/via.ts';

/** How many finished transactions a phone remembers; beyond them the oldest is forgotten, whatever a server sends. */
const REMEMBERED = 256;

/** RFC 3261 section 17.2.3: branch and sent-by of the top Via, and the method; ACK and CANCEL name their INVITE by it. */
export const serverKey = (received: Essentials, method: string = received.cseq.method): string =>
  `${method} ${received.branch} ${sentBy(received.via)}`;

/** A refusal's reason for the peer's log (RFC 3261 section 20.43; 399 is for any text). */
const warning = (agent: Agent, code: string): HeaderPairs[number] => [
  'Warning',
  `399 ${agent.config.domain} "${code}"`,
];

const timerJ = (key: string): string => `J ${key}`;

const forget = (agent: Agent, key: string): void => {
  agent.answered.delete(key);
  agent.timers.clear(timerJ(key));
};

/**
 * Answers a request other than INVITE and ACK (RFC 3261 section 17.2.2, Completed). Timer J would be zero over TLS; the
 * response is kept for 64*T1 all the same, so that a request which a server sends twice is not carried out twice.
 */
export const answer = (
  agent: Agent,
  request: SipRequest,
  received: Essentials,
  status: number,
  headers: HeaderPairs = [],
): void => {
  const key = serverKey(received);
  const bytes = serialize(respond(request, status, { toTag: agent.config.random(), headers }));
  const [oldest] = agent.answered.keys();
  if (oldest !== undefined && agent.answered.size >= REMEMBERED) forget(agent, oldest);
  agent.answered.set(key, bytes);
  agent.timers.set(timerJ(key), agent.now + TRANSACTION_TIMEOUT, () => forget(agent, key));
  sendBytes(agent, bytes);
};

const timerH = (key: string): string => `H ${key}`;
const timer100 = (key: string): string => `100 ${key}`;

const terminate = (agent: Agent, key: string): void => {
  agent.incoming.delete(key);
  agent.timers.clear(timerH(key));
  agent.timers.clear(timer100(key));
};

/** An INVITE that still awaits its answer is never the one to go. */
const terminateOldest = (agent: Agent): void => {
  const oldest = [...agent.incoming.values()].find(({ state }) => state !== 'proceeding');
  if (oldest !== undefined) terminate(agent, oldest.key);
};

/** Opens an INVITE server transaction (RFC 3261 section 17.2.1, Proceeding); 100 after 200 ms if nothing else was sent. */
export const openInvite = (
  agent: Agent,
  request: SipRequest,
  received: Essentials,
  localTag: string = agent.config.random(),
): IncomingInvite => {
  const key = serverKey(received);
  if (agent.incoming.size >= REMEMBERED) terminateOldest(agent);
  const invite: IncomingInvite = {
    key,
    request,
    received,
    localTag,
    state: 'proceeding',
    response: undefined,
  };
  agent.incoming.set(key, invite);
  agent.timers.set(timer100(key), agent.now + 200, () => {
    invite.response = serialize(respond(request, 100));
    sendBytes(agent, invite.response);
  });
  return invite;
};

/** Sends a response to an INVITE and keeps its bytes. */
export const answerInvite = (
  agent: Agent,
  invite: IncomingInvite,
  status: number,
  headers: HeaderPairs = [],
  body?: Uint8Array,
): Uint8Array => {
  const { request, key, localTag } = invite;
  const response = respond(request, status, {
    toTag: localTag,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  // RFC 3261 section 12.1.1: what makes a dialog repeats Record-Route.
  const routes = status > 100 && status < 300 ? headersNamed(request, 'Record-Route') : [];
  const bytes = serialize({ ...response, headers: [...response.headers, ...routes] });
  invite.response = bytes;
  agent.timers.clear(timer100(key));
  if (status >= 200) {
    invite.state = status < 300 ? 'accepted' : 'completed';
    // Timer H in Completed (timer G is for UDP), timer L in Accepted (RFC 6026 section 7.1): 64*T1 both.
    agent.timers.set(timerH(key), agent.now + TRANSACTION_TIMEOUT, () => terminate(agent, key));
  }
  sendBytes(agent, bytes);
  return bytes;
};

/** Answers a repeated request with the bytes of its first answer (RFC 3261 sections 17.2.1, 17.2.2); false for a new one. */
export const repeatAnswer = (agent: Agent, received: Essentials): boolean => {
  const key = serverKey(received);
  const invite = agent.incoming.get(key);
  const bytes = invite?.response ?? agent.answered.get(key);
  if (bytes !== undefined) sendBytes(agent, bytes);
  return invite !== undefined || bytes !== undefined;
};

/**
 * Whether an ACK belongs to a refusal of ours (RFC 3261 section 17.2.1, Confirmed). Timer I would be zero over TLS; the
 * refusal is kept until timer H all the same, so that an INVITE which a server sends again does not ring again.
 */
export const confirmRefusal = (agent: Agent, received: Essentials): boolean => {
  const invite = agent.incoming.get(serverKey(received, 'INVITE'));
  if (invite?.state !== 'completed' && invite?.state !== 'confirmed') return false;
  invite.state = 'confirmed';
  return true;
};

/** Refuses a request whatever its method, but never an ACK (RFC 3261 section 17.2), and says why to log and peer. */
export const refuseRequest = (
  agent: Agent,
  request: SipRequest,
  received: Essentials,
  status: number,
  code: string,
  headers: HeaderPairs = [],
): void => {
  refuse(agent, code, `${request.method} refused with ${status}`, received.callId);
  if (request.method === 'ACK') return;
  const all = [...headers, warning(agent, code)];
  if (request.method !== 'INVITE') return answer(agent, request, received, status, all);
  answerInvite(agent, openInvite(agent, request, received), status, all);
  return undefined;
};

/** Unanswered INVITEs die with their connection: no answer would reach anyone. */
export const dropUnanswered = (agent: Agent): void => {
  for (const invite of agent.incoming.values())
    if (invite.state === 'proceeding') terminate(agent, invite.key);
};

const repeatSuccess = (agent: Agent, bytes: Uint8Array, interval: number): void =>
  agent.timers.set('200', agent.now + interval, () => {
    sendBytes(agent, bytes);
    repeatSuccess(agent, bytes, Math.min(interval * 2, T2));
  });

/**
 * Sends a 2xx and repeats the same bytes, over TLS too, until {@link stopRepeating}: the ACK comes end to end
 * (RFC 3261 section 13.3.1.4). Without an ACK in 64*T1, `unacknowledged` is called.
 */
export const acceptInvite = (
  agent: Agent,
  invite: IncomingInvite,
  headers: HeaderPairs,
  body: Uint8Array,
  unacknowledged: () => void,
): void => {
  const bytes = answerInvite(agent, invite, 200, headers, body);
  repeatSuccess(agent, bytes, T1);
  agent.timers.set('ack-timeout', agent.now + TRANSACTION_TIMEOUT, unacknowledged);
};

export const stopRepeating = (agent: Agent): void => {
  agent.timers.clear('200');
  agent.timers.clear('ack-timeout');
};
