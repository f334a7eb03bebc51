import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import forge from 'node-forge';
import { beforeAll, describe, expect, it } from 'vitest';
import { parsePem, toPem } from '../keystore/pem.ts';
import { createRequest, isTelephoneNumber, parseRequest } from './request.ts';
import { newTestKey, type TestKey } from './testing/hierarchy.ts';

const openssl = spawnSync('openssl', ['version']).status === 0;
const openSslTitle = openssl ? '' : ' (skipped: openssl is not installed)';
const number = '+33612345678';

const derOf = (pem: string): Uint8Array => {
  const der = parsePem(pem, 'CERTIFICATE REQUEST');
  if (!der.ok) throw new Error(der.error.code);
  return der.value;
};

const codeOf = (input: string | Uint8Array): string => {
  const result = parseRequest(input);
  return result.ok ? 'ok' : result.error.code;
};

/** A request made by node-forge, with this subject. */
const forgeRequest = (
  key: TestKey,
  subject: forge.pki.CertificateField[],
  digest: forge.md.MessageDigest = forge.md.sha256.create(),
): string => {
  const request = forge.pki.createCertificationRequest();
  const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const privateKey = forge.pki.privateKeyFromPem(pem);
  request.publicKey = forge.pki.setRsaPublicKey(privateKey.n, privateKey.e);
  request.setSubject(subject);
  request.sign(privateKey, digest);
  return forge.pki.certificationRequestToPem(request);
};

describe('certificate requests', () => {
  let key: TestKey;
  let pem: string;
  let der: Uint8Array;
  beforeAll(async () => {
    key = newTestKey();
    pem = await createRequest({ commonName: number, publicKey: key.spki, sign: key.sign });
    der = derOf(pem);
  });

  it('come back as made, from PEM and from DER', () => {
    const expected = {
      ok: true,
      value: {
        commonName: number,
        publicKey: { spki: key.spki, bits: 2048, exponent: 65_537n },
        signatureAlgorithm: 'sha256WithRSAEncryption',
        signatureValid: true,
      },
    };
    expect(parseRequest(pem)).toEqual(expected);
    expect(parseRequest(der)).toEqual(expected);
  });

  it('are read by node-forge, and read what it makes', () => {
    const request = forge.pki.certificationRequestFromPem(pem);
    const commonName: unknown = request.subject.getField('CN');
    expect(request.verify()).toBe(true);
    expect(commonName).toMatchObject({ value: number });
    const theirs = parseRequest(forgeRequest(key, [{ name: 'commonName', value: number }]));
    expect(theirs).toMatchObject({ ok: true, value: { commonName: number, signatureValid: true } });
  });

  it.skipIf(!openssl)(`verify with openssl req, and its own are read${openSslTitle}`, () => {
    const run = (input: string, ...args: string[]): string =>
      spawnSync('openssl', ['req', ...args], { input, encoding: 'utf8' }).stdout;
    const text = run(pem, '-verify', '-noout', '-subject', '-text');
    expect(text).toContain(number);
    expect(text).toContain('Signature Algorithm: sha256WithRSAEncryption');
    const keyPem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const folder = mkdtempSync(join(tmpdir(), 'discretio-request-'));
    const keyFile = join(folder, 'key.pem');
    writeFileSync(keyFile, keyPem, { mode: 0o600 });
    const theirs = run('', '-new', '-key', keyFile, '-subj', `/CN=\\${number}`);
    rmSync(folder, { recursive: true });
    expect(parseRequest(theirs)).toMatchObject({ ok: true, value: { signatureValid: true } });
  });

  it('show a missing proof of possession', async () => {
    const other = newTestKey();
    const forged = await createRequest({
      commonName: number,
      publicKey: key.spki,
      sign: other.sign,
    });
    expect(parseRequest(forged)).toMatchObject({ ok: true, value: { signatureValid: false } });
  });

  it('show another signature algorithm by its identifier', () => {
    const theirs = forgeRequest(
      key,
      [{ name: 'commonName', value: number }],
      forge.md.sha1.create(),
    );
    expect(parseRequest(theirs)).toMatchObject({
      ok: true,
      value: { signatureAlgorithm: '1.2.840.113549.1.1.5', signatureValid: false },
    });
  });

  it('are refused by name when they are something else', async () => {
    const name = { name: 'commonName', value: number };
    expect(codeOf(forgeRequest(key, [name, name]))).toBe('request-common-name');
    expect(codeOf(forgeRequest(key, [{ name: 'countryName', value: 'FR' }]))).toBe(
      'request-common-name',
    );
    expect(codeOf(Uint8Array.of(...der, 0))).toBe('der-trailing');
    expect(codeOf(toPem('CERTIFICATE', der))).toBe('pem-label');
    expect(codeOf('')).toBe('pem-begin');
    expect(codeOf(Uint8Array.of(0x30, 0))).toBe('request-form');
    const large = newTestKey(2048, 3);
    const small = await createRequest({
      commonName: number,
      publicKey: large.spki,
      sign: large.sign,
    });
    expect(parseRequest(small)).toMatchObject({ ok: true, value: { publicKey: { exponent: 3n } } });
  });

  test.prop([fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 300 })(
    'never throw, and no changed byte keeps the signature valid',
    (position, change) => {
      const mutated = Uint8Array.from(der);
      const index = position % mutated.length;
      mutated[index] = (mutated[index] ?? 0) ^ change;
      const result = parseRequest(mutated);
      expect(result.ok && result.value.signatureValid).toBe(false);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 64 }), fc.string({ maxLength: 64 })])(
    'never throw on anything',
    (bytes, text) => {
      expect(codeOf(bytes)).not.toBe('ok');
      expect(codeOf(text)).not.toBe('ok');
    },
  );
});

describe('isTelephoneNumber', () => {
  it.each(['+33612345678', '+12', '+123456789012345'])('takes %s', (text) => {
    expect(isTelephoneNumber(text)).toBe(true);
  });
  it.each([
    '33612345678',
    '0612345678',
    '+0612345678',
    '+1',
    '+1234567890123456',
    '+33 6',
    '+33６1',
    '+12\n',
    ' +12',
    '%2B33',
  ])('refuses %j', (text) => {
    expect(isTelephoneNumber(text)).toBe(false);
  });
});
