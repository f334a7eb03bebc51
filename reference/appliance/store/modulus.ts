import { derTag, parseDer } from '../../core/pki/der.ts';

/**
 * The modulus of an RSA SubjectPublicKeyInfo (DER; RFC 8017 appendix A.1.1), big-endian without leading zero; undefined for other
 * bytes. Only reads: that they are a sound key was checked before.
 */
export const modulusOf = (publicKey: Uint8Array): Uint8Array | undefined => {
  const info = parseDer(publicKey);
  const bits = info.ok ? info.value.children[1] : undefined;
  if (bits?.tag !== derTag.bitString || bits.content[0] !== 0) return undefined;
  const key = parseDer(bits.content.subarray(1));
  const modulus = key.ok ? key.value.children[0] : undefined;
  if (modulus?.tag !== derTag.integer) return undefined;
  const first = modulus.content.findIndex((byte) => byte !== 0);
  return first < 0 ? undefined : modulus.content.slice(first);
};
