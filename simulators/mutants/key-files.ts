import { createCipheriv, pbkdf2Sync, randomBytes, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certificateFromPem } from './certificate-from-pem.ts';
import type { PhoneKeyParts } from '../../reference/client/enrolment/key-parts.ts';
import { storedFileNames } from '../../reference/client/storage/files.ts';
import { derInteger, derNull, derOctetString, derOid, derSequence } from '../attackers/der.ts';

/** What protects a key; the target's own choice is AES-256-CBC, SHA-256, 2048 iterations. */
export interface Protection {
  readonly cipher: 'aes-256-cbc' | 'aes-128-cbc';
  /** `left out`: HMAC-SHA1 by default (RFC 8018 appendix A.2). */
  readonly prf: 'sha256' | 'sha512' | 'left out';
  readonly iterations: number;
  /** 16 bytes each; random where absent. */
  readonly salt?: Uint8Array;
  readonly iv?: Uint8Array;
}

/** The protection of target 5.3. */
export const rightProtection: Protection = {
  cipher: 'aes-256-cbc',
  prf: 'sha256',
  iterations: 2048,
};

const identifiers = {
  'aes-256-cbc': '2.16.840.1.101.3.4.1.42',
  'aes-128-cbc': '2.16.840.1.101.3.4.1.2',
  sha256: '1.2.840.113549.2.9',
  sha512: '1.2.840.113549.2.11',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
} as const;

/** EncryptedPrivateKeyInfo (RFC 5958) under any protection, DER. */
export const protectedKey = (
  key: KeyObject,
  passphrase: string,
  { cipher, prf, iterations, salt = randomBytes(16), iv = randomBytes(16) }: Protection,
): Uint8Array => {
  const bytes = cipher === 'aes-256-cbc' ? 32 : 16;
  const digest = prf === 'left out' ? 'sha1' : prf;
  const secret = pbkdf2Sync(passphrase, salt, iterations, bytes, digest);
  const sealing = createCipheriv(cipher, secret, iv);
  const plain = key.export({ type: 'pkcs8', format: 'der' });
  const sealed = Buffer.concat([sealing.update(plain), sealing.final()]);
  const count = Uint8Array.from([iterations >> 16, (iterations >> 8) & 0xff, iterations & 0xff]);
  const derivation = derSequence(
    derOctetString(salt),
    derInteger(count),
    ...(prf === 'left out' ? [] : [derSequence(derOid(identifiers[prf]), derNull())]),
  );
  const parameters = derSequence(
    derSequence(derOid(identifiers.pbkdf2), derivation),
    derSequence(derOid(identifiers[cipher]), derOctetString(iv)),
  );
  return derSequence(derSequence(derOid(identifiers.pbes2), parameters), derOctetString(sealed));
};

/** PEM (RFC 7468). */
export const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;

/** What a phone is given to keep. */
export type Kept = Parameters<PhoneKeyParts['storeIdentity']>[1];

/** Names and contents of the files that a phone keeps. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** The files of the reference. */
export const rightFiles = ({ privateKey, passphrase, certificate, trust }: Kept): Files => ({
  [storedFileNames.root]: trust.root,
  [storedFileNames.clientAuthority]: trust.clientAuthority,
  [storedFileNames.serverAuthority]: trust.serverAuthority,
  [storedFileNames.privateKey]: pem(
    'ENCRYPTED PRIVATE KEY',
    protectedKey(privateKey, passphrase, rightProtection),
  ),
  [storedFileNames.certificate]: certificate,
});

/** A phone that writes other files than it should, and works with what it has in memory. */
export const keepingFiles = (
  files: (kept: Kept) => Files,
): Pick<PhoneKeyParts, 'storeIdentity' | 'openStoredKey'> => {
  const inMemory = new Map<string, Kept>();
  return {
    async storeIdentity(folder, kept) {
      inMemory.set(folder, kept);
      await mkdir(folder, { recursive: true });
      for (const [name, content] of Object.entries(files(kept)))
        await writeFile(join(folder, name), content);
    },
    async openStoredKey(folder) {
      const kept = inMemory.get(folder);
      if (!kept) throw new Error(`${folder}: nothing is stored; enrol first`);
      const certificate = certificateFromPem(kept.certificate);
      const [name] = certificate.commonNames;
      return {
        number: name?.kind === 'text' ? name.value : '',
        privateKey: kept.privateKey,
        certificate,
        certificateChain: kept.certificate + kept.trust.clientAuthority,
        trust: kept.trust,
      };
    },
  };
};
