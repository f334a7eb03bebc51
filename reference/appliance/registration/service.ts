import { fastify, type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import type { ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { toPem } from '../../core/keystore/pem.ts';
import type { TlsProfile } from '../../core/tls/profile.ts';
import type { Authorities, ServerCredentials } from '../authorities/authorities.ts';
import {
  createEnrolment,
  type EnrolmentRefusal,
  type EnrolmentRefusalCode,
} from '../enrolment/enrolment.ts';
import { createMemoryStore, type EnrolmentStore } from '../enrolment/store.ts';
import type { SmsSender } from '../sms/sms-sender.ts';
import { serverTlsOptions } from '../tls/server-options.ts';

/** Bytes of the largest body accepted, and milliseconds a client may take. */
const limits = { body: 16_384, request: 10_000, handshake: 10_000, keepAlive: 5_000 } as const;

/** Something the service refused, for the appliance's log; never a secret. */
export interface RegistrationRefusal {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly code: string;
  readonly detail: string;
}

export interface RegistrationServiceOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly credentials: ServerCredentials;
  readonly authorities: Authorities;
  readonly sms: SmsSender;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** In memory unless given. */
  readonly store?: EnrolmentStore;
  /** The exact profile of target 5.1 unless a deliberately other service is composed. */
  readonly profile?: TlsProfile;
  readonly onRefusal?: (refusal: RegistrationRefusal) => void;
}

export interface RegistrationService {
  readonly endpoint: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

const enrolmentBody = z.strictObject({ number: z.string().max(32), csr: z.string().max(8192) });
const certificateBody = z.strictObject({ token: z.string().regex(/^[0-9]{6}$/) });
const certificateParams = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/) });

const statusOf: Record<EnrolmentRefusalCode, number> = {
  'enrolment/number': 400,
  'enrolment/request': 400,
  'enrolment/request-algorithm': 400,
  'enrolment/request-key': 400,
  'enrolment/proof-of-possession': 400,
  'enrolment/common-name': 400,
  'enrolment/too-many-requests': 429,
  'enrolment/message-not-sent': 503,
  'enrolment/unknown': 404,
  'enrolment/token-expired': 410,
  'enrolment/token-dead': 410,
  'enrolment/token-wrong': 403,
};

const httpErrors: Record<number, { readonly code: string; readonly message: string }> = {
  404: { code: 'http/not-found', message: 'no such resource' },
  413: { code: 'http/too-large', message: `the body exceeds ${limits.body} bytes` },
  415: { code: 'http/media-type', message: 'the body must be application/json' },
};

type Report = (code: string, detail: string) => void;

const answerRefusal = (
  reply: FastifyReply,
  refusal: EnrolmentRefusal,
  subject: string,
  report: Report,
): FastifyReply => {
  report(refusal.code, subject);
  return reply.code(statusOf[refusal.code]).send({ error: refusal.code, message: refusal.message });
};

const answerHttpError = (reply: FastifyReply, status: number, report: Report): FastifyReply => {
  const { code, message } =
    httpErrors[status] ??
    (status < 500
      ? { code: 'http/bad-request', message: 'the request is malformed' }
      : { code: 'http/internal', message: 'the service failed; try again later' });
  report(code, `HTTP ${status}`);
  return reply.code(status).send({ error: code, message });
};

const tokenText = (token: string): string =>
  `Discretio: your enrolment token is ${token}. It is valid for 10 minutes. Give it to nobody.`;

const addRoutes = (
  app: FastifyInstance,
  options: RegistrationServiceOptions,
  report: Report,
): void => {
  const { authorities } = options;
  const enrolment = createEnrolment({
    store: options.store ?? createMemoryStore(),
    now: options.now,
    randomBytes: options.randomBytes,
    sendToken: (number, token) => options.sms.send(number, tokenText(token)),
    issue: (number, publicKey) => authorities.issueClientCertificate(number, publicKey),
  });

  app.post('/v1/enrolments', async (request, reply) => {
    const body = enrolmentBody.safeParse(request.body);
    if (!body.success) return answerHttpError(reply, 400, report);
    const { number, csr } = body.data;
    const outcome = await enrolment.request(number, csr);
    return outcome.ok
      ? reply.code(202).send({ id: outcome.value.id })
      : answerRefusal(reply, outcome.error, JSON.stringify(number), report);
  });

  app.post('/v1/enrolments/:id/certificate', async (request, reply) => {
    const params = certificateParams.safeParse(request.params);
    if (!params.success) return answerHttpError(reply, 404, report);
    const body = certificateBody.safeParse(request.body);
    if (!body.success) return answerHttpError(reply, 400, report);
    const { id } = params.data;
    const outcome = await enrolment.certificate(id, body.data.token);
    if (!outcome.ok) return answerRefusal(reply, outcome.error, `enrolment ${id}`, report);
    return reply
      .code(201)
      .type('application/pem-certificate-chain')
      .send(toPem('CERTIFICATE', outcome.value) + authorities.clientAuthority.pem);
  });
};

const createApp = (options: RegistrationServiceOptions, report: Report): FastifyInstance => {
  const tls: ServerOptions = {
    ...serverTlsOptions({
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      privateKey: options.credentials.privateKey,
      certificateChain: options.credentials.certificateChain,
      clientTrust: [options.authorities.trust.root, options.authorities.trust.clientAuthority],
      requireClientCertificate: false,
    }),
    handshakeTimeout: limits.handshake,
    headersTimeout: limits.request,
    noDelay: true,
  };
  const app: FastifyInstance = fastify({
    https: tls,
    bodyLimit: limits.body,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    forceCloseConnections: true,
    logger: false,
  });
  app.removeContentTypeParser('text/plain');
  app.setNotFoundHandler((_request, reply) => answerHttpError(reply, 404, report));
  app.setErrorHandler((error: FastifyError, _request, reply) =>
    answerHttpError(reply, error.statusCode ?? 500, report),
  );
  app.server.on('tlsClientError', (error: Error) =>
    report('tls/handshake', 'code' in error ? String(error.code) : error.message),
  );
  return app;
};

const listen = async (app: FastifyInstance, host: string, port: number): Promise<number> => {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const text =
      reason === 'EADDRINUSE'
        ? 'the port is in use; choose another or stop the program that holds it'
        : `cannot listen (${reason}); choose another address or port`;
    throw new Error(`registration service ${host}:${port}: ${text}`, { cause: error });
  }
  return (app.server.address() as AddressInfo).port;
};

/**
 * Starts the registration web service of I-6 over HTTPS with exactly the profile of target 5.1.
 * The certificate is answered with the client authority's behind it; the root is left out, since a phone has its own and
 * must not take one from the network. Rejects with one line when it cannot listen.
 */
export const startRegistrationService = async (
  options: RegistrationServiceOptions,
): Promise<RegistrationService> => {
  const report: Report = (code, detail) => options.onRefusal?.({ at: options.now(), code, detail });
  const app = createApp(options, report);
  addRoutes(app, options, report);
  const port = await listen(app, options.host, options.port);
  return { endpoint: { host: options.host, port }, close: () => app.close() };
};
