import { fastify, type FastifyInstance } from 'fastify';
import type { ServerOptions } from 'node:https';
import type { ServerCredentials } from '../authorities/authorities.ts';
import { rawAnswer, setSecurityHeaders } from './guard.ts';
import type { AdminLimits } from './limits.ts';
import { adminTlsOptions } from './tls.ts';

/** What the application stands on. */
export interface AdminTransport {
  readonly credentials: ServerCredentials;
  /** PEM of authorities of client certificates; none are asked for without. */
  readonly clientTrust: readonly string[];
  readonly limits: AdminLimits;
}

const mostFields = 16;

const readForm = (body: string): ReadonlyMap<string, string> | undefined => {
  const pairs = [...new URLSearchParams(body)];
  const form = new Map(pairs);
  return pairs.length > mostFields || form.size < pairs.length ? undefined : form;
};

/** Status line of the answer to what is no HTTP request. */
const clientErrorStatus = (error: Error): string => {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
};

const takeForms = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers();
  const type = 'application/x-www-form-urlencoded';
  app.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) => {
    const form = readForm(String(body));
    if (form === undefined)
      done(Object.assign(new Error('a field is repeated'), { statusCode: 400 }));
    else done(null, form);
  });
};

/** An HTTPS server with the limits, which takes forms and nothing else; its routes are still to come. */
export const createAdminServer = (transport: AdminTransport): FastifyInstance => {
  const { credentials, clientTrust, limits } = transport;
  const server: ServerOptions = {
    ...adminTlsOptions(credentials, clientTrust),
    handshakeTimeout: limits.handshake,
    headersTimeout: limits.request,
    connectionsCheckingInterval: Math.min(limits.request, 2000),
    maxHeaderSize: limits.head,
    // A request without Host gets the same refusal as one with a foreign one.
    requireHostHeader: false,
    noDelay: true,
  };
  const app: FastifyInstance = fastify({
    https: server,
    bodyLimit: limits.body,
    requestTimeout: limits.request,
    connectionTimeout: limits.idle,
    keepAliveTimeout: limits.idle,
    forceCloseConnections: true,
    logger: false,
    frameworkErrors: (_error, _request, reply) => {
      setSecurityHeaders(reply.raw);
      reply.raw.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' });
      reply.raw.end('400 Bad Request\n');
    },
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(rawAnswer(clientErrorStatus(error)));
      else socket.destroy();
    },
  });
  app.server.maxConnections = limits.connections;
  app.server.on('checkExpectation', (_request, response) => {
    setSecurityHeaders(response);
    response.writeHead(417).end();
  });
  takeForms(app);
  return app;
};
