import { toHex, utf8 } from '../../bytes.ts';
import { sha256 } from '../../primitives/hash.ts';
import type { Essentials } from '../message/essentials.ts';
import {
  header,
  listValues,
  prependHeader,
  replaceHeader,
  type SipRequest,
  withHeader,
  withoutHeader,
} from '../message/message.ts';
import { relayedRequest } from './bodies.ts';
import {
  callsOf,
  endCall,
  findCall,
  type Membership,
  noteParty,
  noteReturn,
  startCall,
} from './calls.ts';
import { checkRequest, isForServer, readRoute, RETRY_AFTER } from './checks.ts';
import { connectionOf } from './farewells.ts';
import { cancelClient, startClientTimer, TIMER_C } from './responses.ts';
import {
  answer,
  type ClientTransaction,
  type Incoming,
  openServer,
  ownUri,
  type Proxy,
  type Refusal,
  refuse,
  send,
  type ServerTransaction,
  serverKey,
} from './state.ts';
import type { ConnectionId } from './registrar-proxy-contract.ts';
import { asRequestUri, userOf } from '../message/uri.ts';
import { BRANCH_COOKIE } from '../message/via.ts';

const DEFAULT_MAX_FORWARDS = 70;
/** RFC 5393 section 5.3.3. */
const DEFAULT_MAX_BREADTH = '60';
const DEFAULT_MAXIMUM_CALLS = 10_000;
const DEFAULT_MAXIMUM_CALLS_PER_USER = 8;

/** What routing depends on, as part of the branch (RFC 3261 section 16.6 step 8, as RFC 5393 section 4.2 corrects it). */
const loopMark = (request: SipRequest, received: Essentials): string => {
  const { callId, fromTag, toTag = '', cseq } = received;
  const routes = listValues(request, 'Route').join();
  const fields = [request.uri, callId, fromTag, toTag, cseq.sequence, routes].join('\n');
  return toHex(sha256(utf8(fields)).subarray(0, 8));
};

interface Target {
  readonly connection: ConnectionId;
  readonly number: string;
  readonly uri: string;
  readonly member: Membership | undefined;
}

const NOT_REGISTERED: Refusal = {
  status: 480,
  code: 'sip/not-registered',
  text: 'The number is not registered',
};
const UNKNOWN_NUMBER: Refusal = {
  status: 404,
  code: 'sip/unknown-number',
  text: 'No such number here',
};

/** Methods that mean nothing outside a dialog. */
const INSIDE_ONLY: ReadonlySet<string> = new Set(['ACK', 'BYE', 'INFO', 'PRACK', 'UPDATE']);

/** Inside a call requests follow the other party, on whatever connection it registered last, and nobody else's pass. */
const findParty = (proxy: Proxy, { request, received }: Incoming): Target | Refusal => {
  const member = findCall(proxy, received);
  if (member === 'impostor')
    return { status: 403, code: 'sip/identity', text: 'From is not a party to this call' };
  // Only INVITE makes dialogs here, and the proxy saw them all (RFC 3261 section 12.2.2).
  // What crosses a BYE still finds its way, but begins nothing: the relay has freed what it kept for the call.
  if (member === undefined || (member.call.state === 'ended' && request.method === 'INVITE'))
    return { status: 481, code: 'sip/dialog', text: 'No call with this Call-ID and these tags' };
  const connection = connectionOf(proxy, member.recipient);
  return connection === undefined
    ? NOT_REGISTERED
    : { connection, number: member.recipient.number, uri: request.uri, member };
};

/** Where a request goes (RFC 3261 section 16.5), or its refusal. */
const findTarget = (proxy: Proxy, incoming: Incoming): Target | Refusal => {
  const { request, received } = incoming;
  if (received.toTag !== undefined || INSIDE_ONLY.has(request.method))
    return findParty(proxy, incoming);
  const own = ownUri(proxy, request.uri);
  const number = own === undefined ? userOf(request.uri) : own.user;
  const binding = number === undefined ? undefined : proxy.bindings.get(number);
  // A URI of another domain is reached only if it is a registered contact: no relaying for anyone.
  if (own === undefined && binding?.contact !== request.uri) return UNKNOWN_NUMBER;
  if (binding !== undefined) {
    const { connection, contact } = binding;
    // Section 16.6, step 2.
    return { connection, number: binding.number, uri: asRequestUri(contact), member: undefined };
  }
  const known = number !== undefined && (proxy.config.isKnownNumber?.(number) ?? true);
  return known ? NOT_REGISTERED : UNKNOWN_NUMBER;
};

/** The request as it leaves (RFC 3261 section 16.6): new Request-URI, Max-Forwards, Max-Breadth, Record-Route, Via; the rest as it came. */
const onward = (
  proxy: Proxy,
  { request, received }: Pick<Incoming, 'request' | 'received'>,
  uri: string,
  branch: string,
): SipRequest => {
  const { host, port } = proxy.config;
  const forwards = (received.maxForwards ?? DEFAULT_MAX_FORWARDS + 1) - 1;
  const counted = replaceHeader({ ...request, uri }, 'Max-Forwards', String(forwards));
  const bounded =
    request.method === 'ACK' || header(request, 'Max-Breadth') !== undefined
      ? counted
      : withHeader(counted, 'Max-Breadth', DEFAULT_MAX_BREADTH);
  const recorded =
    request.method === 'INVITE'
      ? prependHeader(bounded, 'Record-Route', `<sip:${host}:${port};transport=tls;lr>`)
      : bounded;
  return prependHeader(recorded, 'Via', `SIP/2.0/TLS ${host}:${port};branch=${branch}`);
};

const openClient = (
  proxy: Proxy,
  { request, received }: Pick<Incoming, 'request' | 'received'>,
  branch: string,
  server: ServerTransaction,
  rest: Pick<
    ClientTransaction,
    'connection' | 'call' | 'fromNumber' | 'toNumber' | 'fromAddress' | 'toAddress'
  >,
): void => {
  const client: ClientTransaction = {
    ...rest,
    key: `${request.method} ${branch}`,
    method: request.method,
    request,
    sent: received,
    server,
    patience: proxy.now + TIMER_C,
    proceeding: false,
    cancelReason: undefined,
    cancelSent: false,
    final: undefined,
    rewritten: undefined,
  };
  server.client = client;
  proxy.clients.set(client.key, client);
  startClientTimer(proxy, client);
  send(proxy, client.connection, request);
};

/** Whether another call may begin. */
const checkCalls = (proxy: Proxy, { received }: Incoming, caller: string): Refusal | undefined => {
  const { config, calls } = proxy;
  // Call-ID names the call to the relay, so that no second call may take it.
  if (calls.has(received.callId))
    return { status: 482, code: 'sip/call-id', text: 'A call has this Call-ID already' };
  const headers = [RETRY_AFTER];
  if (proxy.isStopping) return { status: 503, code: 'sip/stopping', text: 'Stopping', headers };
  if (calls.size >= (config.maximumCalls ?? DEFAULT_MAXIMUM_CALLS))
    return { status: 503, code: 'sip/calls', text: 'Too many calls', headers };
  const dialled = callsOf(proxy, caller).filter((call) => call.caller.number === caller).length;
  return dialled < (config.maximumCallsPerUser ?? DEFAULT_MAXIMUM_CALLS_PER_USER)
    ? undefined
    : { status: 503, code: 'sip/user-calls', text: 'Too many calls of this user', headers };
};

/** Sends a request on to its target, with a transaction on each side (RFC 3261 section 16.6). */
const forward = (proxy: Proxy, incoming: Incoming, target: Target, mark: string): void => {
  const { request, received, peer, connection } = incoming;
  const { uri, member, number: toNumber } = target;
  const context = {
    fromNumber: userOf(received.from.uri) ?? peer.commonName,
    toNumber,
    fromAddress: peer.address,
    toAddress: proxy.connections.get(target.connection)?.address ?? '',
  };
  const first = request.method === 'INVITE' && member === undefined;
  const refusal = first ? checkCalls(proxy, incoming, context.fromNumber) : undefined;
  if (refusal !== undefined) return refuse(proxy, incoming, refusal);
  const callee = { number: toNumber, connection: target.connection };
  const call = first ? startCall(proxy, incoming, context.fromNumber, callee) : member?.call;
  const relayed = relayedRequest(proxy, incoming, context);
  if ('status' in relayed) {
    refuse(proxy, incoming, relayed);
    return first && call !== undefined ? endCall(proxy, call, 'failed') : undefined;
  }
  if (member !== undefined) {
    noteParty(member.sender, request, received, connection);
    noteReturn(proxy, member.sender.number);
  }
  const branch = `${BRANCH_COOKIE}${proxy.config.random()}.${mark}`;
  const sent = onward(proxy, { request: relayed, received }, uri, branch);
  // Sections 16.11, 17.1.1.3: the ACK of a 2xx has no transaction.
  if (request.method === 'ACK') return send(proxy, target.connection, sent);
  const server = openServer(proxy, incoming);
  // Section 17.2.1: at once, since the callee rings for longer than 200 ms.
  if (request.method === 'INVITE') answer(proxy, server, 100);
  openClient(proxy, { request: sent, received }, branch, server, {
    ...context,
    connection: target.connection,
    call,
  });
  return endByBye(proxy, request, member);
};

/** Section 15: the session is over when one party says so, whatever the other answers. */
const endByBye = (
  proxy: Proxy,
  request: SipRequest,
  member: Membership | 'impostor' | undefined,
): void => {
  if (request.method === 'BYE' && typeof member === 'object' && member.exact)
    endCall(proxy, member.call, 'bye');
};

/** RFC 3261 section 16.10. No request is ever forwarded without state, so a CANCEL that fits none is answered 481. */
export const receiveCancel = (proxy: Proxy, incoming: Incoming): void => {
  const { connection, received, request } = incoming;
  const server = proxy.servers.get(serverKey(connection, received, 'INVITE'));
  if (server === undefined)
    return refuse(proxy, incoming, {
      status: 481,
      code: 'sip/cancel',
      text: 'No INVITE to cancel',
    });
  answer(proxy, openServer(proxy, incoming), 200);
  if (server.final === undefined && server.client !== undefined)
    cancelClient(proxy, server.client, header(request, 'Reason') ?? '');
  return undefined;
};

/** What this server can do (RFC 3261 section 11.2). */
const answerOptions = (proxy: Proxy, incoming: Incoming): void =>
  answer(proxy, openServer(proxy, incoming), 200, [
    ['Allow', 'REGISTER, INVITE, ACK, CANCEL, BYE, OPTIONS'],
    ['Accept', 'application/sdp'],
    ['Supported', ''],
  ]);

/** Routes and forwards a request that passed the checks of identity (RFC 3261 sections 16.3 to 16.6). */
export const routeRequest = (proxy: Proxy, incoming: Incoming): void => {
  const mark = loopMark(incoming.request, incoming.received);
  const refusal = checkRequest(proxy, incoming, mark);
  if (refusal !== undefined) return refuse(proxy, incoming, refusal);
  const uri = readRoute(proxy, incoming.request);
  if (uri === undefined)
    return refuse(proxy, incoming, {
      status: 403,
      code: 'sip/foreign-route',
      text: 'Route leads to another server',
    });
  const request = withoutHeader({ ...incoming.request, uri }, 'Route');
  const routed = { ...incoming, request };
  if (isForServer(proxy, routed)) return answerOptions(proxy, incoming);
  const target = findTarget(proxy, routed);
  if ('connection' in target) return forward(proxy, routed, target, mark);
  if (target === NOT_REGISTERED) endByBye(proxy, request, findCall(proxy, incoming.received));
  return refuse(proxy, incoming, target);
};
