import { toHex } from '../bytes.ts';

/**
 * The text shown for a Subject Key Identifier (20 bytes): its first 16 bytes as lower-case hexadecimal in groups of four
 * digits with one space between.
 */
export const displayedIdentifier = (subjectKeyIdentifier: Uint8Array): string =>
  toHex(subjectKeyIdentifier.subarray(0, 16)).replace(/.{4}(?=.)/g, '$& ');
