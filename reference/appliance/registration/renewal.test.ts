import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parsePemChain, toPem } from '../../core/keystore/pem.ts';
import { parseCertificate } from '../../core/pki/certificate.ts';
import { createRequest } from '../../core/pki/request.ts';
import { serialText } from '../../core/pki/serial.ts';
import { newTestKey, type TestKey } from '../../core/pki/testing/hierarchy.ts';
import {
  createAuthorities,
  type Authorities,
  type ServerCredentials,
} from '../authorities/authorities.ts';
import type { ApplianceStore } from '../store/contract.ts';
import { createMemoryStore } from '../store/open.ts';
import { startRegistrationService, type RegistrationService } from './service.ts';
import { exactTls, refusalOf, send, type Answer, type ClientIdentity } from './testing/client.ts';

const number = '+33612345678';
const path = '/v1/renewals';
const year = 31_536_000_000;

describe('renewal over mutual TLS (I-6), and what a certificate presented is good for (I-7)', () => {
  let authorities: Authorities;
  let stranger: Authorities;
  let credentials: ServerCredentials;
  let service: RegistrationService;
  let store: ApplianceStore;
  let now: number;
  const texts: { readonly to: string; readonly text: string }[] = [];
  const keys: TestKey[] = [];
  const key = (index: number): TestKey => keys[index] ?? newTestKey();

  beforeAll(async () => {
    const make = () => createAuthorities({ now: Date.now, randomBytes });
    [authorities, stranger] = await Promise.all([make(), make()]);
    credentials = await authorities.issueServerCertificate(['127.0.0.1']);
    for (let count = 0; count < 3; count += 1) keys.push(newTestKey());
  });
  beforeEach(async () => {
    texts.length = 0;
    now = Date.now();
    store = createMemoryStore();
    service = await startRegistrationService({
      host: '127.0.0.1',
      port: 0,
      credentials,
      authorities,
      store,
      sms: { send: (to, text) => Promise.resolve(void texts.push({ to, text })) },
      now: () => now,
      randomBytes,
      addResources: (app) => {
        app.get('/list.crl', (_request, reply) =>
          reply.type('application/pkix-crl').send('a list'),
        );
      },
    });
  });
  afterEach(async () => {
    await service.close();
    store.close();
  });
  afterAll(() => {
    keys.length = 0;
  });

  const requestFor = (from: TestKey, to = number): Promise<string> =>
    createRequest({ commonName: to, publicKey: from.spki, sign: from.sign });
  const post = (at: string, body: unknown, identity?: ClientIdentity): Promise<Answer> =>
    send(exactTls(service.endpoint, authorities.trust, identity), at, JSON.stringify(body));
  const identityOf = (from: TestKey, der: Uint8Array): ClientIdentity => ({
    cert: toPem('CERTIFICATE', der),
    key: from.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  });
  const leafOf = ({ text }: Answer): Uint8Array => {
    const chain = parsePemChain(text, 'CERTIFICATE');
    if (!chain.ok) throw new Error(text);
    return chain.value[0];
  };
  const enrol = async (from: TestKey, to = number): Promise<ClientIdentity> => {
    const asked = await post('/v1/enrolments', { number: to, csr: await requestFor(from, to) });
    const { id } = JSON.parse(asked.text) as { readonly id: string };
    const token = /\b[0-9]{6}\b/.exec(texts.findLast((text) => text.to === to)?.text ?? '')?.[0];
    return identityOf(from, leafOf(await post(`/v1/enrolments/${id}/certificate`, { token })));
  };
  const renew = async (identity: ClientIdentity | undefined, from: TestKey): Promise<Answer> =>
    post(path, { csr: await requestFor(from) }, identity);

  it('gives a successor for a new key, revokes the old one, tells the owner', async () => {
    const old = await enrol(key(0));
    const answer = await renew(old, key(1));
    expect([answer.status, answer.type]).toEqual([201, 'application/pem-certificate-chain']);
    const successor = parseCertificate(leafOf(answer));
    if (!successor.ok) throw new Error(successor.error.code);
    expect(successor.value.publicKey.spki).toEqual(key(1).spki);
    expect(store.certificates.statusOf(serialText(successor.value.serial))).toBe('valid');
    expect(await renew(old, key(1))).toEqual(answer);
    expect(texts.at(-1)).toMatchObject({ to: number, text: expect.stringContaining('renewed') });
    expect(refusalOf(await renew(old, key(2)))).toEqual([403, 'renewal/refused']);
    expect((await renew(identityOf(key(1), leafOf(answer)), key(2))).status).toBe(201);
  });

  it('refuses without a certificate, with a malformed body, with another name or the same key', async () => {
    const identity = await enrol(key(0));
    expect(refusalOf(await renew(undefined, key(1)))).toEqual([401, 'renewal/no-certificate']);
    expect(refusalOf(await post(path, { csr: 1 }, identity))).toEqual([400, 'http/bad-request']);
    const elsewhere = { csr: await requestFor(key(1), '+33687654321') };
    expect(refusalOf(await post(path, elsewhere, identity))).toEqual([
      400,
      'enrolment/common-name',
    ]);
    expect(refusalOf(await renew(identity, key(0)))).toEqual([409, 'enrolment/key-known']);
  });

  it('refuses whoever presents a revoked, blocked, expired, unrecorded or foreign certificate, at every resource', async () => {
    const all = async (identity: ClientIdentity) => [
      refusalOf(await renew(identity, key(1))),
      refusalOf(await post('/v1/enrolments', { number, csr: '' }, identity)),
      refusalOf(
        await send(exactTls(service.endpoint, authorities.trust, identity), '/list.crl', undefined),
      ),
    ];
    const refused = (code: string) => [0, 1, 2].map(() => [403, code]);
    const good = await enrol(key(0));
    const soon = now;
    now += 3 * year;
    expect(await all(good)).toEqual(refused('certificate/untrusted'));
    now = soon;
    const unrecorded = await authorities.issueClientCertificate(number, key(2).spki);
    expect(await all(identityOf(key(2), unrecorded))).toEqual(refused('certificate/unknown'));
    const foreign = await stranger.issueClientCertificate(number, key(2).spki);
    expect(await all(identityOf(key(2), foreign))).toEqual(refused('certificate/untrusted'));
    const server = { cert: credentials.certificateChain, key: credentials.privateKey };
    expect(await all(server)).toEqual(refused('certificate/untrusted'));
    expect(
      (await send(exactTls(service.endpoint, authorities.trust, good), '/list.crl', undefined))
        .text,
    ).toBe('a list');
    store.numbers.revokeNumber({ number, by: 'alice', reason: 'keyCompromise', at: now });
    expect(await all(good)).toEqual(refused('certificate/revoked'));
  });

  it('refuses a superseded certificate everywhere but for asking for its successor again', async () => {
    const old = await enrol(key(0));
    await renew(old, key(1));
    const enrolling = await post('/v1/enrolments', { number, csr: await requestFor(key(2)) }, old);
    expect(refusalOf(enrolling)).toEqual([403, 'certificate/revoked']);
    store.numbers.revokeNumber({ number, by: 'alice', reason: 'keyCompromise', at: now });
    expect(refusalOf(await renew(old, key(1)))).toEqual([403, 'certificate/revoked']);
  });

  it('brings the notice of a second enrolment to the owner', async () => {
    await enrol(key(0));
    await enrol(key(1));
    expect(texts.at(-1)).toMatchObject({
      to: number,
      text: expect.stringContaining('earlier one revoked'),
    });
    expect(store.messages.due(Number.MAX_SAFE_INTEGER, 1)).toEqual([]);
  });
});
