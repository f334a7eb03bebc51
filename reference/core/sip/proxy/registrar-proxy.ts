import type { Fault } from '../../result.ts';
import { readRequest } from '../message/essentials.ts';
import { commonNameOwnsFrom } from './identity.ts';
import {
  header,
  listValues,
  parseMessage,
  replaceFirstValue,
  type SipMessage,
  type SipRequest,
  withHeaders,
} from '../message/message.ts';
import { awaitReturn, callsOf, endCall, endCallsOf } from './calls.ts';
import { receiveCancel, routeRequest } from './requests.ts';
import { checkLoad, RETRY_AFTER } from './checks.ts';
import { awaitedFarewells, reasonOf } from './farewells.ts';
import { cancelClient, failClient, receiveResponse } from './responses.ts';
import {
  answer,
  closeServer,
  type Incoming,
  logRefusal,
  type Proxy,
  type Refusal,
  refuse,
  send,
  sendBytes,
  serverKey,
  warning,
} from './state.ts';
import { receiveRegister, unbind } from './registrar.ts';
import type {
  ConnectionId,
  RegistrarProxy,
  RegistrarProxyConfig,
  RegistrarProxyInput,
} from './registrar-proxy-contract.ts';
import { respond } from '../message/responses.ts';
import { refuseUnread, salvageRequest } from '../message/salvage.ts';
import { createTimers } from '../timers.ts';
import { formatVia, parseVia, stampVia } from '../message/via.ts';

export { commonNameOwnsFrom } from './identity.ts';
export type { IdentityRule } from './identity.ts';
export type {
  BodyContext,
  BodyRewriter,
  Peer,
  RegistrarProxy,
  RegistrarProxyConfig,
  RegistrarProxyInput,
  RegistrarProxyOutput,
} from './registrar-proxy-contract.ts';

type MessageInput = Extract<RegistrarProxyInput, { kind: 'message' }>;

const stamp = (request: SipRequest, input: MessageInput): SipRequest => {
  const via = parseVia(listValues(request, 'Via')[0] ?? '');
  if (!via.ok) return request;
  const stamped = stampVia(via.value, input.peer.address, input.peer.port);
  return replaceFirstValue(request, 'Via', formatVia(stamped));
};

/** RFC 3261 section 16.3 steps 1 and 2: what cannot be read is answered, unless no answer could find its way. */
const refuseMalformed = (
  proxy: Proxy,
  connection: ConnectionId,
  request: SipRequest,
  code: string,
): void => {
  const callId = header(request, 'Call-ID');
  const about = { connection, ...(callId === undefined ? {} : { callId }) };
  logRefusal(proxy, code, `${request.method.slice(0, 32)} is malformed`, about);
  const response = refuseUnread(request, code, proxy.config.random());
  if (response === undefined) return;
  send(proxy, connection, withHeaders(response, [warning(proxy, `Malformed: ${code}`)]));
};

/** Bytes that are no message: answered if what is left of them is a request. */
const refuseUnreadable = (
  proxy: Proxy,
  connection: ConnectionId,
  bytes: Uint8Array,
  { code, offset }: Fault,
): void => {
  const salvaged = salvageRequest(bytes);
  if (salvaged !== undefined) return refuseMalformed(proxy, connection, salvaged, code);
  return logRefusal(proxy, code, `unreadable message, at byte ${offset}`, { connection });
};

/** Absorbs what belongs to a transaction under way: a repeated request, or the ACK of a refusal (RFC 3261 section 17.2.1). */
const absorbed = (proxy: Proxy, { connection, request, received }: Incoming): boolean => {
  const isAck = request.method === 'ACK';
  const known = proxy.servers.get(
    serverKey(connection, received, isAck ? 'INVITE' : request.method),
  );
  if (known === undefined) return false;
  if (!isAck) {
    if (known.response !== undefined) sendBytes(proxy, connection, known.response);
    return true;
  }
  if (known.final === undefined || known.final < 300) return false;
  closeServer(proxy, known);
  return true;
};

/** Says no without keeping anything: a transaction would be what there is no room for. */
const refuseStateless = (proxy: Proxy, incoming: Incoming, refusal: Refusal): void => {
  const { connection, request, received } = incoming;
  const { status, code, text, headers = [] } = refusal;
  const about = { connection, callId: received.callId };
  logRefusal(proxy, code, `${request.method} refused with ${status}: ${text}`, about);
  const parts = { toTag: proxy.config.random(), headers: [...headers, warning(proxy, text)] };
  send(proxy, connection, respond(request, status, parts));
};

const receiveRequest = (proxy: Proxy, input: MessageInput, request: SipRequest): void => {
  const { connection, peer } = input;
  const received = readRequest(request);
  if (!received.ok)
    return refuseMalformed(proxy, connection, stamp(request, input), received.error.code);
  const incoming: Incoming = {
    connection,
    peer,
    request: stamp(request, input),
    received: received.value,
  };
  if (absorbed(proxy, incoming)) return undefined;
  const load = checkLoad(proxy, incoming);
  if (load !== undefined) return refuseStateless(proxy, incoming, load);
  const { from, to } = received.value;
  const rule = proxy.config.identityRule ?? commonNameOwnsFrom;
  const reason = rule({ commonName: peer.commonName, request, from, to });
  if (reason !== undefined)
    return refuse(proxy, incoming, { status: 403, code: 'sip/identity', text: reason });
  if (request.method === 'CANCEL') return receiveCancel(proxy, incoming);
  return request.method === 'REGISTER'
    ? receiveRegister(proxy, incoming)
    : routeRequest(proxy, incoming);
};

const receiveMessage = (proxy: Proxy, input: MessageInput, message: SipMessage): void =>
  message.kind === 'request'
    ? receiveRequest(proxy, input, message)
    : receiveResponse(proxy, input.connection, message);

const receive = (proxy: Proxy, input: MessageInput): void => {
  const { connection, peer, message } = input;
  proxy.connections.set(connection, peer);
  if (!(message instanceof Uint8Array)) return receiveMessage(proxy, input, message);
  const parsed = parseMessage(message);
  return parsed.ok
    ? receiveMessage(proxy, input, parsed.value)
    : refuseUnreadable(proxy, connection, message, parsed.error);
};

/** The server knows the callee, and has no place where to reach it now (RFC 3261 section 21.4.18). */
const CALLEE_LOST: Refusal = {
  status: 480,
  code: 'sip/connection-lost',
  text: 'The connection of the phone was lost',
};

/** What a connection carried is lost with it (RFC 3261 sections 16.9 and 18.4). */
const connectionClosed = (proxy: Proxy, connection: ConnectionId): void => {
  const number = proxy.connections.get(connection)?.commonName;
  if (number === undefined) return;
  proxy.connections.delete(connection);
  for (const binding of proxy.bindings.values())
    if (binding.connection === connection) unbind(proxy, binding.number);
  // A caller need not be registered.
  awaitReturn(proxy, number);
  for (const client of proxy.clients.values()) {
    if (client.final !== undefined) continue;
    if (client.connection === connection) failClient(proxy, client, CALLEE_LOST, 'connection-lost');
    else if (client.server.connection === connection && client.method === 'INVITE') {
      cancelClient(proxy, client, reasonOf(480, 'Connection lost'));
      if (client.call?.state === 'early') endCall(proxy, client.call, 'connection-lost');
    }
  }
  for (const [key, held] of proxy.farewells)
    if (held === connection) {
      proxy.farewells.delete(key);
      proxy.timers.clear(`F ${key}`);
    }
};

/**
 * Interpretation I-7: ends the live connections and calls of a revoked user; {@link sayFarewell} tells the phones at both ends of
 * a conversation, which is why it is ended while the connection is still there.
 */
const revoke = (proxy: Proxy, number: string): void => {
  for (const call of callsOf(proxy, number))
    if (call.state === 'answered') endCall(proxy, call, 'revoked');
  for (const [connection, peer] of proxy.connections)
    if (peer.commonName === number) {
      proxy.outputs.push({ kind: 'close', connection });
      connectionClosed(proxy, connection);
    }
  endCallsOf(proxy, number, 'revoked');
};

/** Ends every call: answered ones by BYE to both phones, ringing ones by CANCEL and 503 (RFC 3261 sections 9.1 and 21.5.4). */
const endAllCalls = (proxy: Proxy, text: string): void => {
  proxy.isStopping = true;
  const reason = reasonOf(503, text);
  for (const client of proxy.clients.values()) {
    if (client.call?.state !== 'early' || client.final !== undefined) continue;
    cancelClient(proxy, client, reason);
    answer(proxy, client.server, 503, [RETRY_AFTER, warning(proxy, text)]);
  }
  for (const call of proxy.calls.values()) endCall(proxy, call, 'stopped', reason);
};

/** A client that sends faster than it may: its request is answered, and nothing is kept (RFC 3261 section 21.5.4). */
const refuseOverload = (proxy: Proxy, connection: ConnectionId, bytes: Uint8Array): void => {
  const request = salvageRequest(bytes);
  logRefusal(proxy, 'sip/message-rate', 'messages faster than allowed', { connection });
  if (request === undefined || request.method === 'ACK') return;
  const headers = [RETRY_AFTER, warning(proxy, 'Messages faster than allowed')];
  const toTag = proxy.config.random();
  send(proxy, connection, respond(request, 503, { toTag, headers }));
};

const apply = (proxy: Proxy, input: RegistrarProxyInput): void => {
  switch (input.kind) {
    case 'message':
      return receive(proxy, input);
    case 'connection-closed':
      return connectionClosed(proxy, input.connection);
    case 'unreadable':
      proxy.connections.set(input.connection, input.peer);
      return refuseUnreadable(proxy, input.connection, input.head, input.fault);
    case 'overload':
      proxy.connections.set(input.connection, input.peer);
      return refuseOverload(proxy, input.connection, input.message);
    case 'revoke':
      return revoke(proxy, input.number);
    case 'end-calls':
      return endAllCalls(proxy, input.text);
    case 'tick':
      return undefined;
  }
};

/**
 * The appliance's signalling: registrar (RFC 3261 section 10) and transaction-stateful proxy (section 16) that stays on the
 * path, never forks, and never changes Call-ID, From, To or any header but Via, Route, Record-Route, Max-Forwards,
 * Max-Breadth and the body's type and length.
 */
export const createRegistrarProxy = (config: RegistrarProxyConfig): RegistrarProxy => {
  const proxy: Proxy = {
    config,
    timers: createTimers(),
    connections: new Map(),
    bindings: new Map(),
    servers: new Map(),
    clients: new Map(),
    calls: new Map(),
    ended: new Map(),
    farewells: new Map(),
    pending: new Map(),
    held: new Map(),
    callsOf: new Map(),
    isStopping: false,
    now: 0,
    outputs: [],
  };
  let announced: number | undefined;
  return {
    locations: () => [...proxy.bindings.values()],
    calls: () =>
      [...proxy.calls.values()].map(({ callId, caller, callee, startedAt, state }) => ({
        callId,
        caller: caller.number,
        callee: callee.number,
        since: startedAt,
        isAnswered: state === 'answered',
      })),
    farewells: () => awaitedFarewells(proxy),
    holdings: () => ({
      bindings: proxy.bindings.size,
      transactions: proxy.servers.size + proxy.clients.size + proxy.farewells.size,
      calls: proxy.calls.size + proxy.ended.size,
      users: proxy.held.size + proxy.callsOf.size,
      nextTimer: proxy.timers.next(),
    }),
    handle(input, now) {
      proxy.now = now;
      proxy.outputs = [];
      proxy.timers.run(now);
      apply(proxy, input);
      const next = proxy.timers.next();
      if (next !== undefined && (next !== announced || input.kind === 'tick'))
        proxy.outputs.push({ kind: 'wake', at: next });
      announced = next;
      return proxy.outputs;
    },
  };
};
