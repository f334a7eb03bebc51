import type { Essentials } from './essentials.ts';
import { type SipMessage, type SipRequest, serialize } from './message.ts';
import type { Parameters } from './parameters.ts';
import type {
  ConnectionId,
  Location,
  Peer,
  RegistrarProxyConfig,
  RegistrarProxyOutput,
} from './registrar-proxy-contract.ts';
import { respond } from './responses.ts';
import { type Timers, TRANSACTION_TIMEOUT } from './timers.ts';
import { parseSipUri } from './uri.ts';
import { sentBy } from './via.ts';

export interface Binding extends Location {
  readonly callId: string;
  readonly sequence: number;
}

/** A request received, until its final response is done with (RFC 3261 section 17.2). */
export interface ServerTransaction {
  readonly key: string;
  readonly connection: ConnectionId;
  /** As received, `received` and `rport` filled in. */
  readonly request: SipRequest;
  readonly received: Essentials;
  client: ClientTransaction | undefined;
  /** Last response sent, repeated when the request is. */
  response: Uint8Array | undefined;
  final: number | undefined;
}

/** The same request as sent on (RFC 3261 section 17.1). */
export interface ClientTransaction {
  readonly key: string;
  readonly branch: string;
  readonly connection: ConnectionId;
  readonly request: SipRequest;
  readonly sent: Essentials;
  readonly server: ServerTransaction;
  readonly call: ProxiedCall | undefined;
  readonly fromNumber: string;
  readonly toNumber: string;
  readonly fromAddress: string;
  readonly toAddress: string;
  proceeding: boolean;
  cancelRequested: boolean;
  cancelSent: boolean;
  final: number | undefined;
  /** The last body rewritten and what became of it, so that repeated responses stay identical. */
  rewritten: { readonly from: Uint8Array; readonly to: Uint8Array | undefined } | undefined;
}

export interface ProxiedCall {
  readonly callId: string;
  readonly caller: string;
  readonly callee: string;
  readonly callerTag: string;
  /** To tag of the first 2xx. */
  calleeTag: string | undefined;
}

/** State of the proxy while it handles an input. */
export interface Proxy {
  readonly config: RegistrarProxyConfig;
  readonly timers: Timers;
  readonly connections: Map<ConnectionId, Peer>;
  readonly bindings: Map<string, Binding>;
  readonly servers: Map<string, ServerTransaction>;
  readonly clients: Map<string, ClientTransaction>;
  readonly calls: Map<string, ProxiedCall>;
  /** Numbers in answered calls that are not registered now. */
  readonly absent: Set<string>;
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

export const sendBytes = (proxy: Proxy, connection: ConnectionId, bytes: Uint8Array): void => {
  if (proxy.connections.has(connection)) proxy.outputs.push({ kind: 'send', connection, bytes });
};

export const send = (proxy: Proxy, connection: ConnectionId, message: SipMessage): void =>
  sendBytes(proxy, connection, serialize(message));

export const logRefusal = (proxy: Proxy, code: string, detail: string): void => {
  proxy.outputs.push({ kind: 'refused', code, detail });
};

/** Transactions are told apart by connection too, so that no client can reach into another's (RFC 3261 section 17.2.3). */
export const serverKey = (connection: ConnectionId, received: Essentials, method: string): string =>
  `${connection} ${method} ${sentBy(received.via)} ${received.branch}`;

export const openServer = (proxy: Proxy, incoming: Incoming): ServerTransaction => {
  const { connection, request, received } = incoming;
  const key = serverKey(connection, received, request.method);
  const server: ServerTransaction = {
    key,
    connection,
    request,
    received,
    client: undefined,
    response: undefined,
    final: undefined,
  };
  proxy.servers.set(key, server);
  return server;
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
  if (server.request.method !== 'INVITE') {
    proxy.servers.delete(server.key);
    return;
  }
  // Timer H (RFC 3261 section 17.2.1), or L after a 2xx (RFC 6026 section 7.1).
  proxy.timers.set(`H ${server.key}`, proxy.now + TRANSACTION_TIMEOUT, () => {
    proxy.servers.delete(server.key);
  });
};

/** Answers a transaction from the proxy itself. */
export const answer = (
  proxy: Proxy,
  server: ServerTransaction,
  status: number,
  headers: readonly (readonly [string, string])[] = [],
): void => {
  const toTag = status === 100 ? {} : { toTag: proxy.config.random() };
  sendResponse(
    proxy,
    server,
    status,
    serialize(respond(server.request, status, { ...toTag, headers })),
  );
};

/** A Warning header value (RFC 3261 section 20.43). */
export const warning = (proxy: Proxy, text: string): readonly [string, string] => [
  'Warning',
  `399 ${proxy.config.host} "${text.replaceAll(/["\\]/g, '')}"`,
];

/** Refuses a request: logged, and answered unless it is an ACK. */
export const refuse = (
  proxy: Proxy,
  incoming: Incoming,
  status: number,
  code: string,
  headers: readonly (readonly [string, string])[] = [],
): void => {
  const { request, peer } = incoming;
  logRefusal(proxy, code, `${request.method} from ${peer.commonName} refused with ${status}`);
  if (request.method !== 'ACK') answer(proxy, openServer(proxy, incoming), status, headers);
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
  const named = [...domains, ownHost].some((own) => own.toLowerCase() === host.toLowerCase());
  return named && (port === undefined || port === ownPort) ? { user, parameters } : undefined;
};
