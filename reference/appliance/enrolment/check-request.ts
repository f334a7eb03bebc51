import { parseRequest } from '../../core/pki/request.ts';
import { ok, type Result } from '../../core/result.ts';
import { modulusOf } from '../store/modulus.ts';
import type { WeakKeyList } from './debian-weak-keys.ts';
import { findWeakness } from './key-checks.ts';
import { refuse, type EnrolmentRefusal } from './refusal.ts';
import { normaliseNumber } from './telephone-number.ts';

/** What remains of a request: only this is taken from it (I-6). */
export interface CheckedRequest {
  /** E.164, normalised; the request's CommonName. */
  readonly number: string;
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
}

/** The key of a request (PEM) for a number in its one spelling, after checking everything that I-6 and target 6.1 demand of it. */
export const checkRequest = (
  text: string,
  csr: string,
  weakKeys: WeakKeyList | undefined,
): Result<CheckedRequest, EnrolmentRefusal> => {
  const number = normaliseNumber(text);
  if (number === undefined) {
    return refuse('enrolment/number', 'the number must be + and up to 15 digits (E.164)');
  }
  const parsed = parseRequest(csr);
  if (!parsed.ok) {
    return refuse(
      'enrolment/request',
      `the certificate request is malformed (${parsed.error.code})`,
    );
  }
  const { commonName, publicKey, signatureAlgorithm, signatureValid } = parsed.value;
  if (signatureAlgorithm !== 'sha256WithRSAEncryption') {
    return refuse('enrolment/request-algorithm', 'the request must be signed with RSA and SHA-256');
  }
  if (publicKey.bits !== 2048 || publicKey.exponent !== 65_537n) {
    return refuse('enrolment/request-key', 'the key must be RSA, 2048 bits, exponent 65537');
  }
  if (!signatureValid) {
    return refuse('enrolment/proof-of-possession', 'the request is not signed by its own key');
  }
  if (commonName !== number) {
    return refuse('enrolment/common-name', 'the CommonName of the request must be the number');
  }
  const modulus = modulusOf(publicKey.spki);
  if (modulus === undefined) return refuse('enrolment/request-key', 'the key must be RSA');
  const weakness = findWeakness(modulus, weakKeys);
  return weakness === undefined
    ? ok({ number, publicKey: publicKey.spki })
    : refuse('enrolment/key-weak', `the key is weak (${weakness}); make a new one elsewhere`);
};
