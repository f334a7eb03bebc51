import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import { toPem } from '../keystore/pem.ts';
import { parseCertificate, type Certificate } from './certificate.ts';
import {
  derElement,
  derEnumerated,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
} from './der-write.ts';
import { isAbout } from './ocsp-certificate-id.ts';
import { nonceExtension } from './ocsp-nonce.ts';
import {
  createOcspRequest,
  parseOcspRequest,
  type OcspQuestion,
  type OcspRequest,
} from './ocsp-request.ts';
import {
  createOcspError,
  createOcspResponse,
  type OcspEntry,
  type OcspError,
  type OcspResponseOrder,
  type OcspStatus,
} from './ocsp-response.ts';
import { parseOcspResponse } from './ocsp-response-form.ts';
import { verifyOcspResponse } from './ocsp-verify.ts';
import { flipped } from './testing/flipped.ts';
import {
  createTestHierarchy,
  newTestKey,
  testNow,
  type TestHierarchy,
} from './testing/hierarchy.ts';
import { openssl, openSslTitle, runOpenSsl } from './testing/openssl.ts';

const second = (time: number): number => Math.floor(time / 1000) * 1000;
const serial = Uint8Array.of(0x90, 0x03);
const nonce = new Uint8Array(32).fill(0x5a);
const good: OcspStatus = { kind: 'good' };
const gone: OcspStatus = { kind: 'revoked', at: second(testNow), reason: 'keyCompromise' };
const folder = mkdtempSync(join(tmpdir(), 'discretio-ocsp-'));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

let hierarchy: TestHierarchy;
let issuer: Certificate;
let question: OcspQuestion;
const parsed = (der: Uint8Array): Certificate => {
  const result = parseCertificate(der);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};
const readRequest = (der: Uint8Array): OcspRequest => {
  const request = parseOcspRequest(der);
  if (!request.ok) throw new Error(`${request.error.code} at ${request.error.offset}`);
  return request.value;
};
const requestCode = (der: Uint8Array): string => {
  const request = parseOcspRequest(der);
  return request.ok ? 'ok' : request.error.code;
};
const entriesFor = (asked: OcspQuestion, status: OcspStatus): readonly OcspEntry[] =>
  readRequest(createOcspRequest(asked)).certificateIds.map((certificateId) => ({
    certificateId,
    status,
    thisUpdate: testNow,
  }));
const answer = (
  changes: Partial<OcspResponseOrder> = {},
  status: OcspStatus = good,
): Promise<Uint8Array> =>
  createOcspResponse({
    responder: issuer,
    sign: hierarchy.clientAuthority.sign,
    producedAt: testNow,
    entries: entriesFor(question, status),
    nonce,
    ...changes,
  });
const verdict = (der: Uint8Array, now = testNow, asked = question): string => {
  const verified = verifyOcspResponse(der, asked, now);
  return verified.ok ? verified.value.kind : verified.error.code;
};

beforeAll(async () => {
  hierarchy = await createTestHierarchy();
  issuer = parsed(hierarchy.clientAuthority.certificate);
  question = { issuer, serial, nonce };
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('OCSP requests', () => {
  it.each(['sha1', 'sha256'] as const)('name the certificate by %s and carry the nonce', (hash) => {
    const request = readRequest(createOcspRequest({ ...question, hash }));
    const [id] = request.certificateIds;
    expect(request.nonce).toEqual(nonce);
    expect(id.hash).toBe(hash);
    expect(isAbout(id, issuer, serial)).toBe(true);
    expect(isAbout(id, issuer, Uint8Array.of(0x90, 0x04))).toBe(false);
    expect(isAbout(id, parsed(hierarchy.serverAuthority.certificate), serial)).toBe(false);
  });

  it('refuse a nonce of 0 or 33 bytes', () => {
    for (const length of [0, 33]) {
      const bad = new Uint8Array(length);
      expect(() => createOcspRequest({ ...question, nonce: bad })).toThrow(RangeError);
      const id = readRequest(createOcspRequest(question)).certificateIds[0];
      const extensions = derElement(0xa2, derSequence(nonceExtension(bad)));
      const der = derSequence(derSequence(derSequence(derSequence(id.der)), extensions));
      expect(requestCode(der)).toBe('ocsp-request-nonce');
    }
  });

  it('are read with several certificates, and refused with none or too many', () => {
    const { der } = readRequest(createOcspRequest(question)).certificateIds[0];
    const asking = (count: number): Uint8Array =>
      derSequence(
        derSequence(derSequence(...Array.from({ length: count }, () => derSequence(der)))),
      );
    expect(readRequest(asking(3))).toMatchObject({ certificateIds: { length: 3 } });
    expect(readRequest(asking(3)).nonce).toBeUndefined();
    expect(requestCode(asking(0))).toBe('ocsp-request-count');
    expect(requestCode(asking(33))).toBe('ocsp-request-count');
    expect(requestCode(new Uint8Array(8193))).toBe('ocsp-request-size');
  });

  it('with an unknown hash name nobody, and with a negative serial nothing', () => {
    const sha384 = derSequence(derObjectIdentifier('2.16.840.1.101.3.4.2.2'));
    const rest = [derOctetString(new Uint8Array(48)), derOctetString(new Uint8Array(48))];
    const asking = (number: Uint8Array): Uint8Array =>
      derSequence(derSequence(derSequence(derSequence(derSequence(sha384, ...rest, number)))));
    const [id] = readRequest(asking(derInteger(serial))).certificateIds;
    expect(id.hash).toBe('other');
    expect(isAbout(id, issuer, serial)).toBe(false);
    expect(requestCode(asking(Uint8Array.of(2, 1, 0xff)))).toBe('ocsp-certificate-id-form');
  });

  test.prop([fc.uint8Array({ maxLength: 60 })])('never throw on anything', (bytes) => {
    expect(parseOcspRequest(bytes).ok).toBe(false);
    expect(parseOcspResponse(bytes).ok).toBe(false);
  });

  test.prop([fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 300 })(
    'with a changed byte are refused or ask something else',
    (position, change) => {
      const der = createOcspRequest(question);
      const request = parseOcspRequest(flipped(der, position, change));
      if (!request.ok) return;
      const [id] = request.value.certificateIds;
      const isSame =
        isAbout(id, issuer, serial) && toHex(request.value.nonce ?? serial) === toHex(nonce);
      expect(isSame).toBe(false);
    },
  );
});

describe('verifyOcspResponse', () => {
  it('gives the status', async () => {
    expect(verifyOcspResponse(await answer(), question, testNow)).toEqual({
      ok: true,
      value: good,
    });
    expect(verifyOcspResponse(await answer({}, gone), question, testNow)).toEqual({
      ok: true,
      value: gone,
    });
    const unspecified: OcspStatus = { ...gone, reason: 'unspecified' };
    const plain = verifyOcspResponse(await answer({}, unspecified), question, testNow);
    expect(plain).toEqual({ ok: true, value: unspecified });
    expect(verdict(await answer({}, { kind: 'unknown' }))).toBe('unknown');
  });

  it.each<OcspError>([
    'malformedRequest',
    'internalError',
    'tryLater',
    'sigRequired',
    'unauthorized',
  ])('takes the error %s for no answer', (error) => {
    expect(verifyOcspResponse(createOcspError(error), question, testNow)).toMatchObject({
      error: { code: 'ocsp-error', detail: error },
    });
  });

  it('refuses an answer to another question', async () => {
    const other = new Uint8Array(32).fill(0x5b);
    expect(verdict(await answer({ nonce: other }))).toBe('ocsp-nonce');
    expect(verdict(await answer({ nonce: undefined }))).toBe('ocsp-nonce');
    const longer = Uint8Array.of(...nonce.subarray(0, 31));
    expect(verdict(await answer({ nonce: longer }))).toBe('ocsp-nonce');
    const entries = entriesFor({ ...question, serial: Uint8Array.of(4) }, good);
    expect(verdict(await answer({ entries }))).toBe('ocsp-certificate-id');
    const server = parsed(hierarchy.serverAuthority.certificate);
    const foreign = entriesFor({ ...question, issuer: server }, good);
    // Both test authorities share a key, so that only the name tells them apart.
    expect(verdict(await answer({ entries: foreign }))).toBe('ocsp-certificate-id');
    expect(verdict(await answer({ entries: [] }))).toBe('ocsp-certificate-id');
  });

  it('refuses two answers about one certificate, agreeing or not', async () => {
    const twice = [...entriesFor(question, gone), ...entriesFor(question, good)];
    expect(verdict(await answer({ entries: twice }))).toBe('ocsp-duplicate');
    const mixed = [...twice, ...entriesFor({ ...question, serial: Uint8Array.of(4) }, good)];
    expect(verdict(await answer({ entries: mixed }))).toBe('ocsp-certificate-id');
  });

  it('refuses anybody but the issuing authority', async () => {
    const { leafKey, issueClient, root } = hierarchy;
    expect(verdict(await answer({ sign: leafKey.sign }))).toBe('ocsp-signature');
    const leaf = parsed(await issueClient());
    expect(verdict(await answer({ responder: leaf, sign: leafKey.sign }))).toBe('ocsp-responder');
    const byRoot = await answer({ responder: parsed(root.certificate), sign: root.sign });
    expect(verdict(byRoot)).toBe('ocsp-responder');
  });

  it('refuses an authority whose certificate does not allow digital signatures', async () => {
    const { root } = hierarchy;
    const asked = { ...question, issuer: parsed(root.certificate) };
    const entries = entriesFor(asked, good);
    const der = await answer({ responder: asked.issuer, sign: root.sign, entries });
    expect(verdict(der, testNow, asked)).toBe('ocsp-responder-usage');
  });

  it('refuses what is of another time', async () => {
    const der = await answer();
    const until = second(testNow) + 300_000;
    expect(verdict(der, until)).toBe('good');
    expect(verdict(der, until + 1)).toBe('ocsp-stale');
    expect(verdict(der, second(testNow) - 300_000)).toBe('good');
    expect(verdict(der, second(testNow) - 300_001)).toBe('ocsp-not-yet-valid');
    const [entry] = entriesFor(question, good);
    const early = { ...entry, thisUpdate: testNow - 900_000, nextUpdate: testNow - 400_000 };
    expect(verdict(await answer({ entries: [early as OcspEntry] }))).toBe('ocsp-stale');
    const late = { ...entry, thisUpdate: testNow + 400_000 };
    expect(verdict(await answer({ entries: [late as OcspEntry] }))).toBe('ocsp-not-yet-valid');
  });

  it('refuses another kind of response, and a success without one', () => {
    const wrapped = derElement(
      0xa0,
      derSequence(derObjectIdentifier('1.2.3'), derOctetString(serial)),
    );
    expect(verdict(derSequence(derEnumerated(0), wrapped))).toBe('ocsp-response-type');
    expect(verdict(derSequence(derEnumerated(0)))).toBe('ocsp-response-form');
    expect(verdict(derSequence(derEnumerated(4)))).toBe('ocsp-response-form');
  });

  test.prop([fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 300 })(
    'takes no answer with a changed byte, and never throws',
    async (position, change) => {
      const changed = flipped(await signedOnce(), position, change);
      expect(['good', 'revoked', 'unknown']).not.toContain(verdict(changed));
    },
  );
  let kept: Uint8Array | undefined;
  const signedOnce = async (): Promise<Uint8Array> => (kept ??= await answer({}, gone));
});

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
