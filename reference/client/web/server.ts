import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import fastify, { type FastifyReply } from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';
import { screenFiles, type ScreenFile } from './build.ts';
import { createGuard, type Guard } from './guard.ts';
import type { Handset } from './handset.ts';
import { createScreenLink, largestMessage } from './screen-link.ts';
import { programEnded } from './view.ts';

/** Where a screen is served. */
export interface ScreenServerOptions {
  /** 0, which lets the system choose, unless given. */
  readonly port?: number;
  /** Told, when the screen was opened, the address that opens it next. */
  readonly onOpened?: (url: string) => void;
}

/** A phone's screen on a local port. */
export interface ScreenServer {
  /** Opens the screen in a browser on this machine, once; another takes its place then. A secret, because whoever has it can use the phone. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Milliseconds that pages have to hear that the phone's program ends, while nobody else can take its port. */
const farewell = 500;

/** Nothing but this computer reaches it. */
const host = '127.0.0.1';

const headersFor = (origin: string): Readonly<Record<string, string>> => ({
  'content-security-policy': [
    `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'`,
    // Older browsers do not take a WebSocket of the same origin for 'self'.
    `connect-src 'self' ws://${origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(self)',
  'cache-control': 'no-store',
});

const refusals = {
  host: 'This is the screen of a phone on this computer, and answers to no other name.',
  key: 'This screen is closed to you. Open the whole address that discretio printed last.',
} as const;

const refuse = (reply: FastifyReply, status: 403 | 404, text: string): FastifyReply =>
  reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`);

const buildApp = (guard: Guard, files: ReadonlyMap<string, ScreenFile>, onOpened: () => void) => {
  const app = fastify({ logger: false, forceCloseConnections: true, bodyLimit: 1024 });
  app.addHook('onRequest', async (request, reply) => {
    const isOwn = guard.isOwnHost(request.headers);
    reply.headers(headersFor(isOwn ? (request.headers.host ?? '') : host));
    if (!isOwn) return refuse(reply, 403, refusals.host);
  });
  app.get<{ Querystring: { key?: unknown } }>('/', (request, reply) => {
    const { key } = request.query;
    // A browser that loads ahead of its user would use the key up.
    const isAhead = request.headers['sec-purpose'] !== undefined;
    const opened = isAhead ? null : guard.open(typeof key === 'string' ? key : '');
    if (opened === null) return refuse(reply, 403, refusals.key);
    onOpened();
    return reply.header('set-cookie', opened.setCookie).redirect(opened.path, 303);
  });
  app.get<{ Params: { id: string; '*': string } }>('/s/:id/*', (request, reply) => {
    const { id, '*': path } = request.params;
    if (!guard.mayRead(id, request.headers)) return refuse(reply, 403, refusals.key);
    const file = files.get(path === '' ? 'index.html' : path);
    if (file === undefined) return refuse(reply, 404, 'There is no such page.');
    return reply.type(file.type).send(file.bytes);
  });
  app.setNotFoundHandler((_, reply) => refuse(reply, 404, 'There is no such page.'));
  return app;
};

/** Refuses a WebSocket before there is one. */
const turnAway = (socket: Duplex): void => {
  socket.on('error', () => undefined);
  // The other side may keep its half open for ever.
  socket.once('finish', () => socket.destroy());
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
};

const mayConnect = (guard: Guard, { url, headers }: IncomingMessage): boolean => {
  const id = /^\/s\/([0-9a-f]{64})\/socket$/.exec(url ?? '')?.[1];
  return id !== undefined && guard.isOwnHost(headers) && guard.mayConnect(id, headers);
};

/** Ends every connection of a server, upgraded ones too, and all that come while it closes. */
const connectionsOf = (server: Server): { end(): void } => {
  const open = new Set<Duplex>();
  let isEnded = false;
  server.on('connection', (socket) => {
    if (isEnded) return void socket.destroy();
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return {
    end() {
      isEnded = true;
      for (const socket of open) socket.destroy();
    },
  };
};

/** Tells pages that the phone's program ends, and waits until they know; not long for those that do not answer. */
const takeLeave = async (pages: ReadonlySet<WebSocket>): Promise<void> => {
  const timer = new AbortController();
  const left = Promise.all(
    Array.from(pages, (page) => {
      const closed = new Promise<void>((resolve) => page.once('close', () => resolve()));
      page.close(programEnded);
      return closed;
    }),
  );
  await Promise.race([left, setTimeout(farewell, undefined, { signal: timer.signal })]).finally(
    () => timer.abort(),
  );
};

/**
 * Serves a phone's screen to this machine alone. Whoever opens the address with its key gets a path and a cookie of their own; no
 * other program, and no other page in the same browser, reads the screen or asks the phone for anything.
 */
export const serveScreen = async (
  handset: Handset,
  { port = 0, onOpened }: ScreenServerOptions = {},
): Promise<ScreenServer> => {
  const guard = createGuard();
  const app = buildApp(guard, await screenFiles(), () => onOpened?.(address()));
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    perMessageDeflate: false,
  });
  const link = createScreenLink(handset);
  const connections = connectionsOf(app.server);
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!mayConnect(guard, request)) return turnAway(socket);
    sockets.handleUpgrade(request, socket, head, link.attach);
  });
  await app.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `the phone's screen cannot listen on ${host}:${port} (${error.code ?? error.message}); choose another port`,
      { cause: error },
    );
  });
  const { port: chosen } = app.server.address() as { readonly port: number };
  const address = (): string => `http://${host}:${chosen}/?key=${guard.key}`;
  return {
    get url() {
      return address();
    },
    port: chosen,
    async close() {
      link.close();
      sockets.close();
      await takeLeave(sockets.clients);
      const closed = app.close();
      connections.end();
      await closed;
    },
  };
};
