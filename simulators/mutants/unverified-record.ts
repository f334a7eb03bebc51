import { createDecipheriv } from 'node:crypto';
import { concat } from '../../reference/core/bytes.ts';
import type { ServerHooks } from '../attackers/tls-server/server-model.ts';

const [nonceLength, tagLength] = [8, 16] as const;

/** Decrypts a record of AES-256-GCM and never asks whether its tag is right. */
export const aesGcmWithoutTag: NonNullable<ServerHooks['open']> = ({ content }, { key, salt }) => {
  if (content.length < nonceLength + tagLength) return null;
  const nonce = concat(salt, content.subarray(0, nonceLength));
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  return new Uint8Array(decipher.update(content.subarray(nonceLength, -tagLength)));
};
