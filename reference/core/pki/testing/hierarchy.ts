import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { issueCertificate, type CertificateOrder, type RsaSigner } from '../issue.ts';
import {
  clientAuthorityProfile,
  clientProfile,
  rootProfile,
  serverAuthorityProfile,
} from '../profiles.ts';

/** A key pair for tests. */
export interface TestKey {
  readonly privateKey: KeyObject;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly sign: RsaSigner;
}

/** A new RSA key, of 2048 bits and exponent 65537 unless told otherwise. */
export const newTestKey = (modulusLength = 2048, publicExponent = 65_537): TestKey => {
  const pair = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return {
    privateKey: pair.privateKey,
    spki: new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })),
    sign: (message) => Promise.resolve(new Uint8Array(sign('sha256', message, pair.privateKey))),
  };
};

export interface TestAuthority {
  readonly certificate: Uint8Array;
  readonly key: TestKey;
  readonly sign: RsaSigner;
}

/** The time at which the hierarchy is valid, milliseconds since 1970. */
export const testNow = Date.UTC(2026, 10, 23, 12, 0, 0, 789);
const year = 31_536_000_000;
export const testValidity = { notBefore: testNow - 1000, notAfter: testNow + year } as const;

/** Root, both authorities and a key for leaves, with fixed serials and dates. */
export interface TestHierarchy {
  readonly root: TestAuthority;
  readonly clientAuthority: TestAuthority;
  readonly serverAuthority: TestAuthority;
  readonly leafKey: TestKey;
  /** A client certificate by the client authority, with parts of its order replaced. */
  readonly issueClient: (changes?: Partial<CertificateOrder>) => Promise<Uint8Array>;
  /** An authority of this profile by the root, with parts of its order replaced. */
  readonly issueAuthority: (
    profile: CertificateOrder['profile'],
    changes?: Partial<CertificateOrder>,
  ) => Promise<TestAuthority>;
}

export const createTestHierarchy = async (): Promise<TestHierarchy> => {
  const [rootKey, authorityKey, leafKey] = [newTestKey(), newTestKey(), newTestKey()];
  const rootCertificate = await issueCertificate({
    profile: rootProfile,
    subject: { commonName: 'Test Root' },
    publicKey: rootKey.spki,
    issuer: { sign: rootKey.sign },
    serial: Uint8Array.of(1),
    ...testValidity,
  });
  const root = { certificate: rootCertificate, key: rootKey, sign: rootKey.sign };
  const issueAuthority: TestHierarchy['issueAuthority'] = async (profile, changes = {}) => {
    const certificate = await issueCertificate({
      profile,
      subject: { commonName: `Test ${profile.kind}` },
      publicKey: authorityKey.spki,
      issuer: root,
      serial: Uint8Array.of(2),
      ...testValidity,
      ...changes,
    });
    return { certificate, key: authorityKey, sign: authorityKey.sign };
  };
  const clientAuthority = await issueAuthority(clientAuthorityProfile);
  return {
    root,
    clientAuthority,
    serverAuthority: await issueAuthority(serverAuthorityProfile),
    leafKey,
    issueAuthority,
    issueClient: (changes = {}) =>
      issueCertificate({
        profile: clientProfile,
        subject: { commonName: '+33612345678' },
        publicKey: leafKey.spki,
        issuer: clientAuthority,
        serial: Uint8Array.of(0x90, 0x03),
        ...testValidity,
        ...changes,
      }),
  };
};
