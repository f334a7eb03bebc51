import { createDecipheriv } from 'node:crypto';
import { fault, ok, type Result } from '../result.ts';

const TAG_LENGTH = 16;

/** Why an AES-256-GCM message is refused. */
export type GcmFault = {
  readonly code: 'gcm-length' | 'gcm-tag';
  readonly offset: number;
};

/** Decrypts AES-256-GCM (NIST SP 800-38D): key 32 bytes, nonce 12, tag 16 at the end of `sealed`; nothing is given out before the tag verified. */
export const aes256GcmDecrypt = (
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Result<Uint8Array, GcmFault> => {
  if (key.length !== 32 || nonce.length !== 12 || sealed.length < TAG_LENGTH) {
    return fault('gcm-length', sealed.length);
  }
  const tagAt = sealed.length - TAG_LENGTH;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH });
  decipher.setAAD(additional).setAuthTag(sealed.subarray(tagAt));
  const plain = decipher.update(sealed.subarray(0, tagAt));
  try {
    decipher.final();
  } catch {
    return fault('gcm-tag', tagAt);
  }
  return ok(new Uint8Array(plain));
};
