import type { Essentials } from '../message/essentials.ts';
import { type SipMessage, type SipRequest, serialize } from '../message/message.ts';
import type { Parameters } from '../message/parameters.ts';
import type {
  ConnectionId,
  Location,
  Peer,
  RegistrarProxyConfig,
  RegistrarProxyOutput,
} from './registrar-proxy-contract.ts';
import { respond } from '../message/responses.ts';
import { type Timers, TRANSACTION_TIMEOUT } from '../timers.ts';
import { parseSipUri } from '../message/uri.ts';
import { sentBy } from '../message/via.ts';

export interface Binding extends Location {
  readonly callId: string;
  readonly sequence: number;
}

/** A request received, until its final response is done with (RFC 3261 section 17.2). */
export interface ServerTransaction {
  readonly key: string;
  readonly connection: ConnectionId;
  /** Owner of the connection, for the limits. */
  readonly user: string;
  readonly method: string;
  readonly received: Essentials;
  /** As received, `received` and `rport` filled in; dropped after the final response. */
  request: SipRequest | undefined;
  client: ClientTransaction | undefined;
  /** Last response sent, repeated when the request is. */
  response: Uint8Array | undefined;
  final: number | undefined;
  /** Counted among its user's transactions under way. */
  counted: boolean;
}

/** The same request as sent on (RFC 3261 section 17.1). */
export interface ClientTransaction {
  readonly key: string;
  readonly connection: ConnectionId;
  readonly method: string;
  readonly sent: Essentials;
  readonly server: ServerTransaction;
  readonly call: ProxiedCall | undefined;
  readonly fromNumber: string;
  readonly toNumber: string;
  readonly fromAddress: string;
  readonly toAddress: string;
  /** When timer C runs out unless a provisional response sets it anew, milliseconds. */
  readonly patience: number;
  /** As sent; dropped after a 2xx. */
  request: SipRequest | undefined;
  proceeding: boolean;
  /** The Reason header value with which a CANCEL is wanted, empty for none; undefined when none is wanted. */
  cancelReason: string | undefined;
  cancelSent: boolean;
  final: number | undefined;
  /** The last body rewritten and what became of it, so that repeated responses stay identical. */
  rewritten: { readonly from: Uint8Array; readonly to: Uint8Array | undefined } | undefined;
}

/** One end of a call as the proxy saw it: what a request to it inside the dialog needs (RFC 3261 section 12.2.1.1). */
export interface CallParty {
  readonly number: string;
  /** From's tag of the caller; To's tag of the first 2xx of the callee. */
  tag: string | undefined;
  /** Its From or To value with the tag, as sent. */
  address: string;
  /** Its remote target. */
  contact: string | undefined;
  /** Highest CSeq number that it sent in this call. */
  sequence: number;
  /** The connection that it last used for this call. */
  connection: ConnectionId;
  /** It cannot be reached now. */
  absent: boolean;
}

export interface ProxiedCall {
  readonly callId: string;
  readonly caller: CallParty;
  readonly callee: CallParty;
  /** Milliseconds. */
  readonly startedAt: number;
  state: 'early' | 'answered' | 'ended';
}

/** State of the proxy while it handles an input. */
export interface Proxy {
  readonly config: RegistrarProxyConfig;
  readonly timers: Timers;
  readonly connections: Map<ConnectionId, Peer>;
  readonly bindings: Map<string, Binding>;
  readonly servers: Map<string, ServerTransaction>;
  readonly clients: Map<string, ClientTransaction>;
  /** Calls under way, oldest first. */
  readonly calls: Map<string, ProxiedCall>;
  /** Answered calls that ended less than 64*T1 ago: what crosses a BYE still finds its way. */
  readonly ended: Map<string, ProxiedCall>;
  /** BYEs that the proxy made, and the connections to which they went. */
  readonly farewells: Map<string, ConnectionId>;
  /** Transactions under way of each user. */
  readonly pending: Map<string, number>;
  /** The same, with those that are answered and not yet forgotten. */
  readonly held: Map<string, number>;
  /** Calls under way of each number. */
  readonly callsOf: Map<string, Set<ProxiedCall>>;
  /** No call begins any more. */
  isStopping: boolean;
  now: number;
  outputs: RegistrarProxyOutput[];
}

/** A request on its way through the checks. */
export interface Incoming {
  readonly connection: ConnectionId;
  readonly peer: Peer;
  /** `received` and `rport` filled in. */
  readonly request: SipRequest;
  readonly received: Essentials;
}

/** Name and value of a header. */
type Pair = readonly [name: string, value: string];

/** Adds to a user's count; zero is not kept. */
export const count = (counts: Map<string, number>, user: string, change: 1 | -1): void => {
  const next = (counts.get(user) ?? 0) + change;
  if (next > 0) counts.set(user, next);
  else counts.delete(user);
};

export const sendBytes = (proxy: Proxy, connection: ConnectionId, bytes: Uint8Array): void => {
  if (proxy.connections.has(connection)) proxy.outputs.push({ kind: 'send', connection, bytes });
};

export const send = (proxy: Proxy, connection: ConnectionId, message: SipMessage): void =>
  sendBytes(proxy, connection, serialize(message));

/** Longest part of a peer's text that enters the log, characters. */
const LOGGED_CHARACTERS = 128;

/** An entry of the log: what was refused, and of whom and which call as far as known. */
export const logRefusal = (
  proxy: Proxy,
  code: string,
  detail: string,
  about: { readonly connection?: ConnectionId; readonly callId?: string } = {},
): void => {
  const { connection, callId } = about;
  const user = connection === undefined ? undefined : proxy.connections.get(connection)?.commonName;
  proxy.outputs.push({
    kind: 'refused',
    code,
    detail,
    ...(user === undefined ? {} : { user }),
    ...(connection === undefined ? {} : { connection }),
    ...(callId === undefined ? {} : { callId: callId.slice(0, LOGGED_CHARACTERS) }),
  });
};

/** Transactions are told apart by connection too, so that no client can reach into another's (RFC 3261 section 17.2.3). */
export const serverKey = (connection: ConnectionId, received: Essentials, method: string): string =>
  `${connection} ${method} ${sentBy(received.via)} ${received.branch}`;

export const openServer = (proxy: Proxy, incoming: Incoming): ServerTransaction => {
  const { connection, request, received, peer } = incoming;
  const key = serverKey(connection, received, request.method);
  const server: ServerTransaction = {
    key,
    connection,
    user: peer.commonName,
    method: request.method,
    request,
    received,
    client: undefined,
    response: undefined,
    final: undefined,
    counted: true,
  };
  proxy.servers.set(key, server);
  count(proxy.pending, server.user, 1);
  count(proxy.held, server.user, 1);
  return server;
};

const settle = (proxy: Proxy, server: ServerTransaction): void => {
  if (server.counted) count(proxy.pending, server.user, -1);
  server.counted = false;
};

/** Forgets a server transaction. */
export const closeServer = (proxy: Proxy, server: ServerTransaction): void => {
  settle(proxy, server);
  if (proxy.servers.get(server.key) !== server) return;
  proxy.timers.clear(`H ${server.key}`);
  proxy.servers.delete(server.key);
  count(proxy.held, server.user, -1);
};

/** Sends a response of a transaction; a final one closes it: at once for non-INVITE (timer J is zero over TLS), else after 64*T1. */
export const sendResponse = (
  proxy: Proxy,
  server: ServerTransaction,
  status: number,
  bytes: Uint8Array,
): void => {
  sendBytes(proxy, server.connection, bytes);
  server.response = bytes;
  if (status < 200 || server.final !== undefined) return;
  server.final = status;
  settle(proxy, server);
  if (server.method !== 'INVITE') return closeServer(proxy, server);
  // Nothing is answered anew; RFC 6026 section 7.1: after a 2xx a repeated INVITE is absorbed in silence.
  server.request = undefined;
  if (status < 300) server.response = undefined;
  // Timer H (RFC 3261 section 17.2.1), or L after a 2xx (RFC 6026 section 7.1).
  proxy.timers.set(`H ${server.key}`, proxy.now + TRANSACTION_TIMEOUT, () =>
    closeServer(proxy, server),
  );
};

/** Answers a transaction from the proxy itself. */
export const answer = (
  proxy: Proxy,
  server: ServerTransaction,
  status: number,
  headers: readonly Pair[] = [],
): void => {
  if (server.request === undefined) return;
  const toTag = status === 100 ? {} : { toTag: proxy.config.random() };
  sendResponse(
    proxy,
    server,
    status,
    serialize(respond(server.request, status, { ...toTag, headers })),
  );
};

/** A Warning header (RFC 3261 section 20.43). */
export const warning = (proxy: Proxy, text: string): Pair => [
  'Warning',
  `399 ${proxy.config.host} "${text.replaceAll(/["\\]/g, '')}"`,
];

/** Why a request is refused. */
export interface Refusal {
  readonly status: number;
  /** Stable, for the log. */
  readonly code: string;
  /** For the Warning header and the log. */
  readonly text: string;
  readonly headers?: readonly Pair[];
}

/** Refuses a request: logged, and answered with a Warning unless it is an ACK (RFC 3261 section 17.1.1.3). */
export const refuse = (proxy: Proxy, incoming: Incoming, refusal: Refusal): void => {
  const { request, received, connection } = incoming;
  const { status, code, text, headers = [] } = refusal;
  const method = request.method.slice(0, LOGGED_CHARACTERS);
  const what = method === 'ACK' ? 'dropped' : `refused with ${status}`;
  logRefusal(proxy, code, `${method} ${what}: ${text}`, { connection, callId: received.callId });
  if (method === 'ACK') return;
  answer(proxy, openServer(proxy, incoming), status, [...headers, warning(proxy, text)]);
};

/** What a URI is to this server: its user part when the URI names this server's domain, undefined otherwise. */
export const ownUri = (
  proxy: Proxy,
  uri: string,
): { readonly user: string | undefined; readonly parameters: Parameters } | undefined => {
  const parsed = parseSipUri(uri);
  if (!parsed.ok) return undefined;
  const { host, port, user, parameters } = parsed.value;
  const { domains, host: ownHost, port: ownPort } = proxy.config;
  if (port !== undefined && port !== ownPort) return undefined;
  const name = host.toLowerCase();
  const named =
    name === ownHost.toLowerCase() || domains.some((domain) => domain.toLowerCase() === name);
  return named ? { user, parameters } : undefined;
};
