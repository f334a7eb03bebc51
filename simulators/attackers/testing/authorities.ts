import {
  forgeCertificate,
  freshKey,
  keyIdentifierOf,
  nameOf,
  subjectNameOf,
  toPem,
  type CertifiedKey,
} from '../certificate-forger.ts';
import type { TrustCertificates } from '../endpoint.ts';

/** A whole test hierarchy with keys made now. */
export interface TestAuthorities {
  readonly trust: TrustCertificates;
  readonly clientAuthority: CertifiedKey;
  /** PEM of the server's key, and of its certificate followed by its authority's. */
  readonly server: { readonly key: string; readonly chain: string };
}

const pem = (certificate: Uint8Array): string => toPem('CERTIFICATE', certificate);

const authority = (name: string, issuer: CertifiedKey): CertifiedKey => {
  const key = freshKey();
  const certificate = forgeCertificate({
    subject: nameOf(name),
    publicKey: key,
    issuer: subjectNameOf(issuer.certificate),
    issuerKey: issuer.key,
    authorityKeyIdentifier: keyIdentifierOf(issuer.key),
    role: 'authority',
  });
  return { certificate, key };
};

const rootAuthority = (): CertifiedKey => {
  const key = freshKey();
  const name = nameOf('Attackers test root');
  const certificate = forgeCertificate({
    subject: name,
    publicKey: key,
    issuer: name,
    issuerKey: key,
    role: 'authority',
    pathLength: 1,
  });
  return { certificate, key };
};

/** Makes a root, both intermediate authorities and a server certificate for 127.0.0.1. */
export const createTestAuthorities = (): TestAuthorities => {
  const root = rootAuthority();
  const clientAuthority = authority('Attackers test clients', root);
  const serverAuthority = authority('Attackers test servers', root);
  const key = freshKey();
  const certificate = forgeCertificate({
    subject: nameOf('127.0.0.1'),
    publicKey: key,
    issuer: subjectNameOf(serverAuthority.certificate),
    issuerKey: serverAuthority.key,
    authorityKeyIdentifier: keyIdentifierOf(serverAuthority.key),
    role: 'server',
    address: Uint8Array.of(127, 0, 0, 1),
  });
  return {
    trust: {
      root: pem(root.certificate),
      clientAuthority: pem(clientAuthority.certificate),
      serverAuthority: pem(serverAuthority.certificate),
    },
    clientAuthority,
    server: {
      key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      chain: pem(certificate) + pem(serverAuthority.certificate),
    },
  };
};

/** A user's certificate as the client authority would issue it, for a key. */
export const issueClient = (
  authorities: TestAuthorities,
  number: string,
  publicKey: CertifiedKey['key'],
): Uint8Array =>
  forgeCertificate({
    subject: nameOf(number),
    publicKey,
    issuer: subjectNameOf(authorities.clientAuthority.certificate),
    issuerKey: authorities.clientAuthority.key,
    authorityKeyIdentifier: keyIdentifierOf(authorities.clientAuthority.key),
    role: 'client',
  });
