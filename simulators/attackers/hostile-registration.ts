import { createPublicKey, sign } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parseCertificate, type Certificate } from '../../reference/core/pki/certificate.ts';
import { issueCrl } from '../../reference/core/pki/crl-issue.ts';
import { parseOcspRequest } from '../../reference/core/pki/ocsp-request.ts';
import { createOcspResponse } from '../../reference/core/pki/ocsp-response.ts';
import { parseRequest } from '../../reference/core/pki/request.ts';
import { toPem, type CertifiedKey } from './certificate-forger.ts';
import type { Endpoint } from './endpoint.ts';
import { exactTlsProfile } from './enrolment-client.ts';
import { issueClient, type HostileAuthorities } from './hostile-authorities.ts';
import type { StatusSource } from './hostile-status.ts';
import type { StatusReply } from './status-faults.ts';

/** The registration service of an appliance whose operator is hostile: by the book (I-6), but that every certificate is good unless told otherwise (I-7). */
export interface HostileRegistration {
  readonly endpoint: Endpoint;
  /** The token "sent" to a number. */
  readonly readToken: (number: string) => Promise<string>;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** `closed`: the connection instead; `silence`: nothing. */
type Answer = Reply | 'closed' | 'silence';

const hour = 3_600_000;

const json = (status: number, content: unknown): Reply => ({
  status,
  type: 'application/json',
  body: JSON.stringify(content),
});

const give = (response: ServerResponse, answer: Answer): void => {
  if (answer === 'silence') return;
  if (answer === 'closed') response.destroy();
  else response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
};

const bodyOf = async (request: IncomingMessage): Promise<Uint8Array> =>
  new Uint8Array(Buffer.concat(await request.toArray()));

const readCertificate = (der: Uint8Array): Certificate => {
  const parsed = parseCertificate(der);
  if (!parsed.ok) throw new Error(`hostile authority: ${parsed.error.code}; forge it otherwise`);
  return parsed.value;
};

const signerOf =
  ({ key }: CertifiedKey) =>
  (message: Uint8Array): Promise<Uint8Array> =>
    Promise.resolve(new Uint8Array(sign('sha256', message, key)));

/** An empty list of the root, in force for a day. */
const rootList = async ({ root }: HostileAuthorities): Promise<StatusReply> => {
  const now = Date.now();
  const list = {
    issuer: readCertificate(root.certificate),
    sign: signerOf(root),
    number: 1n,
    thisUpdate: now - hour,
    nextUpdate: now + 24 * hour,
    revoked: [],
  };
  return { kind: 'answer', bytes: await issueCrl(list) };
};

const goodStatus = async (
  { clientAuthority }: HostileAuthorities,
  question: Uint8Array,
): Promise<StatusReply> => {
  const asked = parseOcspRequest(question);
  if (!asked.ok) return { kind: 'status', status: 400 };
  const at = Date.now();
  const { certificateIds, nonce } = asked.value;
  const bytes = await createOcspResponse({
    responder: readCertificate(clientAuthority.certificate),
    sign: signerOf(clientAuthority),
    producedAt: at,
    entries: certificateIds.map((certificateId) => ({
      certificateId,
      status: { kind: 'good' as const },
      thisUpdate: at,
    })),
    nonce,
  });
  return { kind: 'answer', bytes };
};

/** Every certificate is good, and the root has revoked nobody. */
const nobodyRevoked = (authorities: HostileAuthorities): StatusSource => {
  const list = rootList(authorities);
  return { list: () => list, ocsp: (question) => goodStatus(authorities, question) };
};

const statusReply = (type: string, reply: StatusReply): Answer => {
  if (reply.kind === 'answer') return { status: 200, type, body: reply.bytes };
  return reply.kind === 'status' ? json(reply.status, {}) : reply.kind;
};

const createEnrolments = (authorities: HostileAuthorities) => {
  const tokens = new Map<string, string>();
  const pending = new Map<string, { readonly number: string; readonly spki: Uint8Array }>();
  return {
    tokens,
    request(body: Uint8Array): Reply {
      const given = JSON.parse(Buffer.from(body).toString()) as { number: string; csr: string };
      const csr = parseRequest(given.csr);
      if (!csr.ok) return json(400, {});
      const id = `enrolment-${pending.size}`;
      pending.set(id, { number: given.number, spki: csr.value.publicKey.spki });
      tokens.set(given.number, String(100_000 + pending.size));
      return json(202, { id });
    },
    certificate(id: string, body: Uint8Array): Reply {
      const enrolment = pending.get(id);
      const { token } = JSON.parse(Buffer.from(body).toString()) as { token: string };
      if (!enrolment || token !== tokens.get(enrolment.number)) return json(403, {});
      const key = createPublicKey({
        key: Buffer.from(enrolment.spki),
        format: 'der',
        type: 'spki',
      });
      const certificate = issueClient(authorities, enrolment.number, key);
      return {
        status: 201,
        type: 'application/pem-certificate-chain',
        body: toPem('CERTIFICATE', certificate) + authorities.trust.clientAuthority,
      };
    },
  };
};

/** Listens on a port of the system's choice; `status` says what is told about revocation. */
export const startHostileRegistration = (
  host: string,
  authorities: HostileAuthorities,
  status: StatusSource = nobodyRevoked(authorities),
): Promise<HostileRegistration> =>
  new Promise((resolve, reject) => {
    const enrolments = createEnrolments(authorities);
    const reply = async (path: string, body: Uint8Array): Promise<Answer> => {
      if (path === '/v1/crl/root.crl')
        return statusReply('application/pkix-crl', await status.list());
      if (path === '/v1/ocsp')
        return statusReply('application/ocsp-response', await status.ocsp(body));
      if (path === '/v1/enrolments') return enrolments.request(body);
      const id = /^\/v1\/enrolments\/([^/]+)\/certificate$/.exec(path)?.[1];
      return id === undefined ? json(404, {}) : enrolments.certificate(id, body);
    };
    const server = createServer(
      {
        ...exactTlsProfile,
        dhparam: 'auto',
        key: authorities.server.key,
        cert: authorities.server.chain,
      },
      (request, response) => {
        void bodyOf(request)
          .then((body) => reply(request.url ?? '', body))
          .catch(() => json(400, {}))
          .then((answer) => give(response, answer));
      },
    );
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        endpoint: { host, port },
        readToken: (number) => Promise.resolve(enrolments.tokens.get(number) ?? 'none'),
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
