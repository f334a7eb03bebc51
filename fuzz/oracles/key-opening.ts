import { spawnSync } from 'node:child_process';
import { createCipheriv, createDecipheriv, createPrivateKey, pbkdf2Sync } from 'node:crypto';
import type { StoredKeyParameters } from '../../reference/core/keystore/envelope.ts';

/** Digest and key length by the names that the parser gives; what is missing here cannot be opened here. */
export const prfDigests: Readonly<Record<string, string>> = {
  hmacWithSHA1: 'sha1',
  hmacWithSHA224: 'sha224',
  hmacWithSHA256: 'sha256',
  hmacWithSHA384: 'sha384',
  hmacWithSHA512: 'sha512',
  'hmacWithSHA512-256': 'sha512-256',
};

export const cipherKeyLengths: Readonly<Record<string, number>> = {
  'aes-128-cbc': 16,
  'aes-192-cbc': 24,
  'aes-256-cbc': 32,
  'des-ede3-cbc': 24,
};

/** Encrypts octets by PBKDF2 and a cipher in CBC mode. */
export const encrypted = (
  clear: Uint8Array,
  order: {
    readonly passphrase: string;
    readonly salt: Uint8Array;
    readonly iterations: number;
    readonly prf: string;
    readonly cipher: string;
    readonly iv: Uint8Array;
  },
): Uint8Array => {
  const { passphrase, salt, iterations, prf, cipher, iv } = order;
  const length = cipherKeyLengths[cipher] ?? 0;
  const key = pbkdf2Sync(passphrase, salt, iterations, length, prfDigests[prf] ?? '');
  const encryption = createCipheriv(cipher, key, iv);
  return new Uint8Array(Buffer.concat([encryption.update(clear), encryption.final()]));
};

/** Whether the key opens with the parameters that the parser named, without OpenSSL's reading of them. */
export const opensByParameters = (stored: StoredKeyParameters, passphrase: string): boolean => {
  const { prf, salt, iterations, cipher, iv, encryptedKey } = stored;
  const [digest, length] = [prfDigests[prf.name], cipherKeyLengths[cipher.name]];
  if (digest === undefined || length === undefined) return false;
  try {
    const key = pbkdf2Sync(passphrase, salt.bytes, iterations.count, length, digest);
    const decryption = createDecipheriv(cipher.name, key, iv.bytes);
    const clear = Buffer.concat([decryption.update(encryptedKey.bytes), decryption.final()]);
    return createPrivateKey({ key: clear, format: 'der', type: 'pkcs8' }).type === 'private';
  } catch {
    return false;
  }
};

/** Whether Node opens the file with the passphrase. */
export const opensByNode = (pem: string, passphrase: string): boolean => {
  try {
    return createPrivateKey({ key: pem, passphrase }).type === 'private';
  } catch {
    return false;
  }
};

let installed: boolean | null = null;

/** Empty, or the program's name. */
export const openSslMissing = (): readonly string[] => {
  installed ??= spawnSync('openssl', ['version']).status === 0;
  return installed ? [] : ['openssl'];
};

/** Whether the openssl program opens the file with the passphrase; null where it is not installed. */
export const opensByOpenSsl = (pem: string, passphrase: string): boolean | null => {
  if (openSslMissing().length > 0) return null;
  const words = ['pkcs8', '-passin', `pass:${passphrase}`];
  // Node's own standard input is a socket, which /dev/stdin cannot open.
  const { status } = spawnSync('sh', ['-c', 'cat | openssl "$@"', 'sh', ...words], { input: pem });
  return status === 0;
};
