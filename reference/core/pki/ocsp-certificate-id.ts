import { equal } from '../bytes.ts';
import { sha1, sha256 } from '../primitives/hash.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import type { Certificate } from './certificate.ts';
import { derAlgorithm, derInteger, derOctetString, derSequence } from './der-write.ts';
import { derTag, objectIdentifierText, type DerNode } from './der.ts';
import { serialText } from './serial.ts';

/** Hash functions of a CertID that are known here; SHA-1 is what most clients send. It only names the issuer. */
export type CertificateIdHash = 'sha1' | 'sha256';

/** Which certificate is asked about (RFC 6960 section 4.1.1). */
export interface CertificateId {
  /** DER as received, to be repeated in the answer. */
  readonly der: Uint8Array;
  /** `other` can never name an authority of ours. */
  readonly hash: CertificateIdHash | 'other';
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Content octets of the INTEGER. */
  readonly serial: Uint8Array;
}

const functions = { sha1, sha256 } as const;
const oids = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const;

/** DER of the CertID of a certificate of this issuer, with NULL parameters as every client writes them. */
export const certificateIdOf = (
  issuer: Certificate,
  serial: Uint8Array,
  hash: CertificateIdHash,
): Uint8Array =>
  derSequence(
    derAlgorithm(oids[hash]),
    derOctetString(functions[hash](issuer.subject)),
    derOctetString(functions[hash](issuer.publicKey.subjectPublicKey)),
    derInteger(serial),
  );

const hashNamed = (oid: string): CertificateId['hash'] =>
  oid === oids.sha1 ? 'sha1' : oid === oids.sha256 ? 'sha256' : 'other';

const readHash = (algorithm: DerNode): CertificateId['hash'] | undefined => {
  const [oid, parameters, ...rest] = algorithm.children;
  if (oid?.tag !== derTag.objectIdentifier || rest.length > 0) return undefined;
  const hash = hashNamed(objectIdentifierText(oid.content));
  // Absent parameters and NULL mean the same (RFC 5754 section 2).
  const isPlain = parameters === undefined || parameters.tag === derTag.null;
  return hash === 'other' || isPlain ? hash : undefined;
};

/** Reads a CertID. */
export const readCertificateId = (
  node: DerNode,
): Result<CertificateId, Fault<'ocsp-certificate-id-form'>> => {
  const [algorithm, name, key, serial, ...rest] = node.children;
  const refusal = fault('ocsp-certificate-id-form', node.offset);
  if (node.tag !== derTag.sequence || algorithm?.tag !== derTag.sequence) return refusal;
  if (name?.tag !== derTag.octetString || key?.tag !== derTag.octetString) return refusal;
  if (serial?.tag !== derTag.integer || (serial.content[0] ?? 0x80) >= 0x80) return refusal;
  if (serial.content.length > 21 || rest.length > 0) return refusal;
  const hash = readHash(algorithm);
  if (hash === undefined) return refusal;
  return ok({
    der: node.bytes,
    hash,
    issuerNameHash: name.content,
    issuerKeyHash: key.content,
    serial: serial.content,
  });
};

/** Whether the certificate asked about is one that this authority would have issued. */
export const isOfIssuer = (id: CertificateId, issuer: Certificate): boolean =>
  id.hash !== 'other' &&
  equal(id.issuerNameHash, functions[id.hash](issuer.subject)) &&
  equal(id.issuerKeyHash, functions[id.hash](issuer.publicKey.subjectPublicKey));

/** Whether this is the certificate of that issuer and serial. */
export const isAbout = (id: CertificateId, issuer: Certificate, serial: Uint8Array): boolean =>
  isOfIssuer(id, issuer) && serialText(id.serial) === serialText(serial);
