import { equal } from '../bytes.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';
import { keyIdentifierOf, type Certificate } from './certificate.ts';
import { isAbout } from './ocsp-certificate-id.ts';
import type { OcspQuestion } from './ocsp-request.ts';
import type { OcspStatus } from './ocsp-response.ts';
import {
  parseOcspResponse,
  type BasicResponse,
  type OcspResponseFormCode,
  type SingleResponse,
} from './ocsp-response-form.ts';
import { isSignedBy } from './signed-object.ts';

/** How far the clocks of asker and responder may be apart, in milliseconds (as I-2 allows). */
export const ocspClockTolerance = 300_000;

/** Why an answer tells nothing: no call on any of them (I-7). */
export type OcspFaultCode =
  | OcspResponseFormCode
  | 'ocsp-error'
  | 'ocsp-responder'
  | 'ocsp-responder-usage'
  | 'ocsp-signature'
  | 'ocsp-critical-extension'
  | 'ocsp-nonce'
  | 'ocsp-certificate-id'
  | 'ocsp-duplicate'
  | 'ocsp-not-yet-valid'
  | 'ocsp-stale';

type Failure = Fault<OcspFaultCode>;

const isResponder = ({ responder }: BasicResponse, issuer: Certificate): boolean =>
  responder.by === 'name'
    ? equal(responder.value, issuer.subject)
    : equal(responder.value, keyIdentifierOf(issuer));

const checkSigner = (response: BasicResponse, issuer: Certificate): OcspFaultCode | undefined => {
  if (!isResponder(response, issuer)) return 'ocsp-responder';
  if (issuer.extensions.keyUsage?.has('digitalSignature') !== true) return 'ocsp-responder-usage';
  return isSignedBy(response, issuer) ? undefined : 'ocsp-signature';
};

/** RFC 6960 section 3.2, points 5 and 6. */
const checkTimes = (
  { producedAt }: BasicResponse,
  { thisUpdate, nextUpdate }: SingleResponse,
  now: number,
): OcspFaultCode | undefined => {
  const latest = now + ocspClockTolerance;
  if (producedAt > latest || thisUpdate > latest) return 'ocsp-not-yet-valid';
  const isOld =
    producedAt < now - ocspClockTolerance ||
    (nextUpdate !== undefined && nextUpdate + 1000 <= now - ocspClockTolerance);
  return isOld ? 'ocsp-stale' : undefined;
};

/**
 * Verifies an answer to a question at a time (milliseconds since 1970) and gives the certificate's status. Required are a
 * signature by the issuing authority itself (delegates are refused: the authorities of this system have none), the question's
 * nonce, and one entry, about the certificate asked for (RFC 6960 section 3.2, RFC 8954). Total.
 */
export const verifyOcspResponse = (
  der: Uint8Array,
  question: OcspQuestion,
  now: number,
): Result<OcspStatus, Failure> => {
  const parsed = parseOcspResponse(der);
  if (!parsed.ok) return parsed;
  if (parsed.value.kind === 'error') return fault('ocsp-error', -1, parsed.value.error);
  const { response } = parsed.value;
  const signer = checkSigner(response, question.issuer);
  if (signer !== undefined) return fault(signer);
  const [unknown] = response.unknownCritical;
  if (unknown !== undefined) return fault('ocsp-critical-extension', -1, unknown);
  if (response.nonce === undefined || !equal(response.nonce, question.nonce))
    return fault('ocsp-nonce');
  const isAsked = ({ certificateId }: SingleResponse): boolean =>
    isAbout(certificateId, question.issuer, question.serial);
  const [first, ...others] = response.responses;
  if (!first || !response.responses.every(isAsked)) return fault('ocsp-certificate-id');
  if (others.length > 0) return fault('ocsp-duplicate');
  const time = checkTimes(response, first, now);
  return time === undefined ? ok(first.status) : fault(time);
};
