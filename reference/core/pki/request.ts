import { parsePem, toPem } from '../keystore/pem.ts';
import { verifyRsaSha256 } from '../primitives/rsa.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import { derTag, objectIdentifierText, parseDer, type DerNode } from './der.ts';
import { derElement, derInteger, derSequence, derSigned } from './der-write.ts';
import { commonNameOnly, type RsaSigner } from './issue.ts';
import { sha256WithRsaDer } from './signed-object.ts';

/** Whether a text is a number as certificates name it: `+`, a digit 1-9, 1 to 14 digits (I-3; E.164). */
export const isTelephoneNumber = (text: string): boolean => /^\+[1-9][0-9]{1,14}$/.test(text);

/** What a PKCS#10 request (RFC 2986) says, as far as a registration authority uses it. */
export interface ParsedRequest {
  readonly commonName: string;
  readonly publicKey: {
    /** DER of the SubjectPublicKeyInfo, as received. */
    readonly spki: Uint8Array;
    /** Length of the RSA modulus in bits. */
    readonly bits: number;
    readonly exponent: bigint;
  };
  /** Name of the algorithm, or its object identifier when it is not the one in use here. */
  readonly signatureAlgorithm: 'sha256WithRSAEncryption' | (string & {});
  /** Whether the request is signed with that algorithm by its own key (proof of possession). */
  readonly signatureValid: boolean;
}

const label = 'CERTIFICATE REQUEST';
const sha256WithRsa = '1.2.840.113549.1.1.11';
const rsaEncryption = '1.2.840.113549.1.1.1';
const commonName = '2.5.4.3';
/** Larger keys are refused unread: checking their signatures costs more than they can be good for. */
const maximumModulusBits = 8192;

/** Makes a request (PEM) for a CommonName and a SubjectPublicKeyInfo (DER), signed by the key's holder. */
export const createRequest = async (contents: {
  readonly commonName: string;
  readonly publicKey: Uint8Array;
  readonly sign: RsaSigner;
}): Promise<string> => {
  // Version 1, and an empty set of attributes (RFC 2986 section 4.1).
  const info = derSequence(
    derInteger(Uint8Array.of(0)),
    commonNameOnly(contents.commonName),
    contents.publicKey,
    derElement(0xa0),
  );
  return toPem(label, derSigned(info, sha256WithRsaDer, await contents.sign(info)));
};

const isNode = (node: DerNode | undefined, tag: number, children?: number): node is DerNode =>
  node?.tag === tag && (children === undefined || node.children.length === children);

const identifierOf = (node: DerNode | undefined): string =>
  isNode(node, derTag.objectIdentifier) ? objectIdentifierText(node.content) : '';

const text = (node: DerNode | undefined): string | undefined => {
  if (node?.tag !== derTag.utf8String && node?.tag !== derTag.printableString) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(node.content);
  } catch {
    return undefined;
  }
};

const commonNameOf = (name: DerNode): Result<string> => {
  const values: (DerNode | undefined)[] = [];
  for (const set of name.children) {
    if (!isNode(set, derTag.set) || set.children.length === 0)
      return fault('request-name', set.offset);
    for (const attribute of set.children) {
      if (attribute.tag !== derTag.sequence || attribute.children.length !== 2)
        return fault('request-name', attribute.offset);
      if (identifierOf(attribute.children[0]) === commonName) values.push(attribute.children[1]);
    }
  }
  const value = text(values[0]);
  return value === undefined || values.length !== 1
    ? fault('request-common-name', name.offset, `${values.length} CommonNames of a readable type`)
    : ok(value);
};

const unsigned = (node: DerNode): bigint | undefined => {
  const negative = (node.content[0] ?? 0) >= 0x80;
  const digits = Array.from(node.content, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return negative ? undefined : BigInt(`0x${digits}`);
};

const publicKeyOf = (input: Uint8Array, info: DerNode): Result<ParsedRequest['publicKey']> => {
  const [algorithm, bits] = info.children;
  if (
    !isNode(info, derTag.sequence, 2) ||
    !isNode(algorithm, derTag.sequence, 2) ||
    identifierOf(algorithm.children[0]) !== rsaEncryption ||
    !isNode(algorithm.children[1], derTag.null) ||
    !isNode(bits, derTag.bitString) ||
    bits.content[0] !== 0
  ) {
    return fault('request-public-key', info.offset, 'not an RSA key');
  }
  const key = parseDer(input, bits.end - bits.content.length + 1, bits.end);
  if (!key.ok) return key;
  const [n, e] = key.value.children;
  if (
    !isNode(key.value, derTag.sequence, 2) ||
    !isNode(n, derTag.integer) ||
    !isNode(e, derTag.integer)
  ) {
    return fault('request-public-key', key.value.offset);
  }
  if (n.content.length > maximumModulusBits / 8 + 1 || e.content.length > 9) {
    return fault('request-key-size', n.offset);
  }
  const [modulus, exponent] = [unsigned(n), unsigned(e)];
  if (modulus === undefined || exponent === undefined || modulus === 0n || exponent === 0n) {
    return fault('request-public-key', n.offset, 'not positive');
  }
  return ok({ spki: info.bytes, bits: modulus.toString(2).length, exponent });
};

const parseRequestDer = (input: Uint8Array): Result<ParsedRequest> => {
  const root = parseDer(input);
  if (!root.ok) return root;
  const [info, algorithm, signature] = root.value.children;
  if (
    !isNode(root.value, derTag.sequence, 3) ||
    !isNode(info, derTag.sequence, 4) ||
    !isNode(algorithm, derTag.sequence) ||
    !isNode(signature, derTag.bitString)
  ) {
    return fault('request-form', root.value.offset);
  }
  const [version, name, key, attributes] = info.children;
  if (
    !isNode(version, derTag.integer) ||
    version.content.length !== 1 ||
    version.content[0] !== 0
  ) {
    return fault('request-version', info.offset);
  }
  if (!isNode(name, derTag.sequence) || key === undefined || !isNode(attributes, 0xa0)) {
    return fault('request-form', info.offset);
  }
  const subject = commonNameOf(name);
  if (!subject.ok) return subject;
  const publicKey = publicKeyOf(input, key);
  if (!publicKey.ok) return publicKey;
  const identifier = identifierOf(algorithm.children[0]);
  const expected = identifier === sha256WithRsa && isNode(algorithm.children[1], derTag.null);
  return ok({
    commonName: subject.value,
    publicKey: publicKey.value,
    signatureAlgorithm: expected ? 'sha256WithRSAEncryption' : identifier,
    signatureValid:
      expected &&
      algorithm.children.length === 2 &&
      signature.content[0] === 0 &&
      verifyRsaSha256({ spki: key.bytes }, info.bytes, signature.content.subarray(1)),
  });
};

/** Reads a PKCS#10 request, PEM as text or DER as bytes; total. Offsets count bytes of the DER, or characters of the PEM. */
export const parseRequest = (input: string | Uint8Array): Result<ParsedRequest, Fault> => {
  if (typeof input !== 'string') return parseRequestDer(input);
  const der = parsePem(input, label);
  return der.ok ? parseRequestDer(der.value) : der;
};
