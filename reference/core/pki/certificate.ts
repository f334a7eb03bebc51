import { equal, latin1 } from '../bytes.ts';
import { sha1 } from '../primitives/hash.ts';
import { verifyRsaSha256 } from '../primitives/rsa.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import {
  parseExtensions,
  type CertificateExtensions,
  type ExtensionFaultCode,
} from './certificate-extensions.ts';
import { derTag, objectIdentifierText, parseDer, type DerNode } from './der.ts';
import { readTime } from './time.ts';

/** Why bytes are not one canonical X.509 version 3 certificate. */
export type CertificateFaultCode =
  | ExtensionFaultCode
  | 'certificate-form'
  | 'certificate-version'
  | 'certificate-serial'
  | 'certificate-algorithm'
  | 'certificate-name'
  | 'certificate-time'
  | 'certificate-key'
  | 'certificate-signature';

/** A CommonName: text of a UTF8String or PrintableString, or only the tag of another string type. */
export type CommonName =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'other'; readonly tag: number };

interface AnyPublicKey {
  /** The SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** The subjectPublicKey's bits without the BIT STRING's header and count of unused bits. */
  readonly subjectPublicKey: Uint8Array;
}

/** The subject's public key (RFC 5280 section 4.1.2.7). */
export type CertificatePublicKey =
  | (AnyPublicKey & {
      readonly algorithm: 'rsa';
      /** Big-endian, without leading zero. */
      readonly modulus: Uint8Array;
      readonly modulusBits: number;
      readonly exponent: bigint;
    })
  | (AnyPublicKey & { readonly algorithm: 'other'; readonly oid: string });

/** An X.509 version 3 certificate (RFC 5280), read from its only encoding. */
export interface Certificate {
  readonly der: Uint8Array;
  /** The signed part, DER. */
  readonly tbs: Uint8Array;
  /** Content octets of the positive INTEGER, at most 20. */
  readonly serial: Uint8Array;
  /** Raw DER of the names: compared as bytes. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Every CommonName of the subject, in order. */
  readonly commonNames: readonly CommonName[];
  /** Milliseconds since 1970; both named seconds belong to the validity. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: CertificatePublicKey;
  /** Object identifier; the same inside and outside the signed part. */
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
  readonly extensions: CertificateExtensions;
}

/** Object identifier of sha256WithRSAEncryption (RFC 4055 section 5). */
export const sha256WithRsa = '1.2.840.113549.1.1.11';

const rsaEncryption = '1.2.840.113549.1.1.1';
const commonNameType = '2.5.4.3';

type CertificateResult<Value> = Result<Value, Fault<CertificateFaultCode>>;

const hasShape = (node: DerNode, tags: readonly number[]): boolean =>
  node.children.length === tags.length &&
  tags.every((tag, index) => node.children[index]?.tag === tag);

/** The elements of a SEQUENCE that holds exactly these types. */
const elements = (
  node: DerNode | undefined,
  tags: readonly number[],
  code: CertificateFaultCode,
): CertificateResult<readonly DerNode[]> =>
  node?.tag === derTag.sequence && hasShape(node, tags)
    ? ok(node.children)
    : fault(code, node?.offset ?? 0);

const parseAlgorithm = (node: DerNode): CertificateResult<string> => {
  const [identifier, parameters, ...rest] = node.children;
  if (identifier?.tag !== derTag.objectIdentifier || rest.length > 0)
    return fault('certificate-algorithm', node.offset);
  const oid = objectIdentifierText(identifier.content);
  // Both RSA identifiers used here carry NULL (RFC 3279 section 2.3.1, RFC 4055 section 5).
  if ((oid === sha256WithRsa || oid === rsaEncryption) && parameters?.tag !== derTag.null)
    return fault('certificate-algorithm', node.offset);
  return ok(oid);
};

const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

const parseCommonName = (value: DerNode): CertificateResult<CommonName> => {
  const text = value.tag === derTag.utf8String ? decodeUtf8(value.content) : latin1(value.content);
  if (value.tag !== derTag.utf8String && value.tag !== derTag.printableString)
    return ok({ kind: 'other', tag: value.tag });
  if (text === undefined) return fault('certificate-name', value.offset);
  if (value.tag === derTag.printableString && !/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text))
    return fault('certificate-name', value.offset);
  return ok({ kind: 'text', value: text });
};

/** Checks a Name's structure and collects its CommonNames (RFC 5280 section 4.1.2.4). */
const parseName = (name: DerNode): CertificateResult<readonly CommonName[]> => {
  const commonNames: CommonName[] = [];
  for (const relative of name.children) {
    if (relative.tag !== derTag.set || relative.children.length === 0)
      return fault('certificate-name', relative.offset);
    for (const attribute of relative.children) {
      const [type, value, ...rest] = attribute.children;
      const isAttribute = attribute.tag === derTag.sequence && rest.length === 0;
      if (!isAttribute || type?.tag !== derTag.objectIdentifier || !value)
        return fault('certificate-name', attribute.offset);
      if (objectIdentifierText(type.content) !== commonNameType) continue;
      const commonName = parseCommonName(value);
      if (!commonName.ok) return commonName;
      commonNames.push(commonName.value);
    }
  }
  return ok(commonNames);
};

const parseTime = (node: DerNode): CertificateResult<number> => {
  const time = readTime(node);
  return time === undefined ? fault('certificate-time', node.offset) : ok(time);
};

const isPositive = (content: Uint8Array): boolean =>
  (content[0] ?? 0x80) < 0x80 && content.some((byte) => byte !== 0);

const unsigned = (content: Uint8Array): Uint8Array =>
  content[0] === 0 ? content.subarray(1) : content;

const parsePublicKey = (
  der: Uint8Array,
  spki: DerNode,
): CertificateResult<CertificatePublicKey> => {
  const parts = elements(spki, [derTag.sequence, derTag.bitString], 'certificate-key');
  if (!parts.ok) return parts;
  const [identifier, bits] = parts.value;
  if (!identifier || !bits || bits.content[0] !== 0) return fault('certificate-key', spki.offset);
  const oid = parseAlgorithm(identifier);
  if (!oid.ok) return oid;
  const subjectPublicKey = bits.content.subarray(1);
  const common = { spki: spki.bytes, subjectPublicKey };
  if (oid.value !== rsaEncryption) return ok({ ...common, algorithm: 'other', oid: oid.value });
  const key = parseDer(der, bits.end - subjectPublicKey.length, bits.end);
  if (!key.ok) return key;
  const integers = elements(key.value, [derTag.integer, derTag.integer], 'certificate-key');
  if (!integers.ok) return integers;
  const [modulus, exponent] = integers.value.map(({ content }) => content);
  if (!modulus || !exponent || !isPositive(modulus) || !isPositive(exponent))
    return fault('certificate-key', bits.offset);
  // RFC 8017 section 3.1: a product of odd primes; anyone factors an even one.
  if (((modulus.at(-1) ?? 0) & 1) === 0)
    return fault('certificate-key', bits.offset, 'even modulus');
  if (exponent.length > 64) return fault('certificate-key', bits.offset, 'exponent too long');
  const magnitude = unsigned(modulus);
  return ok({
    ...common,
    algorithm: 'rsa',
    modulus: magnitude,
    modulusBits: magnitude.length * 8 - Math.clz32(magnitude[0] ?? 0) + 24,
    exponent: exponent.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
  });
};

type SignedPart = Omit<Certificate, 'der' | 'tbs' | 'signature'>;

const parseVersion = (node: DerNode): boolean =>
  node.children.length === 1 &&
  node.children[0]?.tag === derTag.integer &&
  equal(node.children[0].content, new Uint8Array([2]));

const parseValidity = (node: DerNode): CertificateResult<readonly [number, number]> => {
  const [from, until, ...rest] = node.children;
  if (!from || !until || rest.length > 0) return fault('certificate-time', node.offset);
  const notBefore = parseTime(from);
  if (!notBefore.ok) return notBefore;
  const notAfter = parseTime(until);
  return notAfter.ok ? ok([notBefore.value, notAfter.value]) : notAfter;
};

const parseSignedPart = (der: Uint8Array, tbs: DerNode): CertificateResult<SignedPart> => {
  const { integer, sequence } = derTag;
  const [version, serial, algorithm, issuer, validity, subject, spki, extensions] = tbs.children;
  if (version?.tag !== 0xa0 || !parseVersion(version))
    return fault('certificate-version', version?.offset ?? tbs.offset);
  const shape = [0xa0, integer, sequence, sequence, sequence, sequence, sequence, 0xa3];
  if (!hasShape(tbs, shape) || !serial || !algorithm || !issuer || !validity || !subject)
    return fault('certificate-form', tbs.offset);
  const list = extensions?.children[0];
  if (!spki || !list || extensions.children.length !== 1)
    return fault('certificate-form', tbs.offset);
  if (serial.content.length > 20 || !isPositive(serial.content))
    return fault('certificate-serial', serial.offset);
  const signatureAlgorithm = parseAlgorithm(algorithm);
  if (!signatureAlgorithm.ok) return signatureAlgorithm;
  const issuerNames = parseName(issuer);
  if (!issuerNames.ok) return issuerNames;
  // RFC 5280 section 4.1.2.4: an issuer has a name.
  if (issuer.children.length === 0) return fault('certificate-name', issuer.offset);
  const times = parseValidity(validity);
  if (!times.ok) return times;
  const commonNames = parseName(subject);
  if (!commonNames.ok) return commonNames;
  const publicKey = parsePublicKey(der, spki);
  if (!publicKey.ok) return publicKey;
  const read = parseExtensions(der, list);
  if (!read.ok) return read;
  return ok({
    serial: serial.content,
    issuer: issuer.bytes,
    subject: subject.bytes,
    commonNames: commonNames.value,
    notBefore: times.value[0],
    notAfter: times.value[1],
    publicKey: publicKey.value,
    signatureAlgorithm: signatureAlgorithm.value,
    extensions: read.value,
  });
};

/**
 * Reads one X.509 version 3 certificate (RFC 5280) that fills `der` exactly and is encoded in the one way that DER allows,
 * default values left out included. Faults carry the offset in bytes.
 */
export const parseCertificate = (der: Uint8Array): CertificateResult<Certificate> => {
  const root = parseDer(der);
  if (!root.ok) return root;
  const { sequence, bitString } = derTag;
  const parts = elements(root.value, [sequence, sequence, bitString], 'certificate-form');
  if (!parts.ok) return parts;
  const [tbs, algorithm, signature] = parts.value;
  if (!tbs || !algorithm || !signature) return fault('certificate-form', 0);
  const signed = parseSignedPart(der, tbs);
  if (!signed.ok) return signed;
  const inner = tbs.children[2];
  if (!inner || !equal(inner.bytes, algorithm.bytes))
    return fault('certificate-algorithm', algorithm.offset);
  if (signature.content[0] !== 0) return fault('certificate-signature', signature.offset);
  return ok({
    ...signed.value,
    der,
    tbs: tbs.bytes,
    signature: signature.content.subarray(1),
  });
};

/** SHA-1 of the subjectPublicKey bits, 20 bytes (RFC 5280 section 4.2.1.2, method 1). */
export const keyIdentifierOf = (certificate: Certificate): Uint8Array =>
  sha1(certificate.publicKey.subjectPublicKey);

/**
 * Whether `authority`'s name and key issued `certificate`: issuer equal to subject as bytes, and a valid sha256WithRSA
 * signature. Says nothing of whether that authority may issue, nor of time.
 */
export const issuedBy = (certificate: Certificate, authority: Certificate): boolean =>
  certificate.signatureAlgorithm === sha256WithRsa &&
  authority.publicKey.algorithm === 'rsa' &&
  equal(certificate.issuer, authority.subject) &&
  verifyRsaSha256(authority.publicKey, certificate.tbs, certificate.signature);
