import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { equal } from '../../core/bytes.ts';
import { parsePkcs8Envelope } from '../../core/keystore/envelope.ts';
import { parsePem } from '../../core/keystore/pem.ts';
import { checkProtection } from '../../core/keystore/protection.ts';
import { verifyAuthority, verifyChain } from '../../core/pki/chain.ts';
import type { Certificate } from '../../core/pki/certificate.ts';
import { isConsistentRsaKey } from './consistency.ts';
import { readStoredFile, storedFileNames, writeStoredFile, type StoredFileName } from './files.ts';
import { storageRefusal } from './refusal.ts';

/** The three certificates that ship inside the phone, PEM (target 5.2). */
export interface StoredTrust {
  readonly root: string;
  readonly clientAuthority: string;
  readonly serverAuthority: string;
}

/** What an unlocked phone works with. */
export interface OpenedIdentity {
  /** The CommonName of its certificate. */
  readonly number: string;
  readonly privateKey: KeyObject;
  readonly certificate: Certificate;
  /** PEM of its certificate, then the client authority's. */
  readonly certificateChain: string;
  readonly trust: StoredTrust;
}

/** Fewest characters of a passphrase. */
const minimumPassphrase = 8;

/** Throws a StorageRefusal unless the passphrase may protect a key. */
export const requirePassphrase = (folder: string, passphrase: string): void => {
  if (passphrase === '') {
    throw storageRefusal('storage/passphrase-empty', folder, 'the passphrase is empty; choose one');
  }
  if (Array.from(passphrase).length < minimumPassphrase) {
    const reason = `the passphrase is shorter than ${minimumPassphrase} characters; choose a longer one`;
    throw storageRefusal('storage/passphrase-short', folder, reason);
  }
};

/** The private key as target 5.3 wants it: PKCS#8, PEM, AES-256-CBC, PBKDF2 with HMAC-SHA256 and 2048 iterations. */
const encryptKey = (folder: string, privateKey: KeyObject, passphrase: string): string => {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  const pem = privateKey.export(options).toString();
  // PRF, iterations and salt length are defaults of OpenSSL's: never write a key they do not hold for.
  const envelope = parsePkcs8Envelope(pem);
  const checked = envelope.ok ? checkProtection(envelope.value) : envelope;
  if (!checked.ok) {
    const reason = `this OpenSSL protects keys otherwise than target 5.3 says (${checked.error.code})`;
    throw storageRefusal('storage/key-protection', folder, reason);
  }
  return pem;
};

/** Writes everything a phone keeps. Each file is replaced as a whole; the certificate comes last. */
export const storeIdentity = async (
  folder: string,
  identity: {
    readonly privateKey: KeyObject;
    readonly passphrase: string;
    /** PEM of the phone's certificate alone. */
    readonly certificate: string;
    readonly trust: StoredTrust;
  },
): Promise<void> => {
  requirePassphrase(folder, identity.passphrase);
  const key = encryptKey(folder, identity.privateKey, identity.passphrase);
  await writeStoredFile(folder, storedFileNames.root, identity.trust.root);
  await writeStoredFile(folder, storedFileNames.clientAuthority, identity.trust.clientAuthority);
  await writeStoredFile(folder, storedFileNames.serverAuthority, identity.trust.serverAuthority);
  await writeStoredFile(folder, storedFileNames.privateKey, key);
  await writeStoredFile(folder, storedFileNames.certificate, identity.certificate);
};

const requireFile = async (folder: string, name: StoredFileName): Promise<string> => {
  const text = await readStoredFile(folder, name);
  if (text === undefined) {
    throw storageRefusal('storage/missing-file', folder, `${name} is missing; enrol again`);
  }
  return text;
};

const certificateDer = (folder: string, name: StoredFileName, pem: string): Uint8Array => {
  const der = parsePem(pem, 'CERTIFICATE');
  if (der.ok) return der.value;
  const reason = `${name} is not one certificate in PEM (${der.error.code}); enrol again`;
  throw storageRefusal('storage/certificate-file', folder, reason);
};

const decrypted = (pem: string, passphrase: string): KeyObject | null => {
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch {
    return null;
  }
};

const decryptKey = (folder: string, pem: string, passphrase: string): KeyObject => {
  const envelope = parsePkcs8Envelope(pem);
  if (!envelope.ok) {
    const reason = `${storedFileNames.privateKey} is not an encrypted PKCS#8 key (${envelope.error.code})`;
    throw storageRefusal('storage/key-file', folder, reason);
  }
  const protection = checkProtection(envelope.value);
  if (!protection.ok) {
    const { code, detail } = protection.error;
    const reason = `${storedFileNames.privateKey} is not protected as target 5.3 says (${code}: ${detail})`;
    throw storageRefusal('storage/key-protection', folder, reason);
  }
  const key = decrypted(pem, passphrase);
  if (key !== null && (key.asymmetricKeyType !== 'rsa' || isConsistentRsaKey(key))) return key;
  // One answer for a wrong passphrase and a damaged file: which of the two is nobody's business (padding oracle).
  const reason = 'the passphrase is wrong or the key file is damaged; try again or enrol again';
  throw storageRefusal('storage/wrong-passphrase', folder, reason);
};

interface Stored {
  readonly privateKey: string;
  readonly certificate: string;
  readonly trust: StoredTrust;
}

const readStored = async (folder: string): Promise<Stored> => {
  const [privateKey, certificate, root, clientAuthority, serverAuthority] = await Promise.all([
    requireFile(folder, storedFileNames.privateKey),
    requireFile(folder, storedFileNames.certificate),
    requireFile(folder, storedFileNames.root),
    requireFile(folder, storedFileNames.clientAuthority),
    requireFile(folder, storedFileNames.serverAuthority),
  ]);
  return { privateKey, certificate, trust: { root, clientAuthority, serverAuthority } };
};

const verifyStored = (folder: string, stored: Stored, now: number): Certificate => {
  const der = (name: keyof typeof storedFileNames, pem: string): Uint8Array =>
    certificateDer(folder, storedFileNames[name], pem);
  const root = der('root', stored.trust.root);
  const authority = der('serverAuthority', stored.trust.serverAuthority);
  const servers = verifyAuthority({ kind: 'server', authority, root }, now);
  const client = verifyChain(
    {
      kind: 'client',
      leaf: der('certificate', stored.certificate),
      authority: der('clientAuthority', stored.trust.clientAuthority),
      root,
    },
    now,
  );
  const failed = servers.ok ? client : servers;
  if (client.ok && failed.ok) return client.value;
  const code = failed.ok ? '' : failed.error.code;
  throw storageRefusal('storage/chain', folder, `the stored certificates do not verify (${code})`);
};

/**
 * Opens a phone's folder: decrypts the key, verifies the chain with the three stored certificates at a time (milliseconds since
 * 1970) and requires key and certificate to belong together. Rejects with a StorageRefusal.
 */
export const openStoredKey = async (
  folder: string,
  passphrase: string,
  now: number,
): Promise<OpenedIdentity> => {
  requirePassphrase(folder, passphrase);
  const stored = await readStored(folder);
  const privateKey = decryptKey(folder, stored.privateKey, passphrase);
  const certificate = verifyStored(folder, stored, now);
  const spki = new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
  if (!equal(spki, certificate.publicKey.spki)) {
    const reason = 'the private key and the certificate do not belong together; enrol again';
    throw storageRefusal('storage/key-mismatch', folder, reason);
  }
  const [commonName] = certificate.commonNames;
  return {
    number: commonName?.kind === 'text' ? commonName.value : '',
    privateKey,
    certificate,
    certificateChain: stored.certificate + stored.trust.clientAuthority,
    trust: stored.trust,
  };
};
