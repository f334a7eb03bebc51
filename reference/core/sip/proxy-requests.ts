import { toHex, utf8 } from '../bytes.ts';
import { sha256 } from '../primitives/hash.ts';
import type { Essentials } from './essentials.ts';
import { readEssentials } from './essentials.ts';
import {
  header,
  listValues,
  prependHeader,
  replaceFirstValue,
  replaceHeader,
  type SipRequest,
  withBody,
} from './message.ts';
import { parseNameAddress } from './name-address.ts';
import { endCall, findCall, startCall } from './proxy-calls.ts';
import { cancelClient, startClientTimer } from './proxy-responses.ts';
import {
  answer,
  type Binding,
  type ClientTransaction,
  type Incoming,
  openServer,
  ownUri,
  type ProxiedCall,
  type Proxy,
  refuse,
  send,
  serverKey,
  type ServerTransaction,
  warning,
} from './proxy-state.ts';
import { parseSipUri, userOf } from './uri.ts';
import { BRANCH_COOKIE, branchOf, parseVia, sentBy } from './via.ts';

const DEFAULT_MAX_FORWARDS = 70;

/** What routing depends on, as part of the branch (RFC 3261 section 16.6 step 8, as RFC 5393 section 4.2 corrects it). */
const loopMark = (request: SipRequest, received: Essentials): string => {
  const { callId, fromTag, toTag = '', cseq } = received;
  const routes = listValues(request, 'Route').join();
  const fields = [request.uri, callId, fromTag, toTag, cseq.sequence, routes].join('\n');
  return toHex(sha256(utf8(fields)).subarray(0, 8));
};

/** Whether the request was here before with the same routing (RFC 3261 section 16.3, step 4). */
const loops = (proxy: Proxy, request: SipRequest, mark: string): boolean =>
  listValues(request, 'Via').some((value) => {
    const via = parseVia(value);
    if (!via.ok) return false;
    const { host, port } = proxy.config;
    const own = sentBy(via.value) === `${host.toLowerCase()}:${port}`;
    return own && branchOf(via.value)?.endsWith(`.${mark}`) === true;
  });

/** Removes our own values from the front of Route (RFC 3261 section 16.4). Strict routers before us do not exist here. */
const withoutOwnRoutes = (proxy: Proxy, request: SipRequest): SipRequest => {
  const first = listValues(request, 'Route')[0];
  const parsed = first === undefined ? undefined : parseNameAddress(first);
  if (parsed?.ok !== true || ownUri(proxy, parsed.value.uri) === undefined) return request;
  return withoutOwnRoutes(proxy, replaceFirstValue(request, 'Route', undefined));
};

interface Target {
  readonly binding: Binding;
  readonly uri: string;
  readonly call: ProxiedCall | undefined;
}

interface Unreachable {
  readonly status: number;
  readonly code: string;
  readonly call?: ProxiedCall;
}

/** Where a request goes (RFC 3261 section 16.5), or the status and code of its refusal. */
const findTarget = (proxy: Proxy, { request, received }: Incoming): Target | Unreachable => {
  const found = received.toTag === undefined ? undefined : findCall(proxy, received);
  if (found === 'impostor') return { status: 403, code: 'sip/identity' };
  if (found !== undefined) {
    // Inside a call requests follow the party, on whatever connection it registered last.
    const binding = proxy.bindings.get(found.to);
    if (binding === undefined) return { status: 480, code: 'sip/not-registered', call: found.call };
    return { binding, uri: request.uri, call: found.call };
  }
  if (!parseSipUri(request.uri).ok) return { status: 416, code: 'sip/uri-scheme' };
  const own = ownUri(proxy, request.uri);
  const number = own === undefined ? userOf(request.uri) : own.user;
  const binding = number === undefined ? undefined : proxy.bindings.get(number);
  // A URI of another domain is reached only if it is a registered contact: no relaying for anyone.
  if (own === undefined && binding?.contact !== request.uri)
    return { status: 404, code: 'sip/unknown-number' };
  if (binding !== undefined) return { binding, uri: binding.contact, call: undefined };
  const known = number !== undefined && (proxy.config.isKnownNumber?.(number) ?? true);
  return known
    ? { status: 480, code: 'sip/not-registered' }
    : { status: 404, code: 'sip/unknown-number' };
};

/** The request as it leaves (RFC 3261 section 16.6): new Request-URI, Max-Forwards, Record-Route, Via; the rest as it came. */
const onward = (proxy: Proxy, request: SipRequest, uri: string, branch: string): SipRequest => {
  const { host, port } = proxy.config;
  const forwards = Number(header(request, 'Max-Forwards') ?? DEFAULT_MAX_FORWARDS + 1) - 1;
  const counted = replaceHeader({ ...request, uri }, 'Max-Forwards', String(forwards));
  const recorded =
    request.method === 'INVITE'
      ? prependHeader(counted, 'Record-Route', `<sip:${host}:${port};transport=tls;lr>`)
      : counted;
  return prependHeader(recorded, 'Via', `SIP/2.0/TLS ${host}:${port};branch=${branch}`);
};

/** The INVITE with the body that the hook wants; undefined when the hook refuses it. */
const rewriteOffer = (
  proxy: Proxy,
  incoming: Incoming,
  context: Pick<ClientTransaction, 'fromNumber' | 'toNumber' | 'fromAddress' | 'toAddress'>,
): SipRequest | { readonly code: string } => {
  const { request, received } = incoming;
  const { rewriteBody } = proxy.config;
  if (rewriteBody === undefined || request.method !== 'INVITE' || request.body.length === 0)
    return request;
  const { callId } = received;
  const result = rewriteBody({ ...context, callId, direction: 'offer', message: request });
  if (!result.ok) return { code: result.error.code };
  return result.value === undefined ? request : withBody(request, result.value);
};

const openClient = (
  proxy: Proxy,
  request: SipRequest,
  branch: string,
  server: ServerTransaction,
  rest: Pick<
    ClientTransaction,
    'connection' | 'call' | 'fromNumber' | 'toNumber' | 'fromAddress' | 'toAddress'
  >,
): void => {
  const sent = readEssentials(request);
  if (!sent.ok) return;
  const client: ClientTransaction = {
    ...rest,
    key: `${request.method} ${branch}`,
    branch,
    request,
    sent: sent.value,
    server,
    proceeding: false,
    cancelRequested: false,
    cancelSent: false,
    final: undefined,
    rewritten: undefined,
  };
  server.client = client;
  proxy.clients.set(client.key, client);
  startClientTimer(proxy, client);
  send(proxy, client.connection, request);
};

/** Sends a request on to its target, with a transaction on each side (RFC 3261 section 16.6). */
const forward = (proxy: Proxy, incoming: Incoming, target: Target, mark: string): void => {
  const { request, received, peer } = incoming;
  const { binding, uri } = target;
  const branch = `${BRANCH_COOKIE}${proxy.config.random()}.${mark}`;
  // Section 16.11, 17.1.1.3: the ACK of a 2xx has no transaction.
  if (request.method === 'ACK')
    return send(proxy, binding.connection, onward(proxy, request, uri, branch));
  const context = {
    fromNumber: userOf(received.from.uri) ?? peer.commonName,
    toNumber: binding.number,
    fromAddress: peer.address,
    toAddress: proxy.connections.get(binding.connection)?.address ?? '',
  };
  const first = request.method === 'INVITE' && received.toTag === undefined;
  const call = first
    ? startCall(proxy, received, context.fromNumber, context.toNumber)
    : target.call;
  const rewritten = rewriteOffer(proxy, incoming, context);
  if ('code' in rewritten) {
    refuse(proxy, incoming, 488, rewritten.code, [warning(proxy, 'media not relayed')]);
    if (first && call !== undefined) endCall(proxy, call, 'failed');
    return undefined;
  }
  const server = openServer(proxy, incoming);
  // Section 17.2.1: at once, since the callee rings for longer than 200 ms.
  if (request.method === 'INVITE') answer(proxy, server, 100);
  const sent = onward(proxy, rewritten, uri, branch);
  openClient(proxy, sent, branch, server, { ...context, connection: binding.connection, call });
  // Section 15: the session is over when one party says so, whatever the other answers.
  if (request.method === 'BYE' && target.call !== undefined) endCall(proxy, target.call, 'bye');
  return undefined;
};

/** RFC 3261 section 16.10. */
export const receiveCancel = (proxy: Proxy, incoming: Incoming): void => {
  const { connection, received } = incoming;
  const server = proxy.servers.get(serverKey(connection, received, 'INVITE'));
  if (server === undefined) return refuse(proxy, incoming, 481, 'sip/cancel');
  answer(proxy, openServer(proxy, incoming), 200);
  if (server.final === undefined && server.client !== undefined) cancelClient(proxy, server.client);
  return undefined;
};

/** Routes and forwards a request that passed the checks of identity (RFC 3261 sections 16.3 to 16.6). */
export const routeRequest = (proxy: Proxy, incoming: Incoming): void => {
  const { received } = incoming;
  if (header(incoming.request, 'Max-Forwards') === '0')
    return refuse(proxy, incoming, 483, 'sip/max-forwards');
  const mark = loopMark(incoming.request, received);
  if (loops(proxy, incoming.request, mark)) return refuse(proxy, incoming, 482, 'sip/loop');
  const required = listValues(incoming.request, 'Proxy-Require');
  if (required.length > 0)
    return refuse(proxy, incoming, 420, 'sip/proxy-require', [
      ['Unsupported', required.join(', ')],
    ]);
  const routed = { ...incoming, request: withoutOwnRoutes(proxy, incoming.request) };
  const own = ownUri(proxy, routed.request.uri);
  if (own !== undefined && own.user === undefined && routed.request.method === 'OPTIONS')
    return answer(proxy, openServer(proxy, incoming), 200);
  // Call-ID names the call to the relay, so that no second call may take it.
  if (
    routed.request.method === 'INVITE' &&
    received.toTag === undefined &&
    proxy.calls.has(received.callId)
  )
    return refuse(proxy, incoming, 482, 'sip/call-id');
  const target = findTarget(proxy, routed);
  if ('status' in target) {
    if (incoming.request.method === 'BYE' && target.call !== undefined)
      endCall(proxy, target.call, 'bye');
    return refuse(proxy, incoming, target.status, target.code);
  }
  return forward(proxy, routed, target, mark);
};
