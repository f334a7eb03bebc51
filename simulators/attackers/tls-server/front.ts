import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from '../endpoint.ts';
import type { OutgoingMessage } from '../tls-client/outgoing.ts';
import type {
  ServerEvent,
  ServerFault,
  ServerSeen,
  ServerSettings,
  TlsServer,
} from './server-model.ts';
import { createTlsServer } from './server.ts';

/** A TLS port of the record level before a real service; to stand in for a port whose TLS has a fault. */
export interface TlsFront {
  readonly endpoint: Endpoint;
  close(): Promise<void>;
}

/** How one connection is served. */
export interface TlsServing {
  /** The fault is in its hooks, its group or its randomness. */
  readonly settings: Omit<ServerSettings, 'random'> & Partial<Pick<ServerSettings, 'random'>>;
  /** Opens what carries the plaintext on to the real service, once a handshake is complete. */
  readonly open: (seen: ServerSeen) => Duplex;
  /** What else is said to an event, such as an answer to a heartbeat; never to the first ClientHello; a second ClientHello is turned down unless something is. */
  readonly react?: (event: ServerEvent) => readonly OutgoingMessage[];
  /** Told why a client was given up. */
  readonly onFailed?: (code: ServerFault) => void;
}

export interface TlsFrontOptions extends TlsServing {
  readonly host: string;
}

/** Carries what comes inside TLS on, and back. */
const carry = (socket: Socket, server: TlsServer, service: Duplex): void => {
  service.on('data', (bytes: Uint8Array) => {
    if (socket.writable) socket.write(server.say({ kind: 'application-data', bytes }));
  });
  service.on('error', () => undefined);
  service.on('close', () => socket.end());
  socket.on('close', () => service.destroy());
};

/** RFC 5246 section 7.2.2. */
const noRenegotiation = { kind: 'alert', level: 1, description: 100 } as const;

/** Serves a connection at record level, and carries what comes inside on to where `open` leads. */
export const serveTls = (socket: Socket, serving: TlsServing): void => {
  const { settings, open, react, onFailed } = serving;
  const server = createTlsServer({
    random: (length) => new Uint8Array(randomBytes(length)),
    ...settings,
  });
  let service: Duplex | undefined;
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    const { send, events } = server.receive(chunk);
    if (send.length > 0) socket.write(send);
    for (const event of events) {
      const isHello = event.kind === 'client-hello';
      const said = isHello && !service ? [] : (react?.(event) ?? []);
      for (const message of isHello && service && said.length === 0 ? [noRenegotiation] : said)
        socket.write(server.say(message));
      if (event.kind === 'established') carry(socket, server, (service = open(server.seen())));
      if (event.kind === 'application-data') service?.write(event.bytes);
      if (event.kind !== 'failed') continue;
      onFailed?.(event.code);
      socket.end();
    }
  });
};

/** Listens on a port of the system's choice. Every client that knows its Finished is let in, whatever certificate it shows, unless the hooks refuse it. */
export const startTlsFront = (options: TlsFrontOptions): Promise<TlsFront> =>
  new Promise((resolve, reject) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      serveTls(socket, options);
    });
    server.once('error', reject);
    server.listen(0, options.host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        endpoint: { host: options.host, port },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      });
    });
  });
