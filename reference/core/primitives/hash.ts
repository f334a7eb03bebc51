import { createHash, createHmac, hkdfSync } from 'node:crypto';

/** SHA-1 (20 bytes): key identifiers only (RFC 5280 section 4.2.1.2). */
export const sha1 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha1').update(bytes).digest());

/** SHA-256 (32 bytes). */
export const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest());

/** HMAC-SHA256 (32 bytes, RFC 2104). */
export const hmacSha256 = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHmac('sha256', key).update(bytes).digest());

/** HKDF-SHA256 (RFC 5869), extract and expand, to `length` bytes. */
export const hkdfSha256 = (
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array => new Uint8Array(hkdfSync('sha256', secret, salt, info, length));
