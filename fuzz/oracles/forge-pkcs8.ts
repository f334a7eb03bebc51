import type { asn1 } from 'node-forge';
import { latin1, toHex, fromLatin1 } from '../../reference/core/bytes.ts';
import type { StoredKeyParameters } from '../../reference/core/keystore/envelope.ts';
import { forge } from './forge.ts';

/** What forge's ASN.1 reader makes of an EncryptedPrivateKeyInfo with PBES2 and PBKDF2, in the same words as {@link fieldsOf}. */
export const forgeFields = (der: Uint8Array): string | null => {
  const library = forge;
  if (library === null) return null;
  const at = (node: asn1.Asn1 | undefined, ...path: readonly number[]): asn1.Asn1 | undefined =>
    path.reduce<asn1.Asn1 | undefined>(
      (each, index) => (Array.isArray(each?.value) ? each.value[index] : undefined),
      node,
    );
  const octets = (node: asn1.Asn1 | undefined): string =>
    typeof node?.value === 'string' ? toHex(fromLatin1(node.value)) : 'nothing';
  const oid = (node: asn1.Asn1 | undefined): string =>
    typeof node?.value === 'string' ? library.asn1.derToOid(node.value) : 'nothing';
  try {
    const root = library.asn1.fromDer(latin1(der));
    const derivation = at(root, 0, 1, 0, 1);
    const third = at(derivation, 2);
    const prf = third?.type === library.asn1.Type.SEQUENCE ? third : at(derivation, 3);
    return [
      oid(at(root, 0, 0)),
      oid(at(root, 0, 1, 0, 0)),
      prf === undefined ? 'no prf' : oid(at(prf, 0)),
      octets(at(derivation, 0)),
      Number(`0x${octets(at(derivation, 1))}`),
      oid(at(root, 0, 1, 1, 0)),
      octets(at(root, 0, 1, 1, 1)),
      octets(at(root, 1)),
    ].join(' ');
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/** What the parser says of the same. */
export const fieldsOf = (stored: StoredKeyParameters): string =>
  [
    stored.scheme.oid,
    stored.keyDerivation.oid,
    stored.prf.leftOut ? 'no prf' : stored.prf.oid,
    toHex(stored.salt.bytes),
    stored.iterations.count,
    stored.cipher.oid,
    toHex(stored.iv.bytes),
    toHex(stored.encryptedKey.bytes),
  ].join(' ');
