import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import { toPem } from '../keystore/pem.ts';
import { ok } from '../result.ts';
import { issuedBy, keyIdentifierOf, parseCertificate, type Certificate } from './certificate.ts';
import { issueCertificate, subjectKeyIdentifier } from './issue.ts';
import { serverProfile } from './profiles.ts';
import {
  createTestHierarchy,
  testNow,
  testValidity,
  type TestHierarchy,
} from './testing/hierarchy.ts';

const openssl = spawnSync('openssl', ['version']).status === 0;
const openSslTitle = openssl ? '' : ' (skipped: openssl is not installed)';

const parsed = (der: Uint8Array): Certificate => {
  const result = parseCertificate(der);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

describe('issueCertificate', () => {
  let hierarchy: TestHierarchy;
  let client: Uint8Array;
  let server: Uint8Array;
  const folder = mkdtempSync(join(tmpdir(), 'discretio-issue-'));
  const file = (name: string, ...ders: readonly Uint8Array[]): string => {
    const path = join(folder, name);
    writeFileSync(path, ders.map((der) => toPem('CERTIFICATE', der)).join(''));
    return path;
  };

  beforeAll(async () => {
    hierarchy = await createTestHierarchy();
    client = await hierarchy.issueClient();
    server = await issueCertificate({
      profile: serverProfile,
      subject: { commonName: 'sip.example', hosts: ['sip.example', '127.0.0.1'] },
      publicKey: hierarchy.leafKey.spki,
      issuer: hierarchy.serverAuthority,
      serial: Uint8Array.of(7),
      notBefore: testNow,
      notAfter: Date.UTC(2051, 0, 1),
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives certificates that the strict parser reads as ordered', () => {
    const certificate = parsed(client);
    expect(certificate.commonNames).toEqual([{ kind: 'text', value: '+33612345678' }]);
    expect(toHex(certificate.serial)).toBe('009003');
    expect(certificate.notBefore).toBe(Math.floor(testValidity.notBefore / 1000) * 1000);
    expect(certificate.publicKey).toMatchObject({ modulusBits: 2048, exponent: 65_537n });
    const { extensions } = certificate;
    expect(extensions.basicConstraints).toEqual({ authority: false });
    expect([...(extensions.keyUsage ?? [])]).toEqual(['digitalSignature']);
    expect(extensions.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(extensions.subjectKeyIdentifier).toEqual(keyIdentifierOf(certificate));
    expect(extensions.subjectKeyIdentifier).toEqual(subjectKeyIdentifier(hierarchy.leafKey.spki));
    const issuer = parsed(hierarchy.clientAuthority.certificate);
    expect(extensions.authorityKeyIdentifier).toEqual(issuer.extensions.subjectKeyIdentifier);
    expect(issuedBy(certificate, issuer)).toBe(true);
  });

  it('names hosts and dates from 2050 on as RFC 5280 says', () => {
    const certificate = parsed(server);
    expect(certificate.notAfter).toBe(Date.UTC(2051, 0, 1));
    expect(certificate.extensions.subjectAltName).toEqual({
      dnsNames: ['sip.example'],
      ipAddresses: [Uint8Array.of(127, 0, 0, 1)],
    });
  });

  it('gives authorities their path length', () => {
    const constraints = [hierarchy.root, hierarchy.serverAuthority].map(
      ({ certificate }) => parsed(certificate).extensions.basicConstraints,
    );
    expect(constraints).toEqual([
      { authority: true, pathLength: 1 },
      { authority: true, pathLength: 0 },
    ]);
  });

  it('gives the same bytes for the same order', async () => {
    expect(await hierarchy.issueClient()).toEqual(client);
  });

  it.each([
    ['zero', Uint8Array.of(0, 0)],
    ['empty', new Uint8Array()],
    ['of 21 bytes with its sign', new Uint8Array(20).fill(0x80)],
  ])('refuses a serial that is %s', async (_, serial) => {
    await expect(hierarchy.issueClient({ serial })).rejects.toThrow(RangeError);
  });

  it('is read alike by node-forge', () => {
    const certificate = forge.pki.certificateFromPem(toPem('CERTIFICATE', client));
    const issuer = forge.pki.certificateFromPem(
      toPem('CERTIFICATE', hierarchy.clientAuthority.certificate),
    );
    const root = forge.pki.certificateFromPem(toPem('CERTIFICATE', hierarchy.root.certificate));
    const commonName: unknown = certificate.subject.getField('CN');
    expect(commonName).toMatchObject({ value: '+33612345678' });
    expect(issuer.verify(certificate) && root.verify(issuer)).toBe(true);
    expect(certificate.generateSubjectKeyIdentifier().toHex()).toBe(
      toHex(subjectKeyIdentifier(hierarchy.leafKey.spki)),
    );
  });

  it.skipIf(!openssl)(`verifies with openssl, each kind for its own purpose${openSslTitle}`, () => {
    const root = file('root.pem', hierarchy.root.certificate);
    const verify = (purpose: string, authority: Uint8Array, leaf: Uint8Array): number | null =>
      spawnSync('openssl', [
        'verify',
        '-x509_strict',
        '-attime',
        String(Math.ceil(testNow / 1000)),
        '-purpose',
        purpose,
        '-CAfile',
        root,
        '-untrusted',
        file('authority.pem', authority),
        file('leaf.pem', leaf),
      ]).status;
    const { clientAuthority, serverAuthority } = hierarchy;
    expect(verify('sslclient', clientAuthority.certificate, client)).toBe(0);
    expect(verify('sslserver', serverAuthority.certificate, server)).toBe(0);
    expect(verify('sslserver', clientAuthority.certificate, client)).not.toBe(0);
    expect(verify('sslclient', serverAuthority.certificate, server)).not.toBe(0);
  });

  it.skipIf(!openssl)(`reads in openssl x509 with critical extensions${openSslTitle}`, () => {
    const path = file('client.pem', client);
    const args = ['x509', '-in', path, '-noout', '-text', '-certopt', 'no_pubkey,no_sigdump'];
    const text = execFileSync('openssl', args, { encoding: 'utf8' });
    expect(text).toContain('Signature Algorithm: sha256WithRSAEncryption');
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature/);
  });

  it('is refused by the strict parser once a byte is added', () => {
    expect(parseCertificate(Uint8Array.of(...client, 0))).not.toEqual(ok(expect.anything()));
  });
});
