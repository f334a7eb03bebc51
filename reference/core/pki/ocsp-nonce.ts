import { derExtension, derOctetString } from './der-write.ts';
import { derTag, type DerNode } from './der.ts';

export const nonceOid = '1.3.6.1.5.5.7.48.1.2';

/** The nonce extension: an OCTET STRING in the extension's own (RFC 8954 section 2.1). */
export const nonceExtension = (nonce: Uint8Array): Uint8Array =>
  derExtension(nonceOid, derOctetString(nonce));

/** Reads a nonce of 1 to 32 bytes (RFC 8954 section 2.1); undefined for anything else. */
export const readNonce = (value: DerNode): Uint8Array | undefined => {
  const { tag, content } = value;
  const isNonce = tag === derTag.octetString && content.length >= 1 && content.length <= 32;
  return isNonce ? content : undefined;
};
