import { Agent, request } from 'node:https';
import type { TestKey } from '../../../core/pki/testing/hierarchy.ts';
import { createRequest } from '../../../core/pki/request.ts';
import { parsePemChain } from '../../../core/keystore/pem.ts';

/** An enrolment as far as the service acknowledged it. */
export interface Acknowledged {
  readonly number: string;
  /** Set once the request was answered with 202. */
  id?: string;
  /** As it came by text, which may be before the answer. */
  token?: string;
  /** DER of each certificate answered with 201. */
  readonly certificates: Uint8Array[];
  /** Whether a revocation of the number was asked for, and acknowledged. */
  isRevoking: boolean;
  isRevoked: boolean;
}

/** An HTTPS client of one connection at a time, of the exact profile. */
export const createKillClient = (port: number, ca: readonly string[]) => {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: [...ca],
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: 'DHE-RSA-AES256-GCM-SHA384',
  });
  const post = (
    path: string,
    body: object,
  ): Promise<{ readonly status: number; readonly text: string }> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers });
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        let text = '';
        answer.on('error', reject);
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      outgoing.end(JSON.stringify(body));
    });
  return {
    request: async (enrolment: Acknowledged, key: TestKey): Promise<void> => {
      const { number } = enrolment;
      const csr = await createRequest({ commonName: number, publicKey: key.spki, sign: key.sign });
      const { status, text } = await post('/v1/enrolments', { number, csr });
      if (status !== 202) throw new Error(`HTTP ${status} ${text}`);
      enrolment.id = (JSON.parse(text) as { readonly id: string }).id;
    },
    certificate: async (enrolment: Acknowledged): Promise<void> => {
      const { id = '', token } = enrolment;
      const { status, text } = await post(`/v1/enrolments/${id}/certificate`, { token });
      const chain = parsePemChain(text, 'CERTIFICATE');
      if (status === 201 && chain.ok) enrolment.certificates.push(chain.value[0]);
      // Revoked meanwhile: the token died with the number.
      else if (!enrolment.isRevoking) throw new Error(`HTTP ${status} ${text}`);
    },
    close: () => agent.destroy(),
  };
};
