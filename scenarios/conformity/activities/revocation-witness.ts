import { randomBytes } from 'node:crypto';
import type { ApplianceDescription } from '../../../devices/contract.ts';
import { toHex } from '../../../reference/core/bytes.ts';
import type { Certificate } from '../../../reference/core/pki/certificate.ts';
import { findRevoked, parseCrl } from '../../../reference/core/pki/crl.ts';
import { createOcspRequest } from '../../../reference/core/pki/ocsp-request.ts';
import { verifyOcspResponse } from '../../../reference/core/pki/ocsp-verify.ts';
import {
  askOcsp,
  fetchRevocationList,
  type RevocationAnswer,
} from '../../../simulators/attackers/revocation-client.ts';
import type { World } from '../../campaign/activity.ts';

/** Milliseconds for one question, and for waiting until an answer changes. */
const limits = { question: 5_000, change: 10_000 } as const;

/** Asks about certificates as anyone may, and keeps what was answered as evidence. */
export interface RevocationWitness {
  /** Asks OCSP about a certificate; the answer, and when asking began until it was there, under this name. */
  status(name: string, certificate: Certificate): Promise<string>;
  /** Fetches a list. */
  list(name: string, authority: 'client' | 'root'): Promise<Uint8Array>;
  /** Asks until the status is `revoked`; null when it does not become so. Milliseconds since `begun` (of performance.now). */
  untilRevoked(name: string, certificate: Certificate, begun: number): Promise<number | null>;
  untilListed(name: string, certificate: Certificate, begun: number): Promise<number | null>;
  /** Writes nonces and times. */
  finish(): Promise<void>;
}

const bytesOf = (what: string, answer: RevocationAnswer): Uint8Array => {
  if (answer.kind === 'answered' && answer.status === 200) return answer.bytes;
  const came = answer.kind === 'answered' ? `HTTP ${answer.status}` : answer.kind;
  throw new Error(`${what}: no answer (${came})`);
};

const isListed = (der: Uint8Array, { serial }: Certificate): boolean => {
  const list = parseCrl(der);
  return list.ok && findRevoked(list.value, serial) !== undefined;
};

export const createWitness = (
  world: World,
  target: ApplianceDescription,
  clientAuthority: Certificate,
): RevocationWitness => {
  const answers: Record<string, { readonly nonce?: string; readonly at: number }> = {};
  const status = async (name: string, { serial }: Certificate): Promise<string> => {
    const nonce = new Uint8Array(randomBytes(32));
    const question = { issuer: clientAuthority, serial, nonce };
    const asked = askOcsp(target, createOcspRequest(question), limits.question);
    const der = bytesOf('OCSP', await asked);
    const at = Date.now();
    answers[name] = { nonce: toHex(nonce), at };
    await world.write(`${name}.der`, der);
    const verified = verifyOcspResponse(der, question, at);
    return verified.ok ? verified.value.kind : verified.error.code;
  };
  const list = async (name: string, authority: 'client' | 'root'): Promise<Uint8Array> => {
    const fetched = fetchRevocationList(target, authority, limits.question);
    const der = bytesOf(`list of the ${authority} authority`, await fetched);
    answers[name] = { at: Date.now() };
    await world.write(`${name}.der`, der);
    return der;
  };
  const until = async (begun: number, isSo: () => Promise<boolean>): Promise<number | null> => {
    while (performance.now() - begun < limits.change)
      if (await isSo()) return performance.now() - begun;
    return null;
  };
  return {
    status,
    list,
    untilRevoked: (name, certificate, begun) =>
      until(begun, async () => (await status(name, certificate)) === 'revoked'),
    untilListed: (name, certificate, begun) =>
      until(begun, async () => isListed(await list(name, 'client'), certificate)),
    finish: () => world.write('answers.json', answers),
  };
};
