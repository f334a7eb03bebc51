import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { equal, toHex } from '../../core/bytes.ts';
import { parsePemChain } from '../../core/keystore/pem.ts';
import type { Certificate } from '../../core/pki/certificate.ts';
import { verifyChain } from '../../core/pki/chain.ts';
import { ipAddressBytes } from '../../core/pki/ip-address.ts';
import { spkiOf } from './authority-keys.ts';
import { encryptPrivateKey, openPrivateKey } from './encrypted-key.ts';
import { readOptional, replaceFile } from './folder.ts';
import { readAuthority } from './online.ts';
import { authoritiesProblem } from './problem.ts';
import type { AuthoritiesWorld, OnlineAuthorities, ServerCredentials } from './types.ts';
import { isDueForRenewal } from './validity.ts';

/** Which server's credentials, and where they lie. */
export interface ServerCredentialsOrder extends AuthoritiesWorld {
  readonly folder: string;
  readonly passphrase: Uint8Array;
  /** Lower-case letters, such as `sip`. */
  readonly server: string;
  readonly hosts: readonly [string, ...string[]];
  readonly authorities: OnlineAuthorities;
}

/** Credentials, with the certificate for the appliance's records. */
export interface StoredServerCredentials {
  readonly credentials: ServerCredentials;
  readonly certificate: Certificate;
  /** Whether it was issued by this call, so that it is to be recorded. */
  readonly isNew: boolean;
}

const fileName = (server: string): string => {
  if (!/^[a-z]{1,32}$/.test(server)) throw new TypeError(`server ${server}: not a name of letters`);
  return `server-${server}.pem`;
};

const leafOf = (chain: string, thing: string): Certificate => {
  const ders = parsePemChain(chain, 'CERTIFICATE');
  if (ders.ok) return readAuthority(ders.value[0], thing);
  const reason = `it holds no chain (${ders.error.code}); remove it, and it is made anew`;
  throw authoritiesProblem('authorities/file', thing, reason);
};

/** Whether the certificate names exactly these hosts. */
const namesHosts = (certificate: Certificate, hosts: readonly string[]): boolean => {
  const names = certificate.extensions.subjectAltName;
  const own = [...(names?.dnsNames ?? []), ...(names?.ipAddresses ?? []).map(toHex)];
  const wanted = hosts.map((host) => {
    const address = ipAddressBytes(host);
    return address === undefined ? host : toHex(address);
  });
  return own.toSorted().join() === wanted.toSorted().join();
};

const isUsable = (certificate: Certificate, order: ServerCredentialsOrder): boolean => {
  const { authorities, hosts } = order;
  const now = order.now();
  const { root, serverAuthority } = authorities;
  const chain = { kind: 'server', root: root.certificate } as const;
  const verified = verifyChain(
    { ...chain, leaf: certificate.der, authority: serverAuthority.certificate },
    now,
  );
  return verified.ok && namesHosts(certificate, hosts) && !isDueForRenewal(certificate, now);
};

const readStored = async (
  order: ServerCredentialsOrder,
): Promise<StoredServerCredentials | undefined> => {
  const { folder, passphrase, server } = order;
  const name = fileName(server);
  const text = await readOptional(folder, name);
  if (text === undefined) return undefined;
  const thing = join(folder, name);
  const at = text.indexOf('-----BEGIN CERTIFICATE-----');
  const certificateChain = text.slice(Math.max(at, 0));
  const certificate = leafOf(certificateChain, thing);
  if (!isUsable(certificate, order)) return undefined;
  const key = await openPrivateKey(text.slice(0, at), passphrase, thing);
  if (!equal(spkiOf(key), certificate.publicKey.spki)) {
    const reason = 'key and certificate do not belong together; remove it, and it is made anew';
    throw authoritiesProblem('authorities/key-mismatch', thing, reason);
  }
  const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { credentials: { privateKey, certificateChain }, certificate, isNew: false };
};

/**
 * A server's key and certificate: those of the folder, or new ones, written there encrypted, where there are none, where the hosts
 * or the authority changed, or where a third of the life or less is left. To be asked again now and then. Rejects with an
 * AuthoritiesProblem.
 */
export const serverCredentials = async (
  order: ServerCredentialsOrder,
): Promise<StoredServerCredentials> => {
  const stored = await readStored(order);
  if (stored !== undefined) return stored;
  const { folder, passphrase, server, hosts, authorities, randomBytes } = order;
  const credentials = await authorities.issueServerCertificate(hosts);
  const key = createPrivateKey(credentials.privateKey);
  const encrypted = await encryptPrivateKey(key, passphrase, randomBytes);
  replaceFile(folder, fileName(server), encrypted + credentials.certificateChain);
  const certificate = leafOf(credentials.certificateChain, join(folder, fileName(server)));
  return { credentials, certificate, isNew: true };
};
