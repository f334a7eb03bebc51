import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import fastify, { type FastifyReply } from 'fastify';
import { WebSocketServer } from 'ws';
import { screenFiles, type ScreenFile } from './build.ts';
import { createGuard, type Guard } from './guard.ts';
import type { Handset } from './handset.ts';
import { createScreenLink, largestMessage } from './screen-link.ts';

/** Where a screen is served. */
export interface ScreenServerOptions {
  /** 0, which lets the system choose, unless given. */
  readonly port?: number;
}

/** A phone's screen on a local port. */
export interface ScreenServer {
  /** Opens the screen in a browser on this machine; a secret, because whoever has it can use the phone. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

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
  key: 'This screen is closed to you. Open the whole address that discretio printed.',
} as const;

const refuse = (reply: FastifyReply, status: 403 | 404, text: string): FastifyReply =>
  reply.code(status).type('text/plain; charset=utf-8').send(`${text}\n`);

const buildApp = (guard: Guard, files: ReadonlyMap<string, ScreenFile>) => {
  const app = fastify({ logger: false, forceCloseConnections: true, bodyLimit: 1024 });
  app.addHook('onRequest', async (request, reply) => {
    const isOwn = guard.isOwnHost(request.headers);
    reply.headers(headersFor(isOwn ? (request.headers.host ?? '') : host));
    if (!isOwn) return refuse(reply, 403, refusals.host);
  });
  app.get<{ Querystring: { key?: unknown } }>('/', (request, reply) => {
    const { key } = request.query;
    const opened = guard.open(typeof key === 'string' ? key : '');
    if (opened === null) return refuse(reply, 403, refusals.key);
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
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
};

const mayConnect = (guard: Guard, { url, headers }: IncomingMessage): boolean => {
  const id = /^\/s\/([0-9a-f]{64})\/socket$/.exec(url ?? '')?.[1];
  return id !== undefined && guard.isOwnHost(headers) && guard.mayConnect(id, headers);
};

/**
 * Serves a phone's screen to this machine alone. Whoever opens the address with its key gets a path and a cookie of their own; no
 * other program, and no other page in the same browser, reads the screen or asks the phone for anything.
 */
export const serveScreen = async (
  handset: Handset,
  { port = 0 }: ScreenServerOptions = {},
): Promise<ScreenServer> => {
  const guard = createGuard();
  const app = buildApp(guard, await screenFiles());
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    perMessageDeflate: false,
  });
  const link = createScreenLink(handset);
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
  return {
    url: `http://${host}:${chosen}/?key=${guard.key}`,
    port: chosen,
    async close() {
      link.close();
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      if (sockets.clients.size > 0) await once(sockets, 'close').catch(() => undefined);
      await app.close();
    },
  };
};
