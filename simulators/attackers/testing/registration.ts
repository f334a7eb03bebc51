import { createPublicKey } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import forge from 'node-forge';
import { toPem } from '../certificate-forger.ts';
import { issueClient, type TestAuthorities } from './authorities.ts';
import { listen, type TestServer } from './tcp-server.ts';

/** How the test service treats tokens. */
export type TokenRule = 'checked' | 'INSECURE-any-token' | 'never-answers';

/** A registration service as far as I-6 needs to be there; the tokens "sent" can be read. */
export interface TestRegistration extends TestServer {
  readonly readToken: (number: string) => Promise<string>;
}

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
};

const publicKeyIn = (csr: string): string => {
  const request = forge.pki.certificationRequestFromPem(csr);
  if (!request.verify() || !request.publicKey) throw new Error('request does not verify');
  return forge.pki.publicKeyToPem(request.publicKey);
};

export const startRegistration = async (
  authorities: TestAuthorities,
  rule: TokenRule = 'checked',
): Promise<TestRegistration> => {
  const tokens = new Map<string, string>();
  const pending = new Map<string, { readonly number: string; readonly key: string }>();
  const handle = async (
    path: string,
    body: Record<string, unknown>,
  ): Promise<readonly [status: number, text: string]> => {
    const id = /^\/v1\/enrolments\/([^/]+)\/certificate$/.exec(path)?.[1];
    if (id === undefined) {
      const number = String(body['number']);
      const fresh = `enrolment-${pending.size}`;
      pending.set(fresh, { number, key: publicKeyIn(String(body['csr'])) });
      tokens.set(number, String(100_000 + pending.size));
      return [202, JSON.stringify({ id: fresh })];
    }
    const enrolment = pending.get(id);
    if (!enrolment) return [404, '{}'];
    if (rule === 'checked' && body['token'] !== tokens.get(enrolment.number)) return [403, '{}'];
    const certificate = issueClient(authorities, enrolment.number, createPublicKey(enrolment.key));
    return [201, toPem('CERTIFICATE', certificate) + authorities.trust.clientAuthority];
  };
  const server = createServer(
    {
      key: authorities.server.key,
      cert: authorities.server.chain,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ciphers: 'DHE-RSA-AES256-GCM-SHA384',
      dhparam: 'auto',
    },
    (request, response) => {
      if (rule === 'never-answers') return;
      void bodyOf(request)
        .then((body) => handle(request.url ?? '', body))
        .catch(() => [400, '{}'] as const)
        .then(([status, text]) => response.writeHead(status).end(text));
    },
  );
  server.on('tlsClientError', () => undefined);
  return { ...(await listen(server)), readToken: async (number) => tokens.get(number) ?? 'none' };
};
