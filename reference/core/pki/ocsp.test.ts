import { fc, test } from '@fast-check/vitest';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import type { Certificate } from './certificate.ts';
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
import { createOcspRequest, parseOcspRequest, type OcspQuestion } from './ocsp-request.ts';
import {
  createOcspError,
  type OcspEntry,
  type OcspError,
  type OcspStatus,
} from './ocsp-response.ts';
import { parseOcspResponse } from './ocsp-response-form.ts';
import { verifyOcspResponse } from './ocsp-verify.ts';
import { flipped } from './testing/flipped.ts';
import { testNow } from './testing/hierarchy.ts';
import {
  createOcspFixture,
  entriesFor,
  gone,
  good,
  nonce,
  parsedCertificate,
  readRequest,
  second,
  serial,
  type OcspFixture,
} from './testing/ocsp-fixture.ts';

let hierarchy: OcspFixture['hierarchy'];
let issuer: Certificate;
let question: OcspQuestion;
let answer: OcspFixture['answer'];
let verdict: OcspFixture['verdict'];
const parsed = parsedCertificate;
const requestCode = (der: Uint8Array): string => {
  const request = parseOcspRequest(der);
  return request.ok ? 'ok' : request.error.code;
};

beforeAll(async () => {
  ({ hierarchy, issuer, question, answer, verdict } = await createOcspFixture());
});

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
