import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createFramer, PONG, type Framer } from '../../../reference/core/sip/message/framer.ts';
import {
  headersNamed,
  parseMessage,
  serialize,
} from '../../../reference/core/sip/message/message.ts';
import { concat, toHex } from '../../../reference/core/bytes.ts';
import type { Endpoint } from '../endpoint.ts';
import type { ClientHelloFields } from '../tls-client/outgoing.ts';
import { responseTo } from '../sip-link.ts';
import type { ServerFault, ServerSettings, TlsServer } from './server-model.ts';
import { createTlsServer } from './server.ts';

/** What a hostile server does on one connection. */
export type HostileBehaviour = Omit<ServerSettings, 'random'> & {
  /** Said once the phone has registered, protected. */
  readonly afterRegistration?: (server: TlsServer) => Uint8Array;
};

/** What one client said; plain data. */
export interface HostileConnection {
  /** Handshake messages received, by type, in order. */
  readonly messages: readonly number[];
  /** Whether the client's Finished was right. */
  readonly established: boolean;
  /** Whether the client proved its key; null where it sent no CertificateVerify. */
  readonly keyProved: boolean | null;
  readonly certificates: number;
  readonly alerts: readonly { readonly level: number; readonly description: number }[];
  readonly applicationBytes: number;
  /** Whether it sent REGISTER inside TLS. */
  readonly registered: boolean;
  readonly heartbeats: number;
  /** Why this server gave up on it. */
  readonly fault: ServerFault | null;
  /** Explicit nonces of the client's records, hexadecimal. */
  readonly nonces: readonly string[];
  /** ClientHellos inside the session. */
  readonly furtherHellos: number;
  /** What the ClientHello offers, such as 0x0303 and 0x009f. */
  readonly offered: { readonly versions: readonly number[]; readonly suites: readonly number[] };
}

/** A hostile server of the record level; clients are served in turn by the behaviour that was set last. */
export interface HostileServer {
  readonly endpoint: Endpoint;
  /** Sets what it does from now on, and forgets the connections there were. */
  behave(behaviour: HostileBehaviour): void;
  /** Connections since then, in order. */
  connections(): readonly HostileConnection[];
  /** Resolves once a connection since then was ended by its client or given up, or its client has reacted to what came after its registration. */
  ended(): Promise<void>;
  close(): Promise<void>;
}

type Log = { -readonly [Key in keyof HostileConnection]: HostileConnection[Key] };

const emptyLog = (): Log => ({
  messages: [],
  established: false,
  keyProved: null,
  certificates: 0,
  alerts: [],
  applicationBytes: 0,
  registered: false,
  heartbeats: 0,
  fault: null,
  nonces: [],
  furtherHellos: 0,
  offered: { versions: [], suites: [] },
});

/** supported_versions (RFC 8446 section 4.2.1); a hello without it names the highest version alone. */
const supportedVersions = 43;

const offeredIn = (hello: ClientHelloFields | null): HostileConnection['offered'] => {
  if (!hello) return { versions: [], suites: [] };
  const { version, suites, extensions } = hello;
  const named = extensions?.find(({ type }) => type === supportedVersions)?.data.subarray(1);
  const versions = named
    ? Array.from(
        { length: named.length >> 1 },
        (_, place) => ((named[2 * place] ?? 0) << 8) | (named[2 * place + 1] ?? 0),
      )
    : [version];
  return { versions, suites: [...suites] };
};

/** Answers SIP as a registrar that takes everybody; `registered` is called after each REGISTER. */
const answerSip = (framer: Framer, bytes: Uint8Array, registered: () => void): Uint8Array => {
  const answers: Uint8Array[] = [];
  for (const frame of framer.push(bytes)) {
    if (frame.kind === 'ping') answers.push(PONG);
    const parsed = frame.kind === 'message' ? parseMessage(frame.bytes) : null;
    if (!parsed?.ok || parsed.value.kind !== 'request') continue;
    const response = responseTo(parsed.value, 200, 'OK', 'hostile');
    const granted = ['Contact', 'Expires'].flatMap((name) => headersNamed(parsed.value, name));
    answers.push(serialize({ ...response, headers: [...response.headers, ...granted] }));
    if (parsed.value.method === 'REGISTER') registered();
  }
  return concat(...answers);
};

const serve = (socket: Socket, behaviour: HostileBehaviour, log: Log, over: () => void): void => {
  const nonces: string[] = [];
  log.nonces = nonces;
  const server = createTlsServer({
    ...behaviour,
    random: (length) => new Uint8Array(randomBytes(length)),
    hooks: {
      ...behaviour.hooks,
      received: ({ content }) => void nonces.push(toHex(content.subarray(0, 8))),
    },
  });
  const framer = createFramer({ side: 'server' });
  let provoked = false;
  const write = (bytes: Uint8Array): void => {
    if (bytes.length > 0 && socket.writable) socket.write(bytes);
  };
  const onData = (bytes: Uint8Array): void => {
    log.applicationBytes += bytes.length;
    const answer = answerSip(framer, bytes, () => {
      log.registered = true;
    });
    if (answer.length === 0) return;
    write(server.say({ kind: 'application-data', bytes: answer }));
    if (!log.registered || !behaviour.afterRegistration) return;
    write(behaviour.afterRegistration(server));
    provoked = true;
  };
  socket.on('data', (chunk) => {
    if (provoked) over();
    const { send, events } = server.receive(chunk);
    write(send);
    for (const event of events) {
      if (event.kind === 'established') log.established = true;
      else if (event.kind === 'alert')
        log.alerts = [...log.alerts, { level: event.level, description: event.description }];
      else if (event.kind === 'heartbeat') log.heartbeats += 1;
      else if (event.kind === 'client-hello' && log.established) log.furtherHellos += 1;
      else if (event.kind === 'application-data') onData(event.bytes);
      else if (event.kind === 'failed') log.fault = event.code;
    }
    const { messages, keyProved, certificates, clientHello } = server.seen();
    const offered = offeredIn(clientHello);
    Object.assign(log, { messages, keyProved, certificates: certificates?.length ?? 0, offered });
    if (log.fault !== null) {
      socket.end();
      over();
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', over);
};

/** Listens on a port of the system's choice. */
export const startHostileServer = (host: string, first: HostileBehaviour): Promise<HostileServer> =>
  new Promise((resolve, reject) => {
    let behaviour = first;
    let logs: Log[] = [];
    let ending = Promise.withResolvers<void>();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      const log = emptyLog();
      const { resolve: over } = ending;
      logs.push(log);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      serve(socket, behaviour, log, over);
    });
    server.once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        endpoint: { host, port },
        behave(next) {
          behaviour = next;
          logs = [];
          ending = Promise.withResolvers();
          for (const socket of sockets) socket.destroy();
        },
        connections: () => structuredClone(logs),
        ended: () => ending.promise,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
