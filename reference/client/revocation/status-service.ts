import { randomBytes } from 'node:crypto';
import { equal } from '../../core/bytes.ts';
import type { Revocation } from '../../core/csl/checks.ts';
import type { Certificate } from '../../core/pki/certificate.ts';
import { verifyCrl } from '../../core/pki/crl.ts';
import { createOcspRequest } from '../../core/pki/ocsp-request.ts';
import { verifyOcspResponse } from '../../core/pki/ocsp-verify.ts';
import { createRootList } from './root-list.ts';
import { openStatusConnection, type StatusConnection } from './status-connection.ts';
import type { connectTls, ConnectTlsOptions } from '../tls/connect.ts';

/** Milliseconds within which an answer must be there: a call waits for it. */
const statusDeadline = 3_000;

/** Asks about a peer's certificate; never rejects. */
export type StatusQuestion = (certificate: Certificate) => Promise<Revocation>;

/** How answers about revocation are verified. */
export interface StatusVerification {
  readonly ocsp: typeof verifyOcspResponse;
  readonly list: typeof verifyCrl;
}

/** By the book: RFC 6960 and RFC 5280. */
export const statusVerification: StatusVerification = {
  ocsp: verifyOcspResponse,
  list: verifyCrl,
};

/** What a phone asks with, and whom it believes. */
export interface StatusServiceOptions {
  readonly connection: Omit<ConnectTlsOptions, 'identity' | 'deadline' | 'signal'>;
  /** How to connect to the service; {@link connectTls} unless given. */
  readonly connect?: typeof connectTls;
  /** The stored certificates (target 5.2), parsed. */
  readonly root: Certificate;
  readonly clientAuthority: Certificate;
  readonly serverAuthority: Certificate;
  /** Milliseconds; {@link statusDeadline} unless given. */
  readonly deadline?: number;
  /** {@link statusVerification} unless given. */
  readonly verification?: StatusVerification;
  /** Told why there is no answer, for the phone's log. */
  readonly onUnavailable: (reason: string) => void;
}

/** A phone's questions about certificates (interpretations I-7). */
export interface StatusService {
  readonly ask: StatusQuestion;
  /** What is under way ends as unavailable. */
  close(): void;
}

/** For a phone that knows nobody to ask. */
export const noStatusService = (onUnavailable: (reason: string) => void): StatusService => ({
  ask: () => {
    onUnavailable('no registration service is configured');
    return Promise.resolve('unavailable');
  },
  close: () => undefined,
});

/** OCSP with a nonce of its own for each question (RFC 6960, RFC 8954). Rejects with one line where the answer tells nothing. */
const askOcsp = async (
  connection: StatusConnection,
  verify: StatusVerification['ocsp'],
  issuer: Certificate,
  { serial }: Certificate,
): Promise<Revocation> => {
  const question = { issuer, serial, nonce: new Uint8Array(randomBytes(32)) };
  const answer = await connection.fetch({
    path: '/v1/ocsp',
    expects: 'application/ocsp-response',
    body: { type: 'application/ocsp-request', bytes: createOcspRequest(question) },
  });
  const status = verify(answer, question, Date.now());
  if (!status.ok) throw new Error(`the answer is refused: ${status.error.code}`);
  if (status.value.kind === 'unknown') throw new Error('the certificate is unknown');
  return status.value.kind;
};

/**
 * Asks the appliance about a peer's certificate and, by the root's list, about both authorities: the verifier checks the whole
 * chain (I-7). What another authority issued is not asked about: its issuer is refused anyhow. Each question has a connection of
 * its own, which is closed with it.
 */
export const createStatusService = (options: StatusServiceOptions): StatusService => {
  const { root, clientAuthority, serverAuthority, onUnavailable } = options;
  const verify = options.verification ?? statusVerification;
  const deadline = options.deadline ?? statusDeadline;
  const rootList = createRootList(root, verify.list);
  const closing = new AbortController();
  const askAll = async (
    connection: StatusConnection,
    certificate: Certificate,
  ): Promise<Revocation> => {
    const authorities = [clientAuthority, serverAuthority];
    const [client, server] = await rootList.areRevoked(authorities, Date.now(), connection);
    if (server !== false) throw new Error('the root has revoked the server authority');
    return client === false
      ? askOcsp(connection, verify.ocsp, clientAuthority, certificate)
      : 'revoked';
  };
  return {
    async ask(certificate) {
      if (!equal(certificate.issuer, clientAuthority.subject)) return 'not-consulted';
      const { signal } = closing;
      const connection = openStatusConnection(
        { ...options.connection, deadline, signal },
        options.connect,
      );
      try {
        return await askAll(connection, certificate);
      } catch (error) {
        onUnavailable(error instanceof Error ? error.message : String(error));
        return 'unavailable';
      } finally {
        connection.close();
      }
    },
    close: () => closing.abort(),
  };
};
