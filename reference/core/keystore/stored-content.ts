import { toHex } from '../bytes.ts';
import { derTag, parseDer, type DerNode } from '../pki/der.ts';
import { fault, type Fault } from '../result.ts';
import { namedAlgorithm, readProtection, type NamedAlgorithm } from './protection-facts.ts';
import type { ProtectionFacts } from './protection-facts.ts';

/** Structures that hold a private key without encryption. */
export type ClearFormat = 'PKCS#8' | 'PKCS#1' | 'SEC 1' | 'DSA';

/** What an object of a stored file is. Byte strings of keys in clear are secret: never print them. */
export type StoredContent =
  | {
      readonly kind: 'encrypted-pkcs8';
      readonly der: Uint8Array | null;
      /** Null if the bytes cannot be read that far. */
      readonly protection: ProtectionFacts | null;
    }
  | {
      readonly kind: 'key-in-clear';
      readonly format: ClearFormat;
      readonly der: Uint8Array | null;
      readonly algorithm: NamedAlgorithm | null;
    }
  /** The encryption of RFC 1421 headers, by the label of the armour and the cipher of DEK-Info. */
  | { readonly kind: 'traditional-encrypted'; readonly label: string; readonly cipher: string }
  /** A file or object of another maker's format that keeps private keys. */
  | { readonly kind: 'foreign'; readonly format: string; readonly encryption: string | null }
  | { readonly kind: 'no-private-key'; readonly what: string; readonly der: Uint8Array | null }
  | { readonly kind: 'unknown'; readonly what: string };

/** One object, with the fault that kept its encoding from being read, in bytes of its DER. */
export interface ReadContent {
  readonly content: StoredContent;
  readonly fault: Fault | null;
}

const { sequence, integer, octetString, bitString } = derTag;

const tagsOf = (node: DerNode): readonly number[] => node.children.map(({ tag }) => tag);
const startsWith = (node: DerNode, ...tags: readonly number[]): boolean =>
  tags.every((tag, index) => node.children[index]?.tag === tag);
const isExactly = (node: DerNode, ...tags: readonly number[]): boolean =>
  node.children.length === tags.length && startsWith(node, ...tags);

const privateKeyOf = (root: DerNode): StoredContent | null => {
  const der = root.bytes;
  if (startsWith(root, integer, sequence, octetString)) {
    const algorithm = namedAlgorithm(root.children[1]);
    if (algorithm === null) return null;
    const { name, oid, offset } = algorithm;
    return { kind: 'key-in-clear', format: 'PKCS#8', der, algorithm: { name, oid, offset } };
  }
  const clear = { kind: 'key-in-clear', der, algorithm: null } as const;
  if (startsWith(root, integer, octetString)) return { ...clear, format: 'SEC 1' };
  const integers = tagsOf(root).every((tag) => tag === integer) ? root.children.length : 0;
  if (integers === 9) return { ...clear, format: 'PKCS#1' };
  return integers === 6 ? { ...clear, format: 'DSA' } : null;
};

const otherOf = (root: DerNode): StoredContent | null => {
  const none = (what: string): StoredContent => ({ kind: 'no-private-key', what, der: root.bytes });
  if (startsWith(root, integer, sequence) && root.children[0]?.content[0] === 3) {
    return { kind: 'foreign', format: 'PKCS#12', encryption: null };
  }
  if (isExactly(root, sequence, bitString)) return none('public key');
  if (isExactly(root, integer, integer)) return none('PKCS#1 public key');
  if (!isExactly(root, sequence, sequence, bitString)) return null;
  const signed = tagsOf(root.children[0] ?? root);
  if (signed[0] === integer && signed.length === 4 && signed[3] === 0xa0) {
    return none('certificate request');
  }
  return none(signed.filter((tag) => tag === sequence).length >= 5 ? 'certificate' : 'signed list');
};

/** Looks past a broken encoding at its first bytes; a PKCS#12 file may be BER (RFC 7292 section 4). */
const guess = (der: Uint8Array): StoredContent => {
  if (/^30.{2,10}?02010330/.test(toHex(der.subarray(0, 10)))) {
    return { kind: 'foreign', format: 'PKCS#12', encryption: null };
  }
  return { kind: 'unknown', what: 'ASN.1 that is not DER' };
};

/** Reads one DER object of a stored file by its structure alone. Total. */
export const readDerContent = (der: Uint8Array): ReadContent => {
  const whole = parseDer(der);
  const trailing = !whole.ok && whole.error.code === 'der-trailing';
  const root = trailing ? parseDer(der, 0, whole.error.offset) : whole;
  if (!root.ok) return { content: guess(der), fault: root.error };
  const flaw = whole.ok ? null : whole.error;
  const protection = readProtection(root.value);
  if (protection !== null) {
    const content = { kind: 'encrypted-pkcs8', der: root.value.bytes, protection } as const;
    return { content, fault: flaw };
  }
  const content = privateKeyOf(root.value) ?? otherOf(root.value);
  if (content !== null) return { content, fault: flaw };
  const unknown = { kind: 'unknown', what: 'DER of no known structure' } as const;
  return { content: unknown, fault: flaw ?? fault('keystore-form', 0).error };
};
