import { createHash, type KeyObject } from 'node:crypto';
import { keyIdentifierOf, subjectNameOf, type CertifiedKey } from './certificate-forger.ts';
import {
  derBitString,
  derBoolean,
  derChildren,
  derElement,
  derExplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derTime,
  readDer,
} from './der.ts';
import { algorithms, spkiOf, timeDigits, timeText, type ExtensionField } from './x509-fields.ts';

const ids = { basicResponse: '1.3.6.1.5.5.7.48.1.1', nonce: '1.3.6.1.5.5.7.48.1.2' } as const;
const listOids = { number: '2.5.29.20', keyIdentifier: '2.5.29.35' } as const;

const generalized = (milliseconds: number): Uint8Array =>
  timeText('generalized', `${timeDigits(milliseconds)}Z`);

const enumerated = (value: number): Uint8Array => derElement(0x0a, Uint8Array.of(value));

const extensionsOf = (extensions: readonly ExtensionField[]): Uint8Array =>
  derSequence(
    ...extensions.map(({ oid, critical, value }) =>
      derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value)),
    ),
  );

/** CertStatus of RFC 6960 section 4.2.1; `revoked` for a compromised key, at a time in milliseconds since 1970. */
export const statuses = {
  good: (): Uint8Array => derElement(0x80),
  unknown: (): Uint8Array => derElement(0x82),
  revoked: (at: number): Uint8Array =>
    derElement(0xa1, generalized(at), derExplicit(0, enumerated(1))),
} as const;

/** Every part of a basic OCSP answer (RFC 6960 section 4.2.1), right or wrong; times in milliseconds since 1970. */
export interface OcspFields {
  /** Whose key's SHA-1 the answer names. */
  readonly responder: KeyObject;
  readonly producedAt: number;
  /** DER of the CertID. */
  readonly certificateId: Uint8Array;
  /** DER of the CertStatus. */
  readonly status: Uint8Array;
  readonly thisUpdate: number;
  /** Left out where absent. */
  readonly nextUpdate?: number;
  /** Left out where null. */
  readonly nonce: Uint8Array | null;
  /** Certificates sent along. */
  readonly certificates: readonly Uint8Array[];
  readonly sign: (toBeSigned: Uint8Array) => Uint8Array;
}

/** DER of an answer of these parts. */
export const writeOcspAnswer = (fields: OcspFields): Uint8Array => {
  const { responder, nextUpdate, nonce, certificates } = fields;
  const single = derSequence(
    fields.certificateId,
    fields.status,
    generalized(fields.thisUpdate),
    ...(nextUpdate === undefined ? [] : [derExplicit(0, generalized(nextUpdate))]),
  );
  const toBeSigned = derSequence(
    derExplicit(2, derOctetString(keyIdentifierOf(responder))),
    generalized(fields.producedAt),
    derSequence(single),
    ...(nonce === null
      ? []
      : [
          derExplicit(
            1,
            extensionsOf([{ oid: ids.nonce, critical: false, value: derOctetString(nonce) }]),
          ),
        ]),
  );
  const basic = derSequence(
    toBeSigned,
    algorithms.sha256,
    derBitString(fields.sign(toBeSigned)),
    ...(certificates.length === 0 ? [] : [derExplicit(0, derSequence(...certificates))]),
  );
  const response = derSequence(derOid(ids.basicResponse), derOctetString(basic));
  return derSequence(enumerated(0), derExplicit(0, response));
};

/** DER of an answer that only names an error, such as 3 for tryLater. */
export const writeOcspError = (error: number): Uint8Array => derSequence(enumerated(error));

const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest());

/** The subjectPublicKey bits of a key. */
const keyBits = (key: KeyObject): Uint8Array => {
  const spki = spkiOf(key);
  const outer = readDer(spki);
  const bits = outer ? derChildren(spki, outer)[1] : undefined;
  return bits ? spki.subarray(bits.contentStart + 1, bits.end) : spki;
};

/** DER of the CertID, with SHA-256, of a certificate of this issuer and serial (big-endian). */
export const writeCertificateId = (issuer: CertifiedKey, serial: Uint8Array): Uint8Array =>
  derSequence(
    derSequence(derOid('2.16.840.1.101.3.4.2.1'), derElement(0x05)),
    derOctetString(sha256(subjectNameOf(issuer.certificate))),
    derOctetString(sha256(keyBits(issuer.key))),
    derInteger(serial),
  );

/** Every part of a revocation list (RFC 5280 section 5.1), right or wrong; times in milliseconds since 1970. */
export interface ListFields {
  /** DER of the Name. */
  readonly issuer: Uint8Array;
  /** Whose key the Authority Key Identifier names. */
  readonly issuerKey: KeyObject;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** DER of each entry; none leaves the list of entries out. */
  readonly entries: readonly Uint8Array[];
  /** Beside its number and the Authority Key Identifier. */
  readonly extensions: readonly ExtensionField[];
  readonly sign: (toBeSigned: Uint8Array) => Uint8Array;
}

/** DER of an entry about a serial (big-endian) with further extensions. */
export const writeListEntry = (
  serial: Uint8Array,
  at: number,
  extensions: readonly ExtensionField[],
): Uint8Array =>
  derSequence(
    derInteger(serial),
    derTime(at),
    ...(extensions.length === 0 ? [] : [extensionsOf(extensions)]),
  );

/** DER of a version 2 list of these parts, with the number 1. */
export const writeRevocationList = (fields: ListFields): Uint8Array => {
  const { issuerKey, entries, extensions } = fields;
  const identifier = derSequence(derElement(0x80, keyIdentifierOf(issuerKey)));
  const one = derInteger(Uint8Array.of(1));
  const toBeSigned = derSequence(
    one,
    algorithms.sha256,
    fields.issuer,
    derTime(fields.thisUpdate),
    derTime(fields.nextUpdate),
    ...(entries.length === 0 ? [] : [derSequence(...entries)]),
    derExplicit(
      0,
      extensionsOf([
        { oid: listOids.keyIdentifier, critical: false, value: identifier },
        { oid: listOids.number, critical: false, value: one },
        ...extensions,
      ]),
    ),
  );
  return derSequence(toBeSigned, algorithms.sha256, derBitString(fields.sign(toBeSigned)));
};
