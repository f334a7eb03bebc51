import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { fromBER } from 'asn1js';
import { CertificateRevocationList } from 'pkijs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex } from '../bytes.ts';
import { toPem } from '../keystore/pem.ts';
import { parseCertificate, type Certificate } from './certificate.ts';
import { issueCrl, type CrlOrder } from './crl-issue.ts';
import { nextCrlIssue } from './crl-schedule.ts';
import { findRevoked, parseCrl, verifyCrl, type Crl } from './crl.ts';
import { derElement, derExtension, derSequence, derSigned } from './der-write.ts';
import { parseDer } from './der.ts';
import { revocationReasons, type RevocationReason, type RevokedCertificate } from './revocation.ts';
import { serialText } from './serial.ts';
import { sha256WithRsaDer } from './signed-object.ts';
import { flipped } from './testing/flipped.ts';
import { createTestHierarchy, testNow, type TestHierarchy } from './testing/hierarchy.ts';
import { openssl, openSslTitle, runOpenSsl } from './testing/openssl.ts';

const day = 86_400_000;
const second = (time: number): number => Math.floor(time / 1000) * 1000;
const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};
const parsed = (der: Uint8Array): Certificate => {
  const result = parseCertificate(der);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};
const revoked: readonly RevokedCertificate[] = [
  { serial: hex('9003'), at: testNow - day, reason: 'keyCompromise' },
  { serial: hex('4f00112233445566778899aabbccddee'), at: testNow, reason: 'unspecified' },
  { serial: hex('05'), at: Date.UTC(2051, 0, 1), reason: 'superseded' },
];

let hierarchy: TestHierarchy;
let issuer: Certificate;
let list: Uint8Array;
const folder = mkdtempSync(join(tmpdir(), 'discretio-crl-'));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const issue = (changes: Partial<CrlOrder> = {}): Promise<Uint8Array> =>
  issueCrl({
    issuer,
    sign: hierarchy.clientAuthority.sign,
    number: 7n,
    thisUpdate: testNow - 1000,
    nextUpdate: testNow + day,
    revoked,
    ...changes,
  });
const read = (der: Uint8Array): Crl => {
  const crl = parseCrl(der);
  if (!crl.ok) throw new Error(`${crl.error.code} at ${crl.error.offset}`);
  return crl.value;
};
const verdict = (der: Uint8Array, by = issuer, now = testNow): string => {
  const crl = parseCrl(der);
  if (!crl.ok) return crl.error.code;
  const verified = verifyCrl(crl.value, by, now);
  return verified.ok ? 'ok' : verified.error.code;
};

beforeAll(async () => {
  hierarchy = await createTestHierarchy();
  issuer = parsed(hierarchy.clientAuthority.certificate);
  list = await issue();
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('issueCrl and parseCrl', () => {
  it('say the same', () => {
    const crl = read(list);
    expect(crl).toMatchObject({
      issuer: issuer.subject,
      thisUpdate: second(testNow - 1000),
      nextUpdate: second(testNow + day),
      number: 7n,
      authorityKeyIdentifier: issuer.extensions.subjectKeyIdentifier,
      unknownCritical: [],
    });
    expect([...crl.revoked.keys()]).toEqual(revoked.map(({ serial }) => serialText(serial)));
    expect(findRevoked(crl, hex('009003'))).toMatchObject({
      at: second(testNow - day),
      reason: 'keyCompromise',
    });
    expect(findRevoked(crl, hex('05'))).toMatchObject({ at: Date.UTC(2051, 0, 1) });
    expect(findRevoked(crl, hex('9004'))).toBeUndefined();
  });

  it('leave revokedCertificates out of an empty list, and refuse it empty', async () => {
    const empty = await issue({ revoked: [] });
    expect(read(empty).revoked.size).toBe(0);
    expect(verdict(empty)).toBe('ok');
    const tree = parseDer(read(empty).tbs);
    if (!tree.ok) throw new Error(tree.error.code);
    const parts = tree.value.children.map(({ bytes }) => bytes);
    const tbs = derSequence(...parts.slice(0, 5), derSequence(), ...parts.slice(5));
    expect(verdict(derSigned(tbs, sha256WithRsaDer, new Uint8Array(256)))).toBe('crl-entry');
  });

  it.each([-1n, 1n << 159n])('refuse the number %s', async (number) => {
    await expect(issue({ number })).rejects.toThrow(RangeError);
  });

  it('hold a hundred thousand entries', async () => {
    const many = Array.from({ length: 100_000 }, (_, index) => ({
      serial: Uint8Array.of(1, index >> 16, index >> 8, index),
      at: testNow,
      reason: 'superseded' as const,
    }));
    const crl = read(await issue({ revoked: many }));
    expect(crl.revoked.size).toBe(many.length);
    expect(findRevoked(crl, hex('0101869f'))).toMatchObject({ reason: 'superseded' });
  });

  it('refuse a serial named twice', async () => {
    const twice = await issue({ revoked: [...revoked, ...revoked] });
    expect(verdict(twice)).toBe('crl-entry-repeated');
  });

  const entries = fc.uniqueArray(
    fc.record({
      serial: fc.uint8Array({ minLength: 1, maxLength: 16 }),
      at: fc.integer({ min: 0, max: Date.UTC(2060, 0, 1) / 1000 }).map((time) => time * 1000),
      reason: fc.constantFrom(...(Object.keys(revocationReasons) as RevocationReason[])),
    }),
    { selector: ({ serial }) => serialText(serial), maxLength: 8 },
  );
  test.prop([entries, fc.bigInt(0n, (1n << 159n) - 1n)], { numRuns: 50 })(
    'keep every entry and number',
    async (given, number) => {
      const crl = read(await issue({ revoked: given, number }));
      expect(crl.number).toBe(number);
      expect([...crl.revoked].map(([key, { at, reason }]) => ({ key, at, reason }))).toEqual(
        given.map(({ serial, at, reason }) => ({ key: serialText(serial), at, reason })),
      );
    },
  );

  test.prop([fc.uint8Array({ maxLength: 60 })])('never throw on anything', (bytes) => {
    expect(parseCrl(bytes).ok).toBe(false);
  });
});

describe('verifyCrl', () => {
  it('takes a list from its first to its last second', () => {
    expect(verdict(list)).toBe('ok');
    expect(verdict(list, issuer, second(testNow - 1000))).toBe('ok');
    expect(verdict(list, issuer, second(testNow - 1000) - 1)).toBe('crl-not-yet-valid');
    expect(verdict(list, issuer, second(testNow + day) + 999)).toBe('ok');
    expect(verdict(list, issuer, second(testNow + day) + 1000)).toBe('crl-expired');
  });

  it('refuses the list of another authority, and one by a key that borrows its name', async () => {
    expect(verdict(list, parsed(hierarchy.root.certificate))).toBe('crl-issuer');
    expect(verdict(await issue({ sign: hierarchy.leafKey.sign }))).toBe('crl-signature');
  });

  it('refuses an authority that may not sign lists', async () => {
    const leaf = parsed(await hierarchy.issueClient());
    const forged = await issue({ issuer: leaf, sign: hierarchy.leafKey.sign });
    expect(verdict(forged, leaf)).toBe('crl-issuer-usage');
  });

  it.each([
    ['of the list', '2.5.29.28', 'crl-critical-extension', true],
    ['that is not critical', '2.5.29.28', 'ok', false],
  ] as const)('looks at an unknown extension %s', async (_, oid, code, critical) => {
    const tree = parseDer(read(list).tbs);
    if (!tree.ok) throw new Error(tree.error.code);
    const parts = tree.value.children.map(({ bytes }) => bytes);
    const extensions = tree.value.children.at(-1)?.children[0]?.content ?? new Uint8Array();
    const more = derExtension(oid, derSequence(), critical);
    const tbs = derSequence(...parts.slice(0, -1), derElement(0xa0, derSequence(extensions, more)));
    const signature = await hierarchy.clientAuthority.sign(tbs);
    expect(verdict(derSigned(tbs, sha256WithRsaDer, signature))).toBe(code);
  });

  test.prop([fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 300 })(
    'takes no list with a changed byte, and never throws',
    (position, change) => {
      expect(verdict(flipped(list, position, change))).not.toBe('ok');
    },
  );
});

describe('nextCrlIssue', () => {
  const crl = { thisUpdate: 1000, nextUpdate: 3000, revoked: new Map([['05', revoked[2]]]) };
  const next = (serials: readonly string[], now: number): number =>
    nextCrlIssue(crl as unknown as Crl, serials, now);

  it('is at half life, or now when that is past', () => {
    expect([next(['05'], 1500), next([], 1500), next(['05'], 2500)]).toEqual([2000, 2000, 2500]);
  });

  it('is now without a list, after a revocation, and after the clock went back', () => {
    expect(nextCrlIssue(undefined, [], 1500)).toBe(1500);
    expect(next(['05', '06'], 1500)).toBe(1500);
    expect(next(['05'], 500)).toBe(500);
  });
});

describe('other programs', () => {
  it('asn1js finds the encoding canonical, and pkijs reads the entries', () => {
    expect(new Uint8Array(fromBER(Uint8Array.from(list).buffer).result.toBER())).toEqual(list);
    const crl = CertificateRevocationList.fromBER(Uint8Array.from(list).buffer);
    expect(crl.revokedCertificates?.length).toBe(revoked.length);
    expect(crl.crlExtensions?.extensions.map(({ extnID }) => extnID)).toEqual([
      '2.5.29.35',
      '2.5.29.20',
    ]);
  });

  it.skipIf(!openssl)(`openssl verifies the list and reads it alike${openSslTitle}`, async () => {
    const ca = file('ca.pem', toPem('CERTIFICATE', issuer.der));
    const pem = file('list.pem', toPem('X509 CRL', list));
    const { status, text } = await runOpenSsl([
      'crl',
      '-in',
      pem,
      '-CAfile',
      ca,
      '-verify',
      '-noout',
      '-text',
    ]);
    expect(status).toBe(0);
    expect(text).toContain('verify OK');
    expect(text).toContain('Version 2');
    expect(text).toMatch(/X509v3 CRL Number:\s+7\s/);
    expect(text).toMatch(/Serial Number: 9003\s[\s\S]*Key Compromise/);
    expect(text).toContain('4F00112233445566778899AABBCCDDEE');
    const bad = toPem('X509 CRL', flipped(list, list.length - 1, 1));
    const refused = await runOpenSsl([
      'crl',
      '-in',
      file('bad.pem', bad),
      '-CAfile',
      ca,
      '-verify',
      '-noout',
    ]);
    expect(refused.text).toContain('verify failure');
  });

  it.skipIf(!openssl)(`a list by openssl is taken${openSslTitle}`, async () => {
    const key = hierarchy.clientAuthority.key.privateKey;
    const config = `[ca]\ndefault_ca=d\n[d]\ndatabase=${folder}/index\ncrlnumber=${folder}/number\ndefault_md=sha256\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid:always\n`;
    const line = ['R', '361231000000Z', '261122000000Z,keyCompromise', '9003', 'unknown', '/CN=x'];
    file('index', `${line.join('\t')}\n`);
    file('number', '1F\n');
    const out = join(folder, 'theirs.der');
    const words = ['ca', '-gencrl', '-config', file('ca.cnf', config), '-crldays', '3650'];
    const { status, text } = await runOpenSsl(
      ...words,
      ['-cert', file('issuer.pem', toPem('CERTIFICATE', issuer.der))],
      ['-keyfile', file('key.pem', key.export({ type: 'pkcs8', format: 'pem' }).toString())],
      ['-out', join(folder, 'theirs.pem')],
    );
    expect([status, text]).toEqual([0, expect.anything()]);
    await runOpenSsl('crl', '-in', join(folder, 'theirs.pem'), '-outform', 'DER', '-out', out);
    const theirs = read(new Uint8Array(readFileSync(out)));
    expect(theirs.number).toBe(31n);
    expect(findRevoked(theirs, hex('9003'))).toMatchObject({ reason: 'keyCompromise' });
    expect(verifyCrl(theirs, issuer, theirs.thisUpdate)).toMatchObject({ ok: true });
  });
});
