import { constants, createPublicKey, publicDecrypt, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { concat, equal, fromHex } from '../bytes.ts';
import { sha256 } from './hash.ts';

/** An RSA private key as node:crypto holds it. */
export type PrivateKey = KeyObject;

/** An RSA public key by its two integers (modulus big-endian without leading zero) or as SubjectPublicKeyInfo DER. */
export type RsaPublicKey =
  | { readonly modulus: Uint8Array; readonly exponent: bigint }
  | { readonly spki: Uint8Array };

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2.1): the signature, as long as the modulus. */
export const signRsaSha256 = (privateKey: PrivateKey, message: Uint8Array): Uint8Array =>
  new Uint8Array(
    sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PADDING }),
  );

const base64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

const integerBytes = (value: bigint): Uint8Array => {
  const digits = value.toString(16);
  const bytes = fromHex(digits.padStart(digits.length + (digits.length % 2), '0'));
  return bytes.ok ? bytes.value : new Uint8Array();
};

const keyObjectOf = (key: RsaPublicKey): KeyObject =>
  'spki' in key
    ? createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' })
    : createPublicKey({
        key: { kty: 'RSA', n: base64Url(key.modulus), e: base64Url(integerBytes(key.exponent)) },
        format: 'jwk',
      });

// DigestInfo of SHA-256 with its NULL parameters (RFC 8017 section 9.2, note 1), up to the digest.
const digestInfo = new Uint8Array([
  0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
  0x00, 0x04, 0x20,
]);

const expectedBlock = (message: Uint8Array, length: number): Uint8Array => {
  const suffix = concat(new Uint8Array(1), digestInfo, sha256(message));
  const padding = new Uint8Array(Math.max(0, length - 2 - suffix.length)).fill(0xff);
  return concat(new Uint8Array([0, 1]), padding, suffix);
};

/**
 * Verifies RSASSA-PKCS1-v1_5 with SHA-256 by comparing the whole padded block with the one expected block (RFC 8017
 * section 8.2.2). False for anything that is not that: another length, a value not below the modulus, an unusable key.
 */
export const verifyRsaSha256 = (
  key: RsaPublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean => {
  try {
    const publicKey = keyObjectOf(key);
    const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
    const length = Math.ceil(bits / 8);
    if (publicKey.asymmetricKeyType !== 'rsa' || signature.length !== length) return false;
    const block = publicDecrypt(
      { key: publicKey, padding: constants.RSA_NO_PADDING },
      Buffer.from(signature),
    );
    return equal(block, expectedBlock(message, length));
  } catch {
    return false;
  }
};
