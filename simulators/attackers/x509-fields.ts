import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { concat } from '../../reference/core/bytes.ts';
import { ipAddressBytes } from '../../reference/core/pki/ip-address.ts';
import { keyIdentifierOf, nameOf, subjectNameOf, type CertifiedKey } from './certificate-forger.ts';
import {
  derBitString,
  derBoolean,
  derElement,
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derTime,
} from './der.ts';

/** One extension of a certificate; `value` is what its OCTET STRING holds. */
export interface ExtensionField {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** Every part of a certificate as it will stand in it (RFC 5280 section 4.1), each DER of its own, right or wrong. */
export interface CertificateFields {
  /** The INTEGER of the version; null leaves it out, which means version 1. */
  readonly version: Uint8Array | null;
  readonly serial: Uint8Array;
  readonly algorithm: Uint8Array;
  /** The algorithm behind the signed part, where it is another. */
  readonly outerAlgorithm?: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: Uint8Array;
  readonly notAfter: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  /** The BOOLEAN of a critical extension; TRUE as DER has it unless given. */
  readonly critical?: Uint8Array;
  /** None leaves them out. */
  readonly extensions: readonly ExtensionField[];
  readonly sign: (toBeSigned: Uint8Array) => Uint8Array;
  /** A last change to the whole. */
  readonly finish?: (certificate: Uint8Array) => Uint8Array;
}

const hour = 3_600_000;
const year = 8_766 * hour;

/** Object identifiers of extensions and purposes. */
export const oids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const rsaAlgorithm = (oid: string): Uint8Array => derSequence(derOid(oid), derNull());

/** AlgorithmIdentifiers of RSA signatures (RFC 3279, RFC 4055), with the NULL that they carry. */
export const algorithms = {
  md5: rsaAlgorithm('1.2.840.113549.1.1.4'),
  sha1: rsaAlgorithm('1.2.840.113549.1.1.5'),
  sha256: rsaAlgorithm('1.2.840.113549.1.1.11'),
  sha512: rsaAlgorithm('1.2.840.113549.1.1.13'),
} as const;

/** Signs with PKCS #1 padding and a hash. */
export const signerWith =
  (key: KeyObject, hash: keyof typeof algorithms = 'sha256') =>
  (message: Uint8Array): Uint8Array =>
    new Uint8Array(sign(hash, message, key));

/** DER of a key's SubjectPublicKeyInfo. */
export const spkiOf = (key: KeyObject): Uint8Array => {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
};

/** Value of an Extended Key Usage. */
export const purposes = (...purposeOids: readonly string[]): Uint8Array =>
  derSequence(...purposeOids.map(derOid));

/** Value of a Subject Alternative Name that names an IP address. */
export const addressName = (host: string): Uint8Array =>
  derSequence(derElement(0x87, ipAddressBytes(host) ?? new Uint8Array(4)));

/** Value of a Key Usage of one byte. */
export const usage = (bits: number, unused: number): Uint8Array =>
  derBitString(Uint8Array.of(bits), unused);

/** What a right certificate is made of. */
export interface RightCertificate {
  readonly role: 'client' | 'server' | 'authority';
  /** CommonName; of a server also the IP address it names. */
  readonly name: string;
  readonly key: KeyObject;
  readonly issuer: CertifiedKey;
  /** Big-endian; 16 bytes by chance unless given. */
  readonly serial?: Uint8Array;
}

const roleExtensions = ({ role, name }: RightCertificate): readonly ExtensionField[] => {
  const isAuthority = role === 'authority';
  const constraints = isAuthority
    ? derSequence(derBoolean(true), derInteger(Uint8Array.of(0)))
    : derSequence();
  const keyUsage = isAuthority ? usage(0x86, 1) : usage(0x80, 7);
  const purpose = role === 'server' ? oids.serverAuth : oids.clientAuth;
  return [
    { oid: oids.basicConstraints, critical: true, value: constraints },
    { oid: oids.keyUsage, critical: true, value: keyUsage },
    ...(isAuthority
      ? []
      : [{ oid: oids.extendedKeyUsage, critical: false, value: purposes(purpose) }]),
    ...(role === 'server'
      ? [{ oid: oids.subjectAltName, critical: false, value: addressName(name) }]
      : []),
  ];
};

const randomSerial = (): Uint8Array =>
  concat(Uint8Array.of(0x41), crypto.getRandomValues(new Uint8Array(15)));

/** The parts of a certificate with nothing wrong in it. */
export const rightFields = (right: RightCertificate): CertificateFields => {
  const { name, key, issuer, serial = randomSerial() } = right;
  const now = Date.now();
  const authorityKey = derSequence(derElement(0x80, keyIdentifierOf(issuer.key)));
  return {
    version: derInteger(Uint8Array.of(2)),
    serial: derInteger(serial),
    algorithm: algorithms.sha256,
    issuer: subjectNameOf(issuer.certificate),
    notBefore: derTime(now - hour),
    notAfter: derTime(now + year),
    subject: nameOf(name),
    publicKey: spkiOf(key),
    extensions: [
      ...roleExtensions(right),
      {
        oid: oids.subjectKeyIdentifier,
        critical: false,
        value: derOctetString(keyIdentifierOf(key)),
      },
      { oid: oids.authorityKeyIdentifier, critical: false, value: authorityKey },
    ],
    sign: signerWith(issuer.key),
  };
};

/** DER of a certificate of these parts. */
export const writeFields = (fields: CertificateFields): Uint8Array => {
  const { version, algorithm, extensions, critical = derBoolean(true), finish } = fields;
  const list = extensions.map((each) =>
    derSequence(derOid(each.oid), ...(each.critical ? [critical] : []), derOctetString(each.value)),
  );
  const toBeSigned = derSequence(
    ...(version === null ? [] : [derExplicit(0, version)]),
    fields.serial,
    algorithm,
    fields.issuer,
    derSequence(fields.notBefore, fields.notAfter),
    fields.subject,
    fields.publicKey,
    ...(list.length === 0 ? [] : [derExplicit(3, derSequence(...list))]),
  );
  const certificate = derSequence(
    toBeSigned,
    fields.outerAlgorithm ?? algorithm,
    derBitString(fields.sign(toBeSigned)),
  );
  return finish ? finish(certificate) : certificate;
};

/** The extensions with one replaced, added where it was not there, or left out (null). */
export const withExtension = (
  extensions: readonly ExtensionField[],
  oid: string,
  value: Uint8Array | null,
): readonly ExtensionField[] => {
  const found = extensions.find((each) => each.oid === oid);
  const others = extensions.filter((each) => each.oid !== oid);
  if (value === null) return others;
  return [...others, { oid, critical: found?.critical ?? false, value }];
};

/** A time as these characters: UTCTime or GeneralizedTime. */
export const timeText = (tag: 'utc' | 'generalized', text: string): Uint8Array =>
  derElement(
    tag === 'utc' ? 0x17 : 0x18,
    Uint8Array.from(text, (each) => each.charCodeAt(0)),
  );

/** The digits of a moment, `YYYYMMDDHHMMSS`. */
export const timeDigits = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/[-:T]/g, '').slice(0, 14);

/** A Name of one CommonName with any string type and bytes. */
export const commonNameOf = (tag: number, content: Uint8Array): Uint8Array =>
  derSequence(derElement(0x31, derSequence(derOid('2.5.4.3'), derElement(tag, content))));
