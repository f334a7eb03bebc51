import { equal } from '../bytes.ts';
import { verifyRsaSha256 } from '../primitives/rsa.ts';
import { sha256WithRsa, type Certificate } from './certificate.ts';
import { derAlgorithm } from './der-write.ts';

/** DER of the AlgorithmIdentifier of sha256WithRSAEncryption with its NULL (RFC 4055 section 5). */
export const sha256WithRsaDer = derAlgorithm(sha256WithRsa);

/** What is signed, with which algorithm, and the signature; all as read. */
export interface SignedBytes {
  readonly tbs: Uint8Array;
  /** DER of the AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether the algorithm is sha256WithRSAEncryption and the signature is by this certificate's key. */
export const isSignedBy = (signed: SignedBytes, { publicKey }: Certificate): boolean =>
  equal(signed.algorithm, sha256WithRsaDer) &&
  publicKey.algorithm === 'rsa' &&
  verifyRsaSha256(publicKey, signed.tbs, signed.signature);
