import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createAdmission, type Admission } from '../../core/sip/proxy/admission.ts';
import { defaultLimits, type SignallingLimits } from '../../core/sip/proxy/limits.ts';
import { createRefusalLog, type LogEntry } from '../../core/sip/proxy/log.ts';
import {
  createRegistrarProxy,
  type IdentityRule,
  type RegistrarProxy,
  type RegistrarProxyInput,
  type RegistrarProxyOutput,
} from '../../core/sip/proxy/registrar-proxy.ts';
import { uriHost } from '../../core/sip/message/uri.ts';
import type { TlsProfile } from '../../core/tls/profile.ts';
import type { ServerCredentials } from '../authorities/authorities.ts';
import type { ClientStatusCheck } from '../revocation/client-status.ts';
import { createClientCheck, type Client, type ClientCheck } from './client-check.ts';
import { serveConnection, type ClientConnection } from './client-connection.ts';
import { createFarewellWatch, type EndedCalls, type FarewellWatch } from './farewells.ts';
import { createTls, listen, signallingTlsOptions } from './listen.ts';
import { showLive, type LiveSignalling } from './live.ts';
import type { MediaPath } from './media-path.ts';

/** How often the kernel asks a silent client whether it is still there, milliseconds. */
const KEEP_ALIVE = 60_000;

/** What the SIP service is made of. */
export interface SignallingServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** SIP domain names that it answers for, besides its host; none where absent. */
  readonly domains?: readonly string[];
  readonly credentials: ServerCredentials;
  /** PEM of root and client authority. */
  readonly trust: { readonly root: string; readonly clientAuthority: string };
  /** Undefined for a proxy whose calls have no media. */
  readonly mediaPath: MediaPath | undefined;
  readonly random: () => string;
  readonly profile: TlsProfile;
  readonly identityRule: IdentityRule;
  readonly requireClientCertificate: boolean;
  /** Asked at every handshake and request (interpretations I-7); every certificate counts as good where absent. */
  readonly clientStatus?: ClientStatusCheck;
  /** {@link defaultLimits} for what is left out. */
  readonly limits?: Partial<SignallingLimits>;
  /** Makes the TLS side; the one of the exact profile unless a deliberately other one is composed. */
  readonly createTls?: typeof createTls;
  /** Told of each call that begins. */
  readonly onCall?: () => void;
  /** Told of what is refused; a flood of one kind is summed up. */
  readonly onRefusal: (code: string, detail: string) => void;
}

/** The running SIP service. */
export interface SignallingServer extends LiveSignalling {
  readonly endpoint: { readonly host: string; readonly port: number };
  /**
   * Ends a user's calls, with a BYE to both phones, and connections, at the latest 300 ms later (interpretation I-7). What those
   * connections still send is not read. Resolves once these connections are closed.
   */
  revoke(number: string): Promise<void>;
  /**
   * Ends every call with a BYE, or a CANCEL and 503, that says `text` as its Reason, and lets none begin any more. Resolves once the
   * phones have answered, at the latest after `deadline` milliseconds.
   */
  endCalls(text: string, deadline: number): Promise<EndedCalls>;
  /** New handshakes get this certificate; connections that stand keep the one they have seen. */
  renew(credentials: ServerCredentials): void;
  /** What it holds now, and what it refused of each code since the start. */
  figures(): {
    readonly connections: number;
    readonly registered: number;
    readonly refusals: ReadonlyMap<string, number>;
  };
  close(): Promise<void>;
}

interface Service {
  readonly options: SignallingServerOptions;
  readonly limits: SignallingLimits;
  readonly clients: ClientCheck;
  readonly proxy: RegistrarProxy;
  readonly admission: Admission;
  readonly connections: Map<string, ClientConnection>;
  /** Names of the TCP connections, by address and port of the other end. */
  readonly arrived: Map<string, string>;
  readonly log: ReturnType<typeof createRefusalLog>;
  readonly farewells: FarewellWatch;
  /** Sockets by the number they belong to. */
  readonly owned: Map<Socket, string>;
  alarm: NodeJS.Timeout | undefined;
}

const endpointOf = (socket: Socket): string =>
  `${socket.remoteAddress ?? 'unknown address'}:${socket.remotePort ?? 0}`;

const write = (service: Service, entries: readonly LogEntry[]): void => {
  for (const { code, detail } of entries) service.options.onRefusal(code, detail);
};

/** Logs what was refused of a source: a user, or the address of someone unknown. */
const logRefusal = (service: Service, code: string, detail: string, source: string): void =>
  write(
    service,
    service.log.add({ code, detail: `${source}: ${detail}` }, source, performance.now()),
  );

const take = (service: Service, input: RegistrarProxyInput): void => {
  for (const output of service.proxy.handle(input, performance.now())) carryOut(service, output);
  service.farewells.look();
};

const carryOut = (service: Service, output: RegistrarProxyOutput): void => {
  const { connections, options } = service;
  switch (output.kind) {
    case 'send':
      connections.get(output.connection)?.send(output.bytes);
      break;
    case 'close':
      connections.get(output.connection)?.dismiss();
      break;
    case 'refused': {
      const { code, detail, user, connection, callId } = output;
      const call = callId === undefined ? '' : `, Call-ID ${callId}`;
      const where = connection === undefined ? '' : ` (connection ${connection}${call})`;
      logRefusal(service, code, `${detail}${where}`, user ?? 'proxy');
      break;
    }
    case 'wake':
      clearTimeout(service.alarm);
      service.alarm = setTimeout(
        () => take(service, { kind: 'tick' }),
        Math.max(0, output.at - performance.now()),
      );
      break;
    case 'registered':
      options.mediaPath?.registered(output.number, output.connection, output.address);
      break;
    case 'call-ended':
      void options.mediaPath?.end(output.callId);
      break;
    case 'call-started':
      options.onCall?.();
      break;
    case 'unregistered':
    case 'call-answered':
      break;
  }
};

/** Whom a connection belongs to; undefined and a log entry when it may not be used. */
const identify = (service: Service, socket: TLSSocket): Client | undefined => {
  const client = service.clients.identify(socket);
  if (client.ok) return client.value;
  logRefusal(service, client.error.code, client.error.detail, endpointOf(socket));
  return undefined;
};

/** Takes what a client says, as long as its certificate is good: it may be revoked while the connection stands (I-7). */
const takeFrom = (service: Service, client: Client, name: string, input: RegistrarProxyInput) => {
  const refusal = service.clients.refusalOf(client);
  if (refusal === undefined) return take(service, input);
  logRefusal(service, refusal.code, refusal.detail, client.peer.commonName);
  return service.connections.get(name)?.close();
};

const serve = (service: Service, socket: TLSSocket): void => {
  const { limits, connections, admission, arrived } = service;
  const name = arrived.get(endpointOf(socket));
  const client = name === undefined ? undefined : identify(service, socket);
  // What broke is of no use to anyone else; 'close' follows.
  socket.on('error', () => undefined);
  if (name === undefined || client === undefined) {
    socket.destroy();
    return;
  }
  const { peer } = client;
  const connection = serveConnection(socket, name, peer, {
    limits,
    now: () => performance.now(),
    take: (input) => takeFrom(service, client, name, input),
    refuse: (code, detail) => logRefusal(service, code, detail, peer.commonName),
  });
  connections.set(name, connection);
  service.owned.set(socket, peer.commonName);
  socket.once('close', () => {
    connections.delete(name);
    service.owned.delete(socket);
    take(service, { kind: 'connection-closed', connection: name });
  });
  // The newest connection is the one in use: a phone that moved cannot close its old ones.
  for (const old of admission.identify(name, peer.commonName || name)) {
    logRefusal(service, 'sip/displaced', 'oldest connection closed for a new one', peer.commonName);
    connections.get(old)?.close();
  }
};

/** Lets a TCP connection begin its handshake, or closes it at once. */
const admit = (service: Service, tls: Server, socket: Socket): void => {
  const { admission, arrived, options } = service;
  const endpoint = endpointOf(socket);
  const address = socket.remoteAddress ?? '';
  const name = options.random();
  const refused = admission.arrive(name, address);
  if (refused !== undefined) {
    socket.destroy();
    logRefusal(service, refused, 'connection closed', address);
    return;
  }
  arrived.set(endpoint, name);
  socket.once('close', () => {
    admission.leave(name);
    if (arrived.get(endpoint) === name) arrived.delete(endpoint);
  });
  tls.emit('connection', socket);
};

const createService = (options: SignallingServerOptions, port: number): Service => {
  const { host, random, identityRule, mediaPath, domains = [] } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const proxy = createRegistrarProxy({
    domains: [host, ...domains].map(uriHost),
    host: uriHost(host),
    port,
    random,
    identityRule,
    clock: Date.now,
    maximumTransactions: limits.transactions,
    maximumTransactionsPerUser: limits.transactionsPerUser,
    maximumCalls: limits.calls,
    maximumCallsPerUser: limits.callsPerUser,
    ...(mediaPath === undefined ? {} : { rewriteBody: mediaPath.rewriteBody }),
  });
  return {
    options,
    limits,
    clients: createClientCheck({ clientStatus: () => 'good', ...options }),
    admission: createAdmission(limits),
    connections: new Map(),
    arrived: new Map(),
    log: createRefusalLog(),
    alarm: undefined,
    proxy,
    farewells: createFarewellWatch(() => proxy.farewells()),
    owned: new Map(),
  };
};

/** Accepts TCP connections and hands them to TLS; gives those that are open. */
const accept = (service: Service, server: Server, tls: Server): ReadonlySet<Socket> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    admit(service, tls, socket);
  });
  tls.on('secureConnection', (socket) => serve(service, socket));
  tls.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    logRefusal(service, 'tls/handshake', error.message, socket.remoteAddress ?? 'unknown address');
    socket.destroy();
  });
  return sockets;
};

/** Closes what takes too long: one timer for all connections. */
const sweep = ({ connections, limits }: Service): NodeJS.Timeout =>
  setInterval(() => {
    for (const connection of connections.values()) connection.check(performance.now());
  }, limits.messageTime / 4);

/** Ends a number's calls and connections; resolves once these are closed. */
const revoke = async (service: Service, number: string): Promise<void> => {
  const own = [...service.owned].filter(([, owner]) => owner === number);
  const closed = own.map(([socket]) => new Promise((resolve) => socket.once('close', resolve)));
  take(service, { kind: 'revoke', number });
  for (const connection of service.connections.values())
    if (connection.peer.commonName === number) connection.dismiss();
  await Promise.all(closed);
};

const endCalls = async (service: Service, text: string, deadline: number): Promise<EndedCalls> => {
  const calls = service.proxy.calls().length;
  take(service, { kind: 'end-calls', text });
  return { calls, unanswered: await service.farewells.untilAnswered(deadline) };
};

const addressOf = ({ connections }: Service, name: string): string | undefined => {
  const peer = connections.get(name)?.peer;
  return peer && `${uriHost(peer.address)}:${peer.port}`;
};

/** Starts the SIP service: registrar and proxy over mutual TLS. Rejects with one line when the port cannot be had. */
export const startSignallingServer = async (
  options: SignallingServerOptions,
): Promise<SignallingServer> => {
  const { handshakeTime } = { ...defaultLimits, ...options.limits };
  const tls = (options.createTls ?? createTls)(options, handshakeTime);
  // Without noDelay a request waits for the acknowledgement of the one before.
  const delays = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE };
  const server = createServer(delays);
  const port = await listen(server, options.host, options.port);
  const service = createService(options, port);
  const { proxy, log } = service;
  const sockets = accept(service, server, tls);
  const sweeping = sweep(service);
  const clock = () => ({ now: Date.now(), monotonic: performance.now() });
  return {
    ...showLive(proxy, (name) => addressOf(service, name), clock),
    endpoint: { host: options.host, port },
    revoke: (number) => revoke(service, number),
    endCalls: (text, deadline) => endCalls(service, text, deadline),
    renew: (credentials) => tls.setSecureContext(signallingTlsOptions({ ...options, credentials })),
    figures: () => ({
      connections: sockets.size,
      registered: proxy.locations().length,
      refusals: log.totals(),
    }),
    async close() {
      clearInterval(sweeping);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      clearTimeout(service.alarm);
      write(service, log.flush());
    },
  };
};
