import { keyIdentifierOf, type Certificate } from './certificate.ts';
import {
  derElement,
  derEnumerated,
  derGeneralizedTime,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  derSequenceOf,
  derSigned,
} from './der-write.ts';
import type { RsaSigner } from './issue.ts';
import type { CertificateId } from './ocsp-certificate-id.ts';
import { nonceExtension } from './ocsp-nonce.ts';
import { revocationReasons, type RevocationReason } from './revocation.ts';
import { sha256WithRsaDer } from './signed-object.ts';

/** What is known of a certificate; `unknown` is for a serial that was never issued (RFC 6960 section 2.2). */
export type OcspStatus =
  | { readonly kind: 'good' | 'unknown' }
  /** Since when, milliseconds since 1970. */
  | { readonly kind: 'revoked'; readonly at: number; readonly reason: RevocationReason };

/** The answer about one certificate. */
export interface OcspEntry {
  readonly certificateId: CertificateId;
  readonly status: OcspStatus;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  /** Left out: newer information is always to be had (RFC 6960 section 4.2.2.1). */
  readonly nextUpdate?: number;
}

/**
 * The contents of an answer. The authority that issued the certificates signs it itself (RFC 6960 section 4.2.2.2, the second
 * case): its key is online anyhow, and a delegate would be one more key, whose own revocation nobody could ask about.
 */
export interface OcspResponseOrder {
  readonly responder: Certificate;
  readonly sign: RsaSigner;
  /** Milliseconds since 1970; fractions of a second are dropped. */
  readonly producedAt: number;
  readonly entries: readonly OcspEntry[];
  /** The request's, where it had one. */
  readonly nonce?: Uint8Array | undefined;
}

/** OCSPResponseStatus of answers without contents (RFC 6960 section 4.2.1). */
export const ocspErrors = {
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const;
export type OcspError = keyof typeof ocspErrors;

export const basicResponseOid = '1.3.6.1.5.5.7.48.1.1';

/** An answer that only names an error; it is not signed (RFC 6960 section 2.3). */
export const createOcspError = (error: OcspError): Uint8Array =>
  derSequence(derEnumerated(ocspErrors[error]));

const statusOf = (status: OcspStatus): Uint8Array => {
  if (status.kind !== 'revoked') return derElement(status.kind === 'good' ? 0x80 : 0x82);
  const reason = derElement(0xa0, derEnumerated(revocationReasons[status.reason]));
  const at = derGeneralizedTime(status.at);
  return status.reason === 'unspecified' ? derElement(0xa1, at) : derElement(0xa1, at, reason);
};

const single = ({ certificateId, status, thisUpdate, nextUpdate }: OcspEntry): Uint8Array =>
  derSequence(
    certificateId.der,
    statusOf(status),
    derGeneralizedTime(thisUpdate),
    ...(nextUpdate === undefined ? [] : [derElement(0xa0, derGeneralizedTime(nextUpdate))]),
  );

/** DER of a successful answer, signed (RFC 6960 section 4.2.1); the responder is named by its key and no certificate is sent along. */
export const createOcspResponse = async (order: OcspResponseOrder): Promise<Uint8Array> => {
  const { nonce } = order;
  const tbs = derSequence(
    derElement(0xa2, derOctetString(keyIdentifierOf(order.responder))),
    derGeneralizedTime(order.producedAt),
    derSequenceOf(order.entries.map(single)),
    ...(nonce === undefined ? [] : [derElement(0xa1, derSequence(nonceExtension(nonce)))]),
  );
  const basic = derSigned(tbs, sha256WithRsaDer, await order.sign(tbs));
  const response = derSequence(derObjectIdentifier(basicResponseOid), derOctetString(basic));
  return derSequence(derEnumerated(0), derElement(0xa0, response));
};
