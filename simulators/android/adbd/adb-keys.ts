import { createPublicKey, publicDecrypt, constants, type KeyObject } from 'node:crypto';
import { equal } from '../../../reference/core/bytes.ts';
import { fault, ok, type Result } from '../../../reference/core/result.ts';

/** 32-bit words of a modulus of 2048 bits. */
const modulusWords = 64;
/** Words before the modulus, the modulus, R² and the exponent, in bytes. */
const encodedLength = 4 * (2 + modulusWords + modulusWords + 1);

const base64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** Reads a public key as adb sends it: Android's structure in base64, a blank and a name. */
export const parseAdbKey = (text: string): Result<KeyObject> => {
  const encoded = text.split(/\s/)[0] ?? '';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return fault('adb-key/base64', 0);
  const bytes = new Uint8Array(Buffer.from(encoded, 'base64'));
  if (bytes.length !== encodedLength) return fault('adb-key/length', bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(0, true) !== modulusWords) return fault('adb-key/modulus', 0);
  const modulus = bytes.slice(8, 8 + 4 * modulusWords).toReversed();
  const exponent = new Uint8Array(4);
  new DataView(exponent.buffer).setUint32(0, view.getUint32(encodedLength - 4, true));
  try {
    const key = { kty: 'RSA', n: base64Url(modulus), e: base64Url(exponent) };
    return ok(createPublicKey({ key, format: 'jwk' }));
  } catch {
    return fault('adb-key/modulus', 8);
  }
};

/** DER before the digest in a signature over SHA-1 (RFC 8017 section 9.2). */
const sha1Prefix = Uint8Array.of(48, 33, 48, 9, 6, 5, 43, 14, 3, 2, 26, 5, 0, 4, 20);

/** Whether a signature is a key's over the token, which stands where a SHA-1 digest would. */
export const isSignedBy = (key: KeyObject, token: Uint8Array, signature: Uint8Array): boolean => {
  try {
    const opened = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
    return (
      equal(new Uint8Array(opened.subarray(0, sha1Prefix.length)), sha1Prefix) &&
      equal(new Uint8Array(opened.subarray(sha1Prefix.length)), token)
    );
  } catch {
    return false;
  }
};
