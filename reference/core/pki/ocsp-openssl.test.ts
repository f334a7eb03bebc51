import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import { toPem } from '../keystore/pem.ts';
import type { Certificate } from './certificate.ts';
import { createOcspRequest, type OcspQuestion } from './ocsp-request.ts';
import type { OcspStatus } from './ocsp-response.ts';
import { flipped } from './testing/flipped.ts';
import { newTestKey, testNow, type TestHierarchy } from './testing/hierarchy.ts';
import {
  createOcspFixture,
  gone,
  good,
  parsedCertificate,
  readRequest,
  second,
  type OcspFixture,
} from './testing/ocsp-fixture.ts';
import { openssl, openSslTitle, runOpenSsl } from './testing/openssl.ts';

const folder = mkdtempSync(join(tmpdir(), 'discretio-ocsp-'));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const parsed = parsedCertificate;

let hierarchy: OcspFixture['hierarchy'];
let issuer: Certificate;
let question: OcspQuestion;
let answer: OcspFixture['answer'];
let verdict: OcspFixture['verdict'];
beforeAll(async () => {
  ({ hierarchy, issuer, question, answer, verdict } = await createOcspFixture());
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!openssl)(`openssl ocsp${openSslTitle}`, () => {
  const now = second(Date.now());
  let paths: { readonly root: string; readonly ca: string; readonly leaf: string };
  let leaf: Certificate;
  beforeAll(async () => {
    const dates = { notBefore: now - 86_400_000, notAfter: now + 86_400_000 };
    leaf = parsed(await hierarchy.issueClient(dates));
    paths = {
      root: file('root.pem', toPem('CERTIFICATE', hierarchy.root.certificate)),
      ca: file('ca.pem', toPem('CERTIFICATE', issuer.der)),
      leaf: file('leaf.pem', toPem('CERTIFICATE', leaf.der)),
    };
  });
  // The hierarchy's dates may be other than today's; openssl's own clock is used.
  const attime = (): readonly string[] => ['-attime', String(Math.ceil(testNow / 1000))];

  it.each<[OcspStatus['kind'], OcspStatus]>([
    ['good', good],
    ['revoked', { ...gone, at: now - 5000 }],
    ['unknown', { kind: 'unknown' }],
  ])('as a client understands %s from a server of ours', async (word, status) => {
    const server = createServer((request, response) => {
      void (async () => {
        const body = Buffer.concat(await request.toArray());
        const asked = readRequest(new Uint8Array(body));
        const entries = asked.certificateIds.map((certificateId) => ({
          certificateId,
          status,
          thisUpdate: now,
          nextUpdate: now + 60_000,
        }));
        const der = await answer({ entries, producedAt: now, nonce: asked.nonce });
        response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(der);
      })();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { text } = await runOpenSsl(
      ['ocsp', '-url', `http://127.0.0.1:${port}/`, '-issuer', paths.ca, '-cert', paths.leaf],
      ['-CAfile', paths.root, ...attime()],
    );
    server.close();
    expect(text).toContain('Response verify OK');
    expect(text).not.toMatch(/nonce/i);
    expect(text).toContain(`leaf.pem: ${word}`);
    expect(text.includes('Reason: keyCompromise')).toBe(word === 'revoked');
  });

  it('refuses our answer with a changed signature', async () => {
    const der = await answer({ producedAt: now });
    const request = file('request.der', createOcspRequest(question));
    const verify = async (response: Uint8Array): Promise<string> =>
      (
        await runOpenSsl(
          ['ocsp', '-reqin', request, '-respin', file('response.der', response)],
          ['-issuer', paths.ca, '-CAfile', paths.root, ...attime()],
        )
      ).text;
    expect(await verify(der)).toContain('Response verify OK');
    expect(await verify(flipped(der, der.length - 1, 1))).toContain('Response Verify Failure');
  });

  it('answers our request, which we verify; a delegate of its is refused', async () => {
    const index = [
      'V',
      '361231000000Z',
      '',
      toHex(leaf.serial).toUpperCase().replace(/^00/, ''),
      'unknown',
      '/CN=x',
    ];
    file('index', `${index.join('\t')}\n`);
    file('index.attr', 'unique_subject = no\n');
    const asked: OcspQuestion = {
      issuer,
      serial: leaf.serial,
      nonce: new Uint8Array(randomBytes(32)),
    };
    const request = file('ours.der', createOcspRequest(asked));
    const respond = async (signer: string, key: string): Promise<Uint8Array> => {
      const out = join(folder, 'theirs.der');
      const { status, text } = await runOpenSsl(
        ['ocsp', '-index', join(folder, 'index'), '-CA', paths.ca, '-rsigner', signer],
        ['-rkey', key, '-reqin', request, '-respout', out, '-rmd', 'sha256'],
      );
      expect([status, text]).toEqual([0, expect.anything()]);
      return new Uint8Array(readFileSync(out));
    };
    const key = (name: string, privateKey: TestHierarchy['leafKey']['privateKey']): string =>
      file(name, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const theirs = await respond(paths.ca, key('ca.key', hierarchy.clientAuthority.key.privateKey));
    expect(verdict(theirs, Date.now(), asked)).toBe('good');
    expect(verdict(theirs, Date.now(), question)).toBe('ocsp-nonce');
    const delegateKey = newTestKey();
    const delegate = await hierarchy.issueClient({
      profile: {
        kind: 'client',
        pathLength: null,
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: ['1.3.6.1.5.5.7.3.9'],
      },
      publicKey: delegateKey.spki,
    });
    const signer = file('delegate.pem', toPem('CERTIFICATE', delegate));
    const delegated = await respond(signer, key('delegate.key', delegateKey.privateKey));
    expect(verdict(delegated, Date.now(), asked)).toBe('ocsp-responder');
  });
});
