import { X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { describe, expect, it } from 'vitest';
import { equal, toHex } from '../../reference/core/bytes.ts';
import {
  alterCommonName,
  certificateRequest,
  certificatesInPem,
  forgeAuthority,
  forgeClient,
  freshKey,
  issuerNameOf,
  keyIdentifierOf,
  subjectNameOf,
  toPem,
} from './certificate-forger.ts';
import { createTestAuthorities, issueClient } from './testing/authorities.ts';

const authorities = createTestAuthorities();
const trueAuthority = authorities.clientAuthority;
const number = '+33612345678';
const forgeOf = (certificate: Uint8Array): forge.pki.Certificate =>
  forge.pki.certificateFromPem(toPem('CERTIFICATE', certificate));
const issuedBy = (certificate: Uint8Array, authority: Uint8Array): boolean =>
  new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey);

describe('certificate forger', () => {
  it('issues certificates that node and node-forge read alike', () => {
    const key = freshKey();
    const certificate = issueClient(authorities, number, key);
    const read = new X509Certificate(certificate);
    expect(equal(new Uint8Array(read.raw), certificate)).toBe(true);
    expect(read.checkIssued(new X509Certificate(trueAuthority.certificate))).toBe(true);
    expect(issuedBy(certificate, trueAuthority.certificate)).toBe(true);
    expect(read.ca).toBe(false);
    expect(read.checkPrivateKey(key)).toBe(true);
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    const second = forgeOf(certificate);
    expect(second.subject.getField('CN')).toMatchObject({ value: number });
    expect(second.getExtension('subjectKeyIdentifier')).toMatchObject({
      subjectKeyIdentifier: toHex(keyIdentifierOf(key)),
    });
    expect(forge.pki.certificateToPem(second).replaceAll('\r', '')).toBe(
      toPem('CERTIFICATE', certificate),
    );
  });
  it('forges an authority with the true names and another key', () => {
    const rogue = forgeAuthority(trueAuthority.certificate);
    expect(subjectNameOf(rogue.certificate)).toEqual(subjectNameOf(trueAuthority.certificate));
    expect(issuerNameOf(rogue.certificate)).toEqual(issuerNameOf(trueAuthority.certificate));
    expect(new X509Certificate(rogue.certificate).ca).toBe(true);
    const root = certificatesInPem(authorities.trust.root)[0] ?? new Uint8Array(0);
    expect(issuedBy(trueAuthority.certificate, root)).toBe(true);
    expect(issuedBy(rogue.certificate, root)).toBe(false);
  });
  it('forges a client that claims an authority which did not sign it', () => {
    const rogue = forgeAuthority(trueAuthority.certificate);
    const forged = forgeClient(number, rogue.key, trueAuthority.certificate);
    const read = new X509Certificate(forged.certificate);
    expect(read.checkIssued(new X509Certificate(trueAuthority.certificate))).toBe(true);
    expect(issuedBy(forged.certificate, trueAuthority.certificate)).toBe(false);
    expect(issuedBy(forged.certificate, rogue.certificate)).toBe(true);
    expect(read.checkPrivateKey(forged.key)).toBe(true);
  });
  it.each(['+33687654321', '+1', '+491511234567890'])(
    'alters the CommonName to %s and nothing else',
    (name) => {
      const certificate = issueClient(authorities, number, freshKey());
      const altered = alterCommonName(certificate, name);
      expect(new X509Certificate(altered).subject).toBe(`CN=\\${name}`);
      expect(issuedBy(certificate, trueAuthority.certificate)).toBe(true);
      expect(issuedBy(altered, trueAuthority.certificate)).toBe(false);
      expect(alterCommonName(altered, number)).toEqual(certificate);
    },
  );
  it('makes a request that node-forge verifies', () => {
    const key = freshKey();
    const request = forge.pki.certificationRequestFromPem(certificateRequest(number, key));
    expect(request.verify()).toBe(true);
    expect(request.subject.getField('CN')).toMatchObject({ value: number });
  });
  it('finds every certificate in a text and names bytes it cannot imitate', () => {
    const found = certificatesInPem(`x${authorities.server.chain}${authorities.server.key}`);
    expect(found).toHaveLength(2);
    expect(() => subjectNameOf(Uint8Array.of(0x30, 0))).toThrow(
      'not a version 3 X.509 certificate',
    );
  });
});
