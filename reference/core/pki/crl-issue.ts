import { keyIdentifierOf, type Certificate } from './certificate.ts';
import {
  derElement,
  derEnumerated,
  derExtension,
  derInteger,
  derSequence,
  derSequenceOf,
  derSigned,
  derTime,
  unsignedBytes,
} from './der-write.ts';
import type { RsaSigner } from './issue.ts';
import { revocationReasons, type RevokedCertificate } from './revocation.ts';
import { sha256WithRsaDer } from './signed-object.ts';

/** The contents of a certificate revocation list. */
export interface CrlOrder {
  /** The authority that signs; the list is for its certificates. */
  readonly issuer: Certificate;
  readonly sign: RsaSigner;
  /** CRL number, not below 0 and always growing, at most 20 bytes (RFC 5280 section 5.2.3). */
  readonly number: bigint;
  /** Milliseconds since 1970; fractions of a second are dropped. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked: readonly RevokedCertificate[];
}

const maximumNumber = (1n << 159n) - 1n;

const entry = ({ serial, at, reason }: RevokedCertificate): Uint8Array => {
  const code = derExtension('2.5.29.21', derEnumerated(revocationReasons[reason]));
  // Unspecified is said by leaving the reason out (RFC 5280 section 5.3.1).
  const extensions = reason === 'unspecified' ? [] : [derSequence(code)];
  return derSequence(derInteger(serial), derTime(at), ...extensions);
};

/**
 * Issues a version 2 list with AuthorityKeyIdentifier, CRLNumber and reasons (RFC 5280 section 5) and returns its DER. An
 * empty list has no revokedCertificates (section 5.1.2.6).
 * @throws RangeError when the number is negative or longer than 20 bytes
 */
export const issueCrl = async (order: CrlOrder): Promise<Uint8Array> => {
  if (order.number < 0n || order.number > maximumNumber) {
    throw new RangeError('CRL number: below 0 or longer than 20 bytes');
  }
  const identifier = derSequence(derElement(0x80, keyIdentifierOf(order.issuer)));
  const extensions = derSequence(
    derExtension('2.5.29.35', identifier),
    derExtension('2.5.29.20', derInteger(unsignedBytes(order.number))),
  );
  const tbs = derSequence(
    derInteger(Uint8Array.of(1)),
    sha256WithRsaDer,
    order.issuer.subject,
    derTime(order.thisUpdate),
    derTime(order.nextUpdate),
    ...(order.revoked.length === 0 ? [] : [derSequenceOf(order.revoked.map(entry))]),
    derElement(0xa0, extensions),
  );
  return derSigned(tbs, sha256WithRsaDer, await order.sign(tbs));
};
