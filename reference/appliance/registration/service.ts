import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { TlsProfile } from '../../core/tls/profile.ts';
import type { Authorities, ServerCredentials } from '../authorities/authorities.ts';
import type { WeakKeyList } from '../enrolment/debian-weak-keys.ts';
import { createEnrolment, type EnrolmentOptions } from '../enrolment/enrolment.ts';
import { startNoticeDelivery } from '../sms/notices.ts';
import type { SmsSender } from '../sms/sms-sender.ts';
import type { ApplianceStore } from '../store/contract.ts';
import { createMemoryStore } from '../store/open.ts';
import { renewTls } from '../tls/renew.ts';
import { serverTlsOptions } from '../tls/server-options.ts';
import { answerHttpError, httpErrorOf, limits, type Report } from './answers.ts';
import { createPresentedCheck } from './presented-certificate.ts';
import { addRoutes, describeCertificate } from './routes.ts';

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
  readonly authorities: Pick<Authorities, 'clientAuthority' | 'trust' | 'issueClientCertificate'>;
  readonly sms: SmsSender;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** In memory unless given; whoever gives it closes it. */
  readonly store?: ApplianceStore;
  /** The exact profile of target 5.1 unless a deliberately other service is composed. */
  readonly profile?: TlsProfile;
  /** {@link enrolmentLimits} unless given. */
  readonly perAddress?: EnrolmentOptions['perAddress'];
  readonly weakKeys?: WeakKeyList;
  /** What is asked of a request; the reference's own check unless a deliberately other service is composed. */
  readonly checkRequest?: EnrolmentOptions['checkRequest'];
  /** Milliseconds in which a request must be whole; 10,000 unless given. */
  readonly requestTimeout?: number;
  /** Further resources of the same port, such as revocation lists and OCSP (I-7); called once with a scope of their own. */
  readonly addResources?: (app: FastifyInstance) => void;
  readonly onRefusal?: (refusal: RegistrationRefusal) => void;
}

export interface RegistrationService {
  readonly endpoint: { readonly host: string; readonly port: number };
  /** New handshakes get this certificate. */
  renew(credentials: ServerCredentials): void;
  close(): Promise<void>;
}

const tokenText = (token: string): string =>
  `Discretio: your enrolment token is ${token}. It is valid for 10 minutes. Give it to nobody.`;

const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what is no HTTP request, or came too slowly, in the form of all refusals, and closes. */
const answerClientError = (
  error: Error & { code?: string },
  socket: Socket,
  report: Report,
): void => {
  const status = statuses[error.code ?? ''] ?? 400;
  const { code, message } = httpErrorOf(status);
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  report(code, `HTTP ${status}`);
  const body = JSON.stringify({ error: code, message });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};

/** A store that cannot write makes the service unavailable, which is no fault of the request or the program. */
const answerFailure = (
  error: Error & Partial<FastifyError>,
): { readonly status: number; readonly found?: string } =>
  error.code?.startsWith('store/') === true
    ? { status: 503, found: error.message }
    : { status: error.statusCode ?? 500 };

const tlsOptions = (
  { authorities, profile }: RegistrationServiceOptions,
  credentials: ServerCredentials,
): TlsOptions => ({
  ...serverTlsOptions({
    ...(profile === undefined ? {} : { profile }),
    ...credentials,
    clientTrust: [authorities.trust.root, authorities.trust.clientAuthority],
    requireClientCertificate: false,
  }),
  // Asked for, never required: a phone without one enrols, one with a valid one renews; the service judges what is presented.
  requestCert: true,
  rejectUnauthorized: false,
});

const createApp = (options: RegistrationServiceOptions, report: Report): FastifyInstance => {
  const requestTimeout = options.requestTimeout ?? limits.request;
  const tls: ServerOptions = {
    ...tlsOptions(options, options.credentials),
    handshakeTimeout: limits.handshake,
    headersTimeout: requestTimeout,
    connectionsCheckingInterval: limits.checking,
    maxHeaderSize: limits.head,
    noDelay: true,
  };
  const app: FastifyInstance = fastify({
    https: tls,
    bodyLimit: limits.body,
    requestTimeout,
    keepAliveTimeout: limits.keepAlive,
    forceCloseConnections: true,
    logger: false,
    clientErrorHandler: (error, socket) => answerClientError(error, socket, report),
  });
  app.removeContentTypeParser('text/plain');
  app.setNotFoundHandler((_request, reply) => answerHttpError(reply, 404, report));
  app.setErrorHandler((error: Error & Partial<FastifyError>, _request, reply) => {
    const { status, found } = answerFailure(error);
    return answerHttpError(reply, status, report, found);
  });
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

const enrolmentOver = (options: RegistrationServiceOptions, store: ApplianceStore) =>
  createEnrolment({
    store,
    now: options.now,
    randomBytes: options.randomBytes,
    sendToken: (number, token) => options.sms.send(number, tokenText(token)),
    issue: async (number, publicKey) =>
      describeCertificate(await options.authorities.issueClientCertificate(number, publicKey)),
    ...(options.perAddress === undefined ? {} : { perAddress: options.perAddress }),
    ...(options.weakKeys === undefined ? {} : { weakKeys: options.weakKeys }),
    ...(options.checkRequest === undefined ? {} : { checkRequest: options.checkRequest }),
  });

/**
 * Starts the registration web service of I-6 over HTTPS with exactly the profile of target 5.1, and the delivery of notices.
 * Rejects with one line when it cannot listen.
 */
export const startRegistrationService = async (
  options: RegistrationServiceOptions,
): Promise<RegistrationService> => {
  const { authorities, now, sms } = options;
  const report: Report = (code, detail) => options.onRefusal?.({ at: now(), code, detail });
  const store = options.store ?? createMemoryStore();
  const app = createApp(options, report);
  const enrolment = enrolmentOver(options, store);
  const presented = createPresentedCheck(authorities.trust, store, now);
  addRoutes(app, { enrolment, authorities, presented, report });
  const { addResources } = options;
  if (addResources !== undefined) {
    app.register((scope, _options, done) => {
      addResources(scope);
      done();
    });
  }
  const port = await listen(app, options.host, options.port);
  const notices = startNoticeDelivery(store, sms, now, (error) =>
    report('notice/store', error instanceof Error ? error.message : String(error)),
  );
  return {
    endpoint: { host: options.host, port },
    renew: (credentials) => renewTls(app.server, tlsOptions(options, credentials)),
    close: async () => {
      await app.close();
      await notices.close();
      if (options.store === undefined) store.close();
    },
  };
};
