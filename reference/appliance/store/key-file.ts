import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { concat, utf8 } from '../../core/bytes.ts';
import { hmacSha256 } from '../../core/primitives/hash.ts';
import { storeError } from './store-error.ts';

/**
 * What the store does with its secret key. A token of six digits is guessed from any hash in a second by whoever has hash and key;
 * the key lies in a file of its own, so that the database alone, as in an export or a stray copy, gives no token.
 */
export interface StoreKey {
  /** HMAC-SHA256 of a token, salted with its enrolment's id. */
  tokenHash(id: string, token: string): Uint8Array;
  /** Compares in constant time. */
  isToken(id: string, token: string, hash: Uint8Array): boolean;
  /** Encrypts a secret (AES-256-GCM) for a name. */
  seal(name: string, secret: Uint8Array): Uint8Array;
  /** Undefined when sealed under another key or name. */
  unseal(name: string, sealed: Uint8Array): Uint8Array | undefined;
}

const keyLength = 32;
const nonceLength = 12;
const tagLength = 16;

/** The store's uses of a key of 32 bytes. */
export const createStoreKey = (key: Uint8Array): StoreKey => {
  const derive = (use: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), utf8(`discretio store ${use}`), 32));
  const [tokenKey, sealKey] = [derive('token'), derive('seal')];
  const tokenHash = (id: string, token: string): Uint8Array =>
    hmacSha256(tokenKey, utf8(`${id} ${token}`));
  return {
    tokenHash,
    isToken: (id, token, hash) => {
      const expected = tokenHash(id, token);
      return expected.length === hash.length && timingSafeEqual(expected, hash);
    },
    seal: (name, secret) => {
      const nonce = new Uint8Array(randomBytes(nonceLength));
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(utf8(name));
      const text = concat(cipher.update(secret), cipher.final());
      return concat(nonce, text, cipher.getAuthTag());
    },
    unseal: (name, sealed) => {
      if (sealed.length < nonceLength + tagLength) return undefined;
      const end = sealed.length - tagLength;
      const nonce = sealed.subarray(0, nonceLength);
      const decipher = createDecipheriv('aes-256-gcm', sealKey, nonce)
        .setAAD(utf8(name))
        .setAuthTag(sealed.subarray(end));
      try {
        return concat(decipher.update(sealed.subarray(nonceLength, end)), decipher.final());
      } catch {
        return undefined;
      }
    },
  };
};

/** Writes a file so that after a crash it is there whole or not at all; readable by its owner only. */
export const writeWhole = (file: string, content: Uint8Array): void => {
  const partial = `${file}.partial`;
  const handle = openSync(partial, 'w', 0o600);
  try {
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(partial, file);
  syncFolder(dirname(file));
};

/** Makes the names in a folder durable. */
export const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

export const keyFileName = 'store.key';

/** Reads a folder's key; makes it for a folder without database. */
export const loadStoreKey = (folder: string, isNew: boolean): StoreKey => {
  const file = join(folder, keyFileName);
  if (isNew && !existsSync(file)) writeWhole(file, randomBytes(keyLength));
  if (!existsSync(file)) throw storeError(folder, 'store/corrupt', `${keyFileName} is missing`);
  const key = new Uint8Array(readFileSync(file));
  if (key.length !== keyLength) {
    throw storeError(folder, 'store/corrupt', `${keyFileName} has another length`);
  }
  return createStoreKey(key);
};
