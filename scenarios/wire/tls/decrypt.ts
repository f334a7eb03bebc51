import { concat } from '../../../reference/core/bytes.ts';
import { aes256GcmDecrypt } from '../../../reference/core/primitives/gcm.ts';
import { prfSha384 } from '../../../reference/core/primitives/prf.ts';
import { fault, type Result } from '../../../reference/core/result.ts';
import { suiteName } from './suites.ts';

/** Decrypts one direction's records in order; the record sequence number starts at 0. */
export type RecordDecrypter = (
  type: number,
  version: number,
  fragment: Uint8Array,
) => Result<Uint8Array, { readonly code: string; readonly offset: number }>;

/** What record keys are made from. */
export interface RecordSecrets {
  readonly suite: number;
  readonly masterSecret: Uint8Array;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
}

const KEY_LENGTH = 32;
const SALT_LENGTH = 4;
const EXPLICIT_NONCE_LENGTH = 8;
const TAG_LENGTH = 16;

/** Whether a suite's TLS 1.2 records can be decrypted here. */
export const isDecryptable = (version: number, suite: number): boolean =>
  version === 0x0303 && suiteName(suite).endsWith('AES256-GCM-SHA384');

/** Record decrypters of both sides for TLS 1.2 with AES-256-GCM and SHA-384 (RFC 5246 section 6.3, RFC 5288). */
export const recordDecrypters = (
  secrets: RecordSecrets,
): { readonly client: RecordDecrypter; readonly server: RecordDecrypter } => {
  const block = prfSha384(
    secrets.masterSecret,
    'key expansion',
    concat(secrets.serverRandom, secrets.clientRandom),
    2 * KEY_LENGTH + 2 * SALT_LENGTH,
  );
  const side = (index: number): RecordDecrypter => {
    const saltAt = 2 * KEY_LENGTH + index * SALT_LENGTH;
    return gcmDecrypter(
      block.subarray(index * KEY_LENGTH, (index + 1) * KEY_LENGTH),
      block.subarray(saltAt, saltAt + SALT_LENGTH),
    );
  };
  return { client: side(0), server: side(1) };
};

const gcmDecrypter = (key: Uint8Array, salt: Uint8Array): RecordDecrypter => {
  let sequence = 0n;
  return (type, version, fragment) => {
    const length = fragment.length - EXPLICIT_NONCE_LENGTH - TAG_LENGTH;
    if (length < 0) return fault('record-short', fragment.length);
    const additional = new Uint8Array(13);
    const view = new DataView(additional.buffer);
    view.setBigUint64(0, sequence);
    view.setUint8(8, type);
    view.setUint16(9, version);
    view.setUint16(11, length);
    sequence += 1n;
    const nonce = concat(salt, fragment.subarray(0, EXPLICIT_NONCE_LENGTH));
    return aes256GcmDecrypt(key, nonce, additional, fragment.subarray(EXPLICIT_NONCE_LENGTH));
  };
};
