import {
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { toPem } from '../../../core/keystore/pem.ts';
import { issueCertificate, type RsaSigner } from '../../../core/pki/issue.ts';
import {
  clientAuthorityProfile,
  clientProfile,
  rootProfile,
  serverAuthorityProfile,
  serverProfile,
  type CertificateProfile,
} from '../../../core/pki/profiles.ts';
import type { RegistrationServiceOptions } from '../../registration/service.ts';

type ServiceAuthorities = RegistrationServiceOptions['authorities'];

/** Authorities and a server's credentials as text, so that a process that is killed has the same ones again. */
export interface FixedAuthorities {
  readonly trust: ServiceAuthorities['trust'];
  /** PKCS#8, PEM. */
  readonly clientAuthorityKey: string;
  readonly clientAuthority: string;
  readonly credentials: RegistrationServiceOptions['credentials'];
}

const day = 86_400_000;
const signAsync = promisify(sign);

const newKey = (): { readonly key: KeyObject; readonly spki: Uint8Array } => {
  const { privateKey: key, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { key, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) };
};

const signerOf =
  (key: KeyObject): RsaSigner =>
  async (message) =>
    new Uint8Array(await signAsync('sha256', message, key));

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Serials of 16 random bytes, positive (RFC 5280 section 4.1.2.2). */
const newSerial = (): Uint8Array => {
  const serial = new Uint8Array(randomBytes(16));
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
};

const issue = (
  profile: CertificateProfile,
  commonName: string,
  publicKey: Uint8Array,
  issuer: { readonly certificate?: Uint8Array; readonly sign: RsaSigner },
  hosts: readonly string[] = [],
): Promise<Uint8Array> => {
  const dates = { notBefore: Date.now() - 300_000, notAfter: Date.now() + 365 * day };
  const subject = hosts.length === 0 ? { commonName } : { commonName, hosts };
  return issueCertificate({ profile, subject, publicKey, issuer, serial: newSerial(), ...dates });
};

/** New authorities and credentials for a host. */
export const makeFixedAuthorities = async (host: string): Promise<FixedAuthorities> => {
  const [root, client, server, leaf] = [newKey(), newKey(), newKey(), newKey()];
  const rootCertificate = await issue(rootProfile, 'Root', root.spki, { sign: signerOf(root.key) });
  const byRoot = { certificate: rootCertificate, sign: signerOf(root.key) };
  const clientAuthority = await issue(clientAuthorityProfile, 'Clients', client.spki, byRoot);
  const serverAuthority = await issue(serverAuthorityProfile, 'Servers', server.spki, byRoot);
  const byServer = { certificate: serverAuthority, sign: signerOf(server.key) };
  const own = await issue(serverProfile, host, leaf.spki, byServer, [host]);
  const pem = (der: Uint8Array): string => toPem('CERTIFICATE', der);
  return {
    trust: {
      root: pem(rootCertificate),
      clientAuthority: pem(clientAuthority),
      serverAuthority: pem(serverAuthority),
    },
    clientAuthorityKey: pemOf(client.key),
    clientAuthority: Buffer.from(clientAuthority).toString('base64'),
    credentials: { privateKey: pemOf(leaf.key), certificateChain: pem(own) + pem(serverAuthority) },
  };
};

/** The authorities as the registration service takes them. */
export const serviceAuthoritiesOf = (fixed: FixedAuthorities): ServiceAuthorities => {
  const certificate = new Uint8Array(Buffer.from(fixed.clientAuthority, 'base64'));
  const issuer = { certificate, sign: signerOf(createPrivateKey(fixed.clientAuthorityKey)) };
  return {
    trust: fixed.trust,
    clientAuthority: { certificate, pem: toPem('CERTIFICATE', certificate), sign: issuer.sign },
    issueClientCertificate: (number, publicKey) => issue(clientProfile, number, publicKey, issuer),
  };
};
