export type StorageRefusalCode =
  | 'storage/passphrase-empty'
  | 'storage/passphrase-short'
  | 'storage/missing-file'
  | 'storage/key-file'
  | 'storage/key-protection'
  | 'storage/wrong-passphrase'
  | 'storage/certificate-file'
  | 'storage/chain'
  | 'storage/key-mismatch';

/** Why the stored key does not open; the message is one line naming the folder and the reason. */
export interface StorageRefusal extends Error {
  readonly code: StorageRefusalCode;
}

/** Makes a refusal; never give it a secret. */
export const storageRefusal = (
  code: StorageRefusalCode,
  folder: string,
  reason: string,
): StorageRefusal => Object.assign(new Error(`${folder}: ${reason}`), { code });
