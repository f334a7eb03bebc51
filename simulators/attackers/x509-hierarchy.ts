import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import {
  forgeCertificate,
  keyIdentifierOf,
  nameOf,
  subjectNameOf,
  toPem,
  type CertifiedKey,
} from './certificate-forger.ts';
import type { HostileAuthorities } from './hostile-authorities.ts';
import { rightFields, writeFields } from './x509-fields.ts';

const makePair = promisify(generateKeyPair);

/** A fresh RSA key of any size and public exponent, made beside other work. */
export const rsaKey = async (modulusLength = 2048, publicExponent = 65_537): Promise<KeyObject> =>
  (await makePair('rsa', { modulusLength, publicExponent })).privateKey;

/** Authorities of the testbed's own with all their keys: what can be issued wrongly, they issue. */
export interface OpenHierarchy extends HostileAuthorities {
  readonly serverAuthority: CertifiedKey;
  /** The server's own certificate. */
  readonly host: CertifiedKey;
  /** An authority of no root, under the name of the client authority. */
  readonly rogue: CertifiedKey;
}

const authorityOf = (name: string, key: KeyObject, issuer?: CertifiedKey): CertifiedKey => ({
  key,
  certificate: forgeCertificate({
    subject: nameOf(name),
    publicKey: key,
    issuer: issuer ? subjectNameOf(issuer.certificate) : nameOf(name),
    issuerKey: issuer?.key ?? key,
    ...(issuer ? { authorityKeyIdentifier: keyIdentifierOf(issuer.key) } : {}),
    role: 'authority',
    pathLength: issuer ? 0 : 1,
  }),
});

const pem = ({ certificate }: CertifiedKey): string => toPem('CERTIFICATE', certificate);

/** Makes a root, both intermediate authorities, a right server certificate for an IP address and a rogue authority. */
export const createOpenHierarchy = async (address: string): Promise<OpenHierarchy> => {
  const [rootKey, clientKey, serverKey, hostKey, rogueKey] = await Promise.all([
    rsaKey(),
    rsaKey(),
    rsaKey(),
    rsaKey(),
    rsaKey(),
  ]);
  const root = authorityOf('Open test root', rootKey);
  const clientAuthority = authorityOf('Open test clients', clientKey, root);
  const serverAuthority = authorityOf('Open test servers', serverKey, root);
  const right = rightFields({
    role: 'server',
    name: address,
    key: hostKey,
    issuer: serverAuthority,
  });
  const host = { certificate: writeFields(right), key: hostKey };
  return {
    trust: {
      root: pem(root),
      clientAuthority: pem(clientAuthority),
      serverAuthority: pem(serverAuthority),
    },
    root,
    clientAuthority,
    serverAuthority,
    host,
    rogue: authorityOf('Open test clients', rogueKey),
    server: {
      key: hostKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      chain: pem(host) + pem(serverAuthority),
    },
  };
};
