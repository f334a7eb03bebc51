import { resolve, sep } from 'node:path';
import { keyIdentifierOf, parseCertificate } from '../../core/pki/certificate.ts';
import { equal, toHex } from '../../core/bytes.ts';
import { sha256 } from '../../core/primitives/hash.ts';
import { newKeyPair, signerOf, type KeyPair } from './authority-keys.ts';
import { encryptPrivateKey, requirePassphrase } from './encrypted-key.ts';
import { authorityFiles, prepareFolder, requireFree, type FolderContents } from './folder.ts';
import { defaultNames, issueHierarchy, type Hierarchy, type SigningKey } from './hierarchy.ts';
import { openAuthorities } from './open.ts';
import { openToken } from './pkcs11/token.ts';
import { authoritiesProblem } from './problem.ts';
import { tokenFileText, tokenKeyLabels, type TokenPlace } from './token-file.ts';
import type { AuthoritiesWorld, AuthorityNames } from './types.ts';

/** What a ceremony is given. */
export interface CeremonyOrder extends AuthoritiesWorld {
  /** The root's folder, to be kept apart; nothing may be there yet. */
  readonly rootFolder: string;
  /** The appliance's folder; nothing may be there yet. */
  readonly folder: string;
  /** UTF-8; the two must differ. */
  readonly rootPassphrase: Uint8Array;
  readonly passphrase: Uint8Array;
  readonly names?: AuthorityNames;
  /** The only hosts that servers may have, for good; absent: any. */
  readonly hosts?: readonly string[];
  /** Where the keys of the client and server authorities are made, their PIN being the passphrase; absent: in files. */
  readonly token?: TokenPlace;
}

/** One certificate that a ceremony made. */
export interface CeremonyCertificate {
  readonly name: string;
  /** SHA-256 of the certificate, to be compared by voice or on paper. */
  readonly fingerprint: string;
  readonly keyIdentifier: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

/** What came of a ceremony. */
export interface CeremonyRecord {
  readonly root: CeremonyCertificate;
  readonly clientAuthority: CeremonyCertificate;
  readonly serverAuthority: CeremonyCertificate;
  /** When the root's list expires, milliseconds since 1970. */
  readonly rootListUntil: number;
}

const isInside = (inner: string, outer: string): boolean =>
  `${resolve(inner)}${sep}`.startsWith(`${resolve(outer)}${sep}`);

const requireOrder = async (order: CeremonyOrder): Promise<void> => {
  const { rootFolder, folder, rootPassphrase, passphrase } = order;
  if (isInside(rootFolder, folder) || isInside(folder, rootFolder)) {
    const reason = "the root's folder and the appliance's must lie apart; choose another";
    throw authoritiesProblem('authorities/folder', rootFolder, reason);
  }
  requirePassphrase(rootPassphrase, 'root');
  requirePassphrase(passphrase, 'authorities');
  if (equal(rootPassphrase, passphrase)) {
    const reason = "it must not be the authorities' passphrase, which the appliance knows";
    throw authoritiesProblem('authorities/passphrase', 'root', reason);
  }
  await requireFree(rootFolder);
  await requireFree(folder);
};

/** The two keys of the appliance, and the files that open them later. */
interface OnlineKeys {
  readonly clientAuthority: SigningKey;
  readonly serverAuthority: SigningKey;
  readonly files: () => Promise<FolderContents>;
  readonly close: () => Promise<void>;
}

const signingKey = ({ spki, privateKey }: KeyPair): SigningKey => ({
  spki,
  sign: signerOf(privateKey),
});

const keysInFiles = async ({ passphrase, randomBytes }: CeremonyOrder): Promise<OnlineKeys> => {
  const [client, server] = await Promise.all([newKeyPair(), newKeyPair()]);
  const encrypted = ({ privateKey }: KeyPair): Promise<string> =>
    encryptPrivateKey(privateKey, passphrase, randomBytes);
  return {
    clientAuthority: signingKey(client),
    serverAuthority: signingKey(server),
    files: async () => {
      const [clientKey, serverKey] = await Promise.all([encrypted(client), encrypted(server)]);
      return { [authorityFiles.clientKey]: clientKey, [authorityFiles.serverKey]: serverKey };
    },
    close: () => Promise.resolve(),
  };
};

const keysInToken = async (place: TokenPlace, passphrase: Uint8Array): Promise<OnlineKeys> => {
  const token = await openToken({ ...place, pin: passphrase });
  const make = async (label: string): Promise<SigningKey> => {
    await token.generateKey(label);
    return token.openKey(label);
  };
  try {
    return {
      clientAuthority: await make(tokenKeyLabels.clientAuthority),
      serverAuthority: await make(tokenKeyLabels.serverAuthority),
      files: () => Promise.resolve({ [authorityFiles.token]: tokenFileText(place) }),
      close: () => token.close(),
    };
  } catch (error) {
    await token.close();
    throw error;
  }
};

const writeBoth = async (
  order: CeremonyOrder,
  rootFiles: FolderContents,
  files: FolderContents,
): Promise<void> => {
  const root = await prepareFolder(order.rootFolder, rootFiles);
  try {
    const online = await prepareFolder(order.folder, files);
    try {
      // Opened as the appliance will, before anything is in its place.
      await (await openAuthorities({ ...order, folder: online.path })).close();
      await root.settle();
      await online.settle().catch(async (error: unknown) => {
        await root.revert();
        throw error;
      });
    } finally {
      await online.discard();
    }
  } finally {
    await root.discard();
  }
};

const describeCertificate = (der: Uint8Array): CeremonyCertificate => {
  const parsed = parseCertificate(der);
  if (!parsed.ok) throw new Error(`certificate just made: ${parsed.error.code}`);
  const [name] = parsed.value.commonNames;
  return {
    name: name?.kind === 'text' ? name.value : '',
    fingerprint: toHex(sha256(der)),
    keyIdentifier: toHex(keyIdentifierOf(parsed.value)),
    notAfter: parsed.value.notAfter,
  };
};

const recordOf = (hierarchy: Hierarchy): CeremonyRecord => ({
  root: describeCertificate(hierarchy.root.certificate),
  clientAuthority: describeCertificate(hierarchy.clientAuthority.certificate),
  serverAuthority: describeCertificate(hierarchy.serverAuthority.certificate),
  rootListUntil: hierarchy.rootList.nextUpdate,
});

/**
 * Makes the three authorities of target 5.2: the root's key, encrypted, in a folder of its own; in the other what the appliance
 * needs. Nothing is overwritten, and where something fails neither folder appears. Rejects with an AuthoritiesProblem.
 */
export const holdCeremony = async (order: CeremonyOrder): Promise<CeremonyRecord> => {
  await requireOrder(order);
  const { token, passphrase, rootPassphrase, hosts } = order;
  const root = await newKeyPair();
  const online = await (token ? keysInToken(token, passphrase) : keysInFiles(order));
  let hierarchy: Hierarchy;
  try {
    const { clientAuthority, serverAuthority } = online;
    hierarchy = await issueHierarchy(
      {
        names: order.names ?? defaultNames,
        keys: { root: signingKey(root), clientAuthority, serverAuthority },
        onlyHosts: { clientAuthority: [], serverAuthority: hosts },
      },
      order,
    );
  } finally {
    await online.close();
  }
  const shared = {
    [authorityFiles.root]: hierarchy.root.pem,
    [authorityFiles.rootList]: hierarchy.rootList.pem,
  };
  const authorities = {
    [authorityFiles.clientAuthority]: hierarchy.clientAuthority.pem,
    [authorityFiles.serverAuthority]: hierarchy.serverAuthority.pem,
  };
  const rootKey = await encryptPrivateKey(root.privateKey, rootPassphrase, order.randomBytes);
  const rootFiles = { ...shared, ...authorities, [authorityFiles.rootKey]: rootKey };
  await writeBoth(order, rootFiles, { ...shared, ...authorities, ...(await online.files()) });
  return recordOf(hierarchy);
};
