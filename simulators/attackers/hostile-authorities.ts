import {
  forgeCertificate,
  freshKey,
  keyIdentifierOf,
  nameOf,
  subjectNameOf,
  toPem,
  type CertifiedKey,
} from './certificate-forger.ts';
import type { TrustCertificates } from './endpoint.ts';

/** A whole hierarchy of the attacker's own, with keys made now. */
export interface HostileAuthorities {
  readonly trust: TrustCertificates;
  readonly root: CertifiedKey;
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

/** Makes a root, both intermediate authorities and a server certificate for an IPv4 address (4 bytes), which is its CommonName too. */
export const createHostileAuthorities = (address: Uint8Array): HostileAuthorities => {
  const root = rootAuthority();
  const clientAuthority = authority('Attackers test clients', root);
  const serverAuthority = authority('Attackers test servers', root);
  const key = freshKey();
  const certificate = forgeCertificate({
    subject: nameOf(address.join('.')),
    publicKey: key,
    issuer: subjectNameOf(serverAuthority.certificate),
    issuerKey: serverAuthority.key,
    authorityKeyIdentifier: keyIdentifierOf(serverAuthority.key),
    role: 'server',
    address,
  });
  return {
    trust: {
      root: pem(root.certificate),
      clientAuthority: pem(clientAuthority.certificate),
      serverAuthority: pem(serverAuthority.certificate),
    },
    root,
    clientAuthority,
    server: {
      key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      chain: pem(certificate) + pem(serverAuthority.certificate),
    },
  };
};

/** A user's certificate as the client authority would issue it, for a key; with another Subject Key Identifier than the key's where one is given. */
export const issueClient = (
  { clientAuthority }: Pick<HostileAuthorities, 'clientAuthority'>,
  number: string,
  publicKey: CertifiedKey['key'],
  subjectKeyIdentifier?: Uint8Array,
): Uint8Array =>
  forgeCertificate({
    subject: nameOf(number),
    publicKey,
    issuer: subjectNameOf(clientAuthority.certificate),
    issuerKey: clientAuthority.key,
    authorityKeyIdentifier: keyIdentifierOf(clientAuthority.key),
    role: 'client',
    ...(subjectKeyIdentifier ? { subjectKeyIdentifier } : {}),
  });
