import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toBase64, toHex } from '../../core/bytes.ts';
import { toPem } from '../../core/keystore/pem.ts';
import { createOcspRequest, type OcspQuestion } from '../../core/pki/ocsp-request.ts';
import { verifyOcspResponse } from '../../core/pki/ocsp-verify.ts';
import { openssl, openSslTitle, runOpenSsl } from '../../core/pki/testing/openssl.ts';
import { addRevocationEndpoints } from './endpoints.ts';
import { keepRootList } from './root-list.ts';
import { createRevocationWorld } from './testing/world.ts';

const ALICE = '+33639980001';
const BOB = '+33639980002';

let world: Awaited<ReturnType<typeof createRevocationWorld>>;
let folder = '';
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  world = await createRevocationWorld();
  folder = await mkdtemp(join(tmpdir(), 'discretio-revocation-'));
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const serve = async () => {
  const place = world.create();
  const revocation = await place.start();
  const app = fastify();
  addRevocationEndpoints(app, revocation);
  closing.push(
    () => app.close(),
    () => revocation.stop(),
  );
  const post = (payload: Uint8Array, type = 'application/ocsp-request') =>
    app.inject({
      method: 'POST',
      url: '/v1/ocsp',
      headers: { 'content-type': type },
      payload: Buffer.from(payload),
    });
  return { place, revocation, app, post };
};

const questionAbout = (serial: Uint8Array): OcspQuestion => ({
  issuer: world.clientAuthority,
  serial,
  nonce: new Uint8Array(randomBytes(32)),
});

describe('the endpoints of revocation', () => {
  it('answer OCSP by POST and by GET, and nobody may keep the answer', async () => {
    const { place, app, post } = await serve();
    const alice = await place.enrol(ALICE);
    const question = questionAbout(alice.serial);
    const request = createOcspRequest(question);
    const path = encodeURIComponent(toBase64(request));
    const answers = [await post(request), await app.inject({ url: `/v1/ocsp/${path}` })];
    for (const answer of answers) {
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/ocsp-response',
        'cache-control': 'no-store',
      });
      const der = new Uint8Array(answer.rawPayload);
      expect(verifyOcspResponse(der, question, Date.now())).toMatchObject({
        value: { kind: 'good' },
      });
    }
  });

  it.each([
    ['another media type', 415, 'text/xml', 10],
    ['JSON', 415, 'application/json', 10],
    ['a body above 8192 bytes', 413, 'application/ocsp-request', 8193],
  ])('refuse %s with %i', async (_, status, type, size) => {
    const { post } = await serve();
    expect((await post(new Uint8Array(size), type)).statusCode).toBe(status);
  });

  it.each(['!!!', 'A'.repeat(5_000), '..%2f..'])('refuse the path of GET %#', async (path) => {
    const { app } = await serve();
    expect((await app.inject({ url: `/v1/ocsp/${path}` })).statusCode).toBe(404);
  });

  it('give each list as DER, and 404 while there is none', async () => {
    const { app, revocation, place } = await serve();
    const get = (name: string) => app.inject({ url: `/v1/crl/${name}.crl` });
    for (const authority of ['client', 'server'] as const) {
      const answer = await get(authority);
      expect(answer.headers['content-type']).toBe('application/pkix-crl');
      expect(new Uint8Array(answer.rawPayload)).toEqual(revocation.list(authority));
    }
    expect((await get('root')).statusCode).toBe(404);
    keepRootList(place.store.revocationLists, world.authorities.rootList.der);
    expect((await get('root')).statusCode).toBe(200);
    expect((await get('other')).statusCode).toBe(404);
  });
});

describe.skipIf(!openssl)(`openssl as the asker${openSslTitle}`, () => {
  it('understands good, revoked and unknown, and the list names the revoked serial', async () => {
    const { place, app, revocation } = await serve();
    const [alice, bob] = [await place.enrol(ALICE), await place.enrol(BOB)];
    revocation.revokeNumber({ number: ALICE, by: 'admin', reason: 'keyCompromise' });
    await revocation.settled();
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const [authority, list] = [join(folder, 'ca.pem'), join(folder, 'client.crl')];
    await writeFile(authority, toPem('CERTIFICATE', world.clientAuthority.der));
    const trusted = ['-CAfile', authority, '-partial_chain'];
    const hexadecimal = (serial: Uint8Array) => toHex(serial).toUpperCase();
    for (const [serial, status] of [
      [alice.serial, 'revoked'],
      [bob.serial, 'good'],
      [Uint8Array.of(0x41, 9), 'unknown'],
    ] as const) {
      const asked = ['-issuer', authority, '-serial', `0x${hexadecimal(serial)}`];
      const url = ['ocsp', '-url', `${address}/v1/ocsp`];
      const { text } = await runOpenSsl(url, asked, trusted);
      expect(text).toContain('Response verify OK');
      expect(text).toMatch(new RegExp(`: ${status}\n`));
      expect(text).not.toMatch(/nonce/i);
    }
    const served = await app.inject({ url: '/v1/crl/client.crl' });
    await writeFile(list, served.rawPayload);
    const form = ['crl', '-inform', 'DER', '-in', list, '-noout', '-text'];
    const { text } = await runOpenSsl(form, ['-CAfile', authority]);
    expect(text).toContain('verify OK');
    expect(text).toContain(hexadecimal(alice.serial));
    expect(text).not.toContain(hexadecimal(bob.serial));
  });
});
