import { concat, utf8 } from '../bytes.ts';
import type { Certificate } from '../pki/certificate.ts';
import { verifyRsaSha256 } from '../primitives/rsa.ts';

/** What the caller signs. Texts stand for their bytes. */
export interface OfferTranscript {
  /** Value of the Call-ID header. */
  readonly callId: string;
  readonly callerNumber: string;
  /** The number dialled. */
  readonly calleeNumber: string;
  /** DER as sent in X-CSL-From. */
  readonly callerCertificate: Uint8Array;
  /** The 298 bytes as sent in X-CSL-Info1. */
  readonly callerInfo1: Uint8Array;
  readonly callerMedia: string;
  /** In a re-INVITE only: H(answer preimage) of the dialog's last exchange, 32 bytes. */
  readonly previousAnswerHash?: Uint8Array;
}

/** What the callee signs. */
export interface AnswerTranscript {
  /** H(offer preimage), 32 bytes. */
  readonly offerHash: Uint8Array;
  readonly calleeCertificate: Uint8Array;
  readonly calleeInfo1: Uint8Array;
  readonly calleeMedia: string;
}

/** Label and fields, each behind its length in bytes (4 bytes, big-endian). */
const preimage = (label: string, ...fields: readonly (string | Uint8Array)[]): Uint8Array =>
  concat(
    ...[label, ...fields].flatMap((field) => {
      const bytes = typeof field === 'string' ? utf8(field) : field;
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.length);
      return [length, bytes];
    }),
  );

/** The offer preimage: the bytes that the caller signs with RSA-SHA256. */
export const offerTranscript = (offer: OfferTranscript): Uint8Array =>
  preimage(
    'CSL1 offer',
    offer.callId,
    offer.callerNumber,
    offer.calleeNumber,
    offer.callerCertificate,
    offer.callerInfo1,
    offer.callerMedia,
    ...(offer.previousAnswerHash ? [offer.previousAnswerHash] : []),
  );

/** The answer preimage: the bytes that the callee signs with RSA-SHA256. */
export const answerTranscript = (answer: AnswerTranscript): Uint8Array =>
  preimage(
    'CSL1 answer',
    answer.offerHash,
    answer.calleeCertificate,
    answer.calleeInfo1,
    answer.calleeMedia,
  );

/** Whether a signature over a preimage was made by the certificate's key; says nothing of the certificate itself. */
export const verifySignature = (
  certificate: Certificate,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean =>
  certificate.publicKey.algorithm === 'rsa' &&
  verifyRsaSha256(certificate.publicKey, signed, signature);
