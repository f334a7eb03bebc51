import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { setImmediate as turn } from 'node:timers/promises';
import { parsePem } from '../../../core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../../../core/pki/certificate.ts';
import { findRevoked, parseCrl, verifyCrl } from '../../../core/pki/crl.ts';
import { createOcspRequest } from '../../../core/pki/ocsp-request.ts';
import { verifyOcspResponse } from '../../../core/pki/ocsp-verify.ts';
import type { TestKey } from '../../../core/pki/testing/hierarchy.ts';
import { exactTls } from '../../registration/testing/client.ts';
import { administer } from '../control-client.ts';
import { callLine, enrolLine, trustOf, type EnrolledLine, type Farewell } from './lines.ts';
import type { ServedHere, ServiceFolder } from './world.ts';

/** What a revocation has to bring about (interpretations I-7). */
export const revocationEffects = [
  'call ended at the revoked phone',
  'call ended at the other phone',
  'SIP connection closed',
  'registration gone',
  'OCSP answers revoked',
  'on the revocation list',
  'command answered',
] as const;

/** Milliseconds from the administrator's command, its commit included, until each was seen from outside. */
export type RevocationLatency = Readonly<Record<(typeof revocationEffects)[number], number>>;

/** Milliseconds after which an effect counts as missing. */
const deadline = 10_000;

type Fetch = (path: string, body?: Uint8Array) => Promise<Uint8Array>;

/** Asks over one connection that stays open, so that what is measured is no handshake. */
const createFetch = (place: ServiceFolder, port: number): { get: Fetch; close: () => void } => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const tls = exactTls({ host: '127.0.0.1', port }, trustOf(place));
  const get: Fetch = (path, body) =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/ocsp-request' };
      const method = body === undefined ? 'GET' : 'POST';
      const outgoing = request({ ...tls, path, method, agent, headers });
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))));
      });
      outgoing.end(body);
    });
  return { get, close: () => agent.destroy() };
};

const authorityOf = (place: ServiceFolder): Certificate => {
  const der = parsePem(trustOf(place).clientAuthority, 'CERTIFICATE');
  const parsed = der.ok ? parseCertificate(der.value) : der;
  if (!parsed.ok) throw new Error(`client authority: ${parsed.error.code}`);
  return parsed.value;
};

/** Asks again and again until it is so. */
const until = async (effect: string, isSo: () => Promise<boolean> | boolean): Promise<number> => {
  const end = performance.now() + deadline;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${effect}: not within ${deadline} ms`);
    await turn();
  }
  return performance.now();
};

const isOnList = async (get: Fetch, issuer: Certificate, serial: Uint8Array): Promise<boolean> => {
  const parsed = parseCrl(await get('/v1/crl/client.crl'));
  const list = parsed.ok ? verifyCrl(parsed.value, issuer, Date.now()) : parsed;
  if (!list.ok) throw new Error(`revocation list: ${list.error.code}`);
  return findRevoked(list.value, serial) !== undefined;
};

const isRevokedByOcsp = async (
  get: Fetch,
  issuer: Certificate,
  serial: Uint8Array,
): Promise<boolean> => {
  const question = { issuer, serial, nonce: new Uint8Array(randomBytes(32)) };
  const answer = await get('/v1/ocsp', createOcspRequest(question));
  const status = verifyOcspResponse(answer, question, Date.now());
  if (!status.ok) throw new Error(`OCSP: ${status.error.code}`);
  return status.value.kind === 'revoked';
};

const revoke = async (state: string, number: string): Promise<number> => {
  const operation = { operation: 'revoke', number, reason: 'keyCompromise' } as const;
  for await (const event of administer(state, operation, 'shell:measuring'))
    if (event.kind !== 'done') throw new Error(`revoke ${number}: ${event.text}`);
  return performance.now();
};

/** The farewells that the two phones heard, with what was measured. */
export interface MeasuredRevocation {
  readonly latency: RevocationLatency;
  readonly farewells: readonly string[];
}

/**
 * Enrols a number on a running appliance, lets it be called, revokes it by `discretio admin`, and measures each effect as those
 * concerned see it. Rejects when one does not come within 10 s, or was there before.
 */
export const measureRevocation = async (
  place: ServiceFolder,
  served: ServedHere,
  caller: EnrolledLine,
  number: string,
  key: TestKey,
): Promise<MeasuredRevocation> => {
  const { service, configuration } = served;
  const { line, certificate } = await enrolLine(place, served, number, key);
  const issuer = authorityOf(place);
  const { serial } = certificate;
  const [lists, ocsp] = [0, 1].map(() => createFetch(place, service.ports.registration));
  if (!lists || !ocsp) throw new Error('no connections');
  const isRegistered = () => service.registrations().some((entry) => entry.number === number);
  try {
    const heard = await callLine(caller.line, line);
    if (await isOnList(lists.get, issuer, serial)) throw new Error('on the list before');
    if (await isRevokedByOcsp(ocsp.get, issuer, serial)) throw new Error('revoked before');
    if (!isRegistered() || line.socket.destroyed) throw new Error('not registered before');
    const closed = once(line.socket, 'close').then(() => performance.now());
    const begun = performance.now();
    const farewell = (one: Promise<Farewell>) => one.then(({ at }) => at);
    const moments = await Promise.all([
      farewell(heard[1]),
      farewell(heard[0]),
      closed,
      until('registration gone', () => !isRegistered()),
      until('OCSP', () => isRevokedByOcsp(ocsp.get, issuer, serial)),
      until('list', () => isOnList(lists.get, issuer, serial)),
      revoke(configuration.state, number),
    ]);
    const latency = Object.fromEntries(
      revocationEffects.map((effect, index) => [effect, (moments[index] ?? Number.NaN) - begun]),
    ) as RevocationLatency;
    const texts = await Promise.all(heard);
    return { latency, farewells: texts.map(({ text }) => text) };
  } finally {
    lists.close();
    ocsp.close();
    line.close();
  }
};
