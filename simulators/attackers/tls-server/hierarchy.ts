import { createPublicKey, type KeyObject } from 'node:crypto';
import { ipAddressBytes } from '../../../reference/core/pki/ip-address.ts';
import {
  forgeCertificate,
  freshKey,
  keyIdentifierOf,
  nameOf,
  subjectNameOf,
  toPem,
  type CertifiedKey,
} from '../certificate-forger.ts';
import { derChildren, derSlice, readDer } from '../der.ts';
import type { TrustCertificates } from '../endpoint.ts';

/** Authorities of the testbed's own, for phones that are led to servers of the testbed's own. */
export interface Hierarchy {
  readonly trust: TrustCertificates;
  readonly clientAuthority: CertifiedKey;
  readonly serverAuthority: CertifiedKey;
  /** A server's certificate for the host, as it should be. */
  readonly server: CertifiedKey;
}

const authorityOf = (name: string, issuer: CertifiedKey | null): CertifiedKey => {
  const key = freshKey();
  const certificate = forgeCertificate({
    subject: nameOf(name),
    publicKey: key,
    issuer: issuer ? subjectNameOf(issuer.certificate) : nameOf(name),
    issuerKey: issuer?.key ?? key,
    ...(issuer ? { authorityKeyIdentifier: keyIdentifierOf(issuer.key) } : {}),
    role: 'authority',
    pathLength: issuer ? 0 : 1,
  });
  return { certificate, key };
};

const issue = (
  authority: CertifiedKey,
  role: 'client' | 'server',
  subject: string,
  publicKey: KeyObject,
): Uint8Array => {
  const address = role === 'server' ? ipAddressBytes(subject) : null;
  return forgeCertificate({
    subject: nameOf(subject),
    publicKey,
    issuer: subjectNameOf(authority.certificate),
    issuerKey: authority.key,
    authorityKeyIdentifier: keyIdentifierOf(authority.key),
    role,
    ...(address ? { address } : {}),
  });
};

/** Makes a root, both intermediate authorities and a server's certificate for an IP address, with keys made now. */
export const createHierarchy = (address: string): Hierarchy => {
  const root = authorityOf('Discretio testbed root', null);
  const clientAuthority = authorityOf('Discretio testbed clients', root);
  const serverAuthority = authorityOf('Discretio testbed servers', root);
  const key = freshKey();
  const pem = ({ certificate }: CertifiedKey): string => toPem('CERTIFICATE', certificate);
  return {
    trust: {
      root: pem(root),
      clientAuthority: pem(clientAuthority),
      serverAuthority: pem(serverAuthority),
    },
    clientAuthority,
    serverAuthority,
    server: { certificate: issue(serverAuthority, 'server', address, key), key },
  };
};

/** The public key in a certificate request (PEM, RFC 2986 section 4.1); null where there is none. */
const publicKeyIn = (csr: string): KeyObject | null => {
  const [, body] = /-----BEGIN [^-]+-----([^-]+)-----END/.exec(csr) ?? [];
  const der = new Uint8Array(Buffer.from(body ?? '', 'base64'));
  const outer = readDer(der);
  const [information] = outer ? derChildren(der, outer) : [];
  const spki = information && derChildren(der, information)[2];
  if (!spki) return null;
  try {
    const key = Buffer.from(derSlice(der, spki));
    return createPublicKey({ key, format: 'der', type: 'spki' });
  } catch {
    return null;
  }
};

/** A user's certificate (PEM) for a number and the key of a request; null for a request that cannot be read. */
export const issueForRequest = (
  { clientAuthority }: Hierarchy,
  number: string,
  csr: string,
): string | null => {
  const key = publicKeyIn(csr);
  return key && toPem('CERTIFICATE', issue(clientAuthority, 'client', number, key));
};
