import { randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { toPem } from '../certificate-forger.ts';
import type { Endpoint } from '../endpoint.ts';
import { exactTlsProfile } from '../enrolment-client.ts';
import { issueForRequest, type Hierarchy } from './hierarchy.ts';

/** A registration service that lets phones enrol at authorities of the testbed's own (I-6); the tokens "sent" can be read. */
export interface EnrolmentService {
  readonly endpoint: Endpoint;
  readonly tokenOf: (number: string) => string;
  readonly close: () => Promise<void>;
}

const longestBody = 65_536;

const fieldsOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  let text = '';
  for await (const part of request) {
    text += String(part);
    if (text.length > longestBody) throw new Error('the body is too long');
  }
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
};

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, value: object): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(value),
});

interface Pending {
  readonly number: string;
  readonly csr: string;
  readonly token: string;
}

/** Answers one request; enrolments are kept in `pending` by their id. */
const answer = (
  hierarchy: Hierarchy,
  pending: Map<string, Pending>,
  path: string,
  fields: Record<string, unknown>,
): Answer => {
  const [, id] = /^\/v1\/enrolments\/([^/]+)\/certificate$/.exec(path) ?? [];
  if (id === undefined) {
    const { number, csr } = fields;
    if (typeof number !== 'string' || typeof csr !== 'string') return json(400, {});
    const fresh = `enrolment-${pending.size}`;
    pending.set(fresh, { number, csr, token: String(randomInt(100_000, 999_999)) });
    return json(202, { id: fresh });
  }
  const enrolment = pending.get(id);
  if (!enrolment || fields['token'] !== enrolment.token) return json(403, {});
  const certificate = issueForRequest(hierarchy, enrolment.number, enrolment.csr);
  return certificate === null
    ? json(400, {})
    : {
        status: 201,
        type: 'application/pem-certificate-chain',
        body: certificate + hierarchy.trust.clientAuthority,
      };
};

/** Listens on a port of the system's choice, with the exact profile. */
export const startEnrolmentService = (
  host: string,
  hierarchy: Hierarchy,
): Promise<EnrolmentService> =>
  new Promise((resolve, reject) => {
    const pending = new Map<string, Pending>();
    const { server: own, trust } = hierarchy;
    const server = createServer(
      {
        ...exactTlsProfile,
        dhparam: 'auto',
        key: own.key.export({ type: 'pkcs8', format: 'pem' }),
        cert: toPem('CERTIFICATE', own.certificate) + trust.serverAuthority,
      },
      (request, response) => {
        void fieldsOf(request)
          .then((fields) => answer(hierarchy, pending, request.url ?? '', fields))
          .catch(() => json(400, {}))
          .then(({ status, type, body }) =>
            response.writeHead(status, { 'content-type': type }).end(body),
          );
      },
    );
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        endpoint: { host, port },
        tokenOf: (number) =>
          [...pending.values()].findLast((each) => each.number === number)?.token ?? '',
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
