import { ok } from '../result.ts';
import { type EssentialsFaultCode, readEssentials } from './essentials.ts';
import { commonNameOwnsFrom } from './identity.ts';
import { listValues, parseMessage, replaceFirstValue, type SipRequest } from './message.ts';
import { awaitReturn, endCall, endCallsOf } from './proxy-calls.ts';
import { receiveCancel, routeRequest } from './proxy-requests.ts';
import { cancelClient, failClient, receiveResponse } from './proxy-responses.ts';
import {
  type Incoming,
  logRefusal,
  ownUri,
  type Proxy,
  refuse,
  send,
  sendBytes,
  serverKey,
  warning,
} from './proxy-state.ts';
import { receiveRegister, unbind } from './registrar.ts';
import type {
  ConnectionId,
  RegistrarProxy,
  RegistrarProxyConfig,
  RegistrarProxyInput,
} from './registrar-proxy-contract.ts';
import { respond } from './responses.ts';
import { createTimers } from './timers.ts';
import { formatVia, parseVia, stampVia } from './via.ts';

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

const DEFAULT_MAXIMUM_TRANSACTIONS = 20_000;

type MessageInput = Extract<RegistrarProxyInput, { kind: 'message' }>;

const stamp = (request: SipRequest, input: MessageInput): SipRequest => {
  const via = parseVia(listValues(request, 'Via')[0] ?? '');
  if (!via.ok) return request;
  const stamped = stampVia(via.value, input.peer.address, input.peer.port);
  return replaceFirstValue(request, 'Via', formatVia(stamped));
};

/** RFC 3261 section 16.3 step 1: unreadable requests get 400, unless no answer could find its way. */
const refuseMalformed = (
  proxy: Proxy,
  input: MessageInput,
  request: SipRequest,
  code: EssentialsFaultCode,
): void => {
  logRefusal(proxy, code, `${request.method} from ${input.peer.commonName} is malformed`);
  if (code === 'sip/via' || request.method === 'ACK') return;
  const response = respond(stamp(request, input), 400, { toTag: proxy.config.random() });
  send(proxy, input.connection, response);
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
  proxy.servers.delete(known.key);
  proxy.timers.clear(`H ${known.key}`);
  return true;
};

const receiveRequest = (proxy: Proxy, input: MessageInput, request: SipRequest): void => {
  const received = readEssentials(request);
  if (!received.ok) return refuseMalformed(proxy, input, request, received.error.code);
  const { connection, peer } = input;
  const incoming: Incoming = {
    connection,
    peer,
    request: stamp(request, input),
    received: received.value,
  };
  if (absorbed(proxy, incoming)) return undefined;
  const { from, to } = received.value;
  const rule = proxy.config.identityRule ?? commonNameOwnsFrom;
  const reason = rule({ commonName: peer.commonName, request, from, to });
  if (reason !== undefined)
    return refuse(proxy, incoming, 403, 'sip/identity', [warning(proxy, reason)]);
  if (request.method === 'CANCEL') return receiveCancel(proxy, incoming);
  if (request.version.toUpperCase() !== 'SIP/2.0')
    return refuse(proxy, incoming, 505, 'sip/version');
  const maximum = proxy.config.maximumTransactions ?? DEFAULT_MAXIMUM_TRANSACTIONS;
  if (proxy.servers.size >= maximum && request.method !== 'ACK' && request.method !== 'BYE') {
    logRefusal(proxy, 'sip/overload', `${proxy.servers.size} transactions under way`);
    return send(
      proxy,
      connection,
      respond(incoming.request, 503, { toTag: proxy.config.random() }),
    );
  }
  if (request.method === 'REGISTER')
    return ownUri(proxy, request.uri) === undefined
      ? refuse(proxy, incoming, 404, 'sip/domain')
      : receiveRegister(proxy, incoming);
  return routeRequest(proxy, incoming);
};

const receive = (proxy: Proxy, input: MessageInput): void => {
  const { connection, peer, message } = input;
  proxy.connections.set(connection, peer);
  const parsed = message instanceof Uint8Array ? parseMessage(message) : ok(message);
  if (!parsed.ok)
    return logRefusal(
      proxy,
      parsed.error.code,
      `message from ${peer.commonName}, at byte ${parsed.error.offset}`,
    );
  return parsed.value.kind === 'request'
    ? receiveRequest(proxy, input, parsed.value)
    : receiveResponse(proxy, connection, parsed.value);
};

/** What a connection carried is lost with it (RFC 3261 sections 16.9 and 18.4). */
const connectionClosed = (proxy: Proxy, connection: ConnectionId): void => {
  const number = proxy.connections.get(connection)?.commonName;
  proxy.connections.delete(connection);
  for (const binding of proxy.bindings.values())
    if (binding.connection === connection) unbind(proxy, binding.number);
  // A caller need not be registered.
  if (number !== undefined && !proxy.bindings.has(number)) awaitReturn(proxy, number);
  for (const client of proxy.clients.values()) {
    if (client.final !== undefined) continue;
    // Section 21.4.18: the server knows the callee, and has no place where to reach it now.
    if (client.connection === connection) failClient(proxy, client, 480, 'connection-lost');
    else if (client.server.connection === connection && client.request.method === 'INVITE') {
      cancelClient(proxy, client);
      if (client.call?.calleeTag === undefined && client.call !== undefined)
        endCall(proxy, client.call, 'connection-lost');
    }
  }
};

const revoke = (proxy: Proxy, number: string): void => {
  for (const [connection, peer] of proxy.connections)
    if (peer.commonName === number) {
      proxy.outputs.push({ kind: 'close', connection });
      connectionClosed(proxy, connection);
    }
  endCallsOf(proxy, number, 'revoked');
};

const apply = (proxy: Proxy, input: RegistrarProxyInput): void => {
  switch (input.kind) {
    case 'message':
      return receive(proxy, input);
    case 'connection-closed':
      return connectionClosed(proxy, input.connection);
    case 'revoke':
      return revoke(proxy, input.number);
    case 'tick':
      return undefined;
  }
};

/**
 * The appliance's signalling: registrar (RFC 3261 section 10) and transaction-stateful proxy (section 16) that stays on the
 * path, never forks, and never changes Call-ID, From, To or any header but Via, Route, Record-Route, Max-Forwards and the
 * body's length.
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
    absent: new Set(),
    now: 0,
    outputs: [],
  };
  let announced: number | undefined;
  return {
    locations: () => [...proxy.bindings.values()],
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
