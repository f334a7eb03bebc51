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

/** An answer, the question and the time (milliseconds since 1970) that it is verified at. */
interface Answered {
  readonly response: BasicResponse;
  readonly question: OcspQuestion;
  readonly now: number;
}

/** One thing that must hold for an answer; the code says what does not. */
export interface OcspCheck {
  readonly code: OcspFaultCode;
  readonly check: (answered: Answered) => boolean;
}

const isAsked = (
  { certificateId }: SingleResponse,
  { issuer, serial }: Pick<OcspQuestion, 'issuer' | 'serial'>,
): boolean => isAbout(certificateId, issuer, serial);

const isOld = ({ producedAt, responses }: BasicResponse, earliest: number): boolean =>
  producedAt < earliest ||
  responses.some(({ nextUpdate }) => nextUpdate !== undefined && nextUpdate + 1000 <= earliest);

/** What is checked of an answer, in order: the first failure is the one named. Times are RFC 6960 section 3.2, points 5 and 6. */
export const ocspChecks: readonly OcspCheck[] = [
  {
    code: 'ocsp-responder',
    check: ({ response, question }) => isResponder(response, question.issuer),
  },
  {
    code: 'ocsp-responder-usage',
    check: ({ question }) => question.issuer.extensions.keyUsage?.has('digitalSignature') === true,
  },
  {
    code: 'ocsp-signature',
    check: ({ response, question }) => isSignedBy(response, question.issuer),
  },
  {
    code: 'ocsp-critical-extension',
    check: ({ response }) => response.unknownCritical.length === 0,
  },
  {
    code: 'ocsp-nonce',
    check: ({ response: { nonce }, question }) =>
      nonce !== undefined && equal(nonce, question.nonce),
  },
  {
    code: 'ocsp-certificate-id',
    check: ({ response: { responses }, question }) =>
      responses.length > 0 && responses.every((each) => isAsked(each, question)),
  },
  { code: 'ocsp-duplicate', check: ({ response }) => response.responses.length < 2 },
  {
    code: 'ocsp-not-yet-valid',
    check: ({ response: { producedAt, responses }, now }) =>
      [producedAt, ...responses.map(({ thisUpdate }) => thisUpdate)].every(
        (at) => at <= now + ocspClockTolerance,
      ),
  },
  {
    code: 'ocsp-stale',
    check: ({ response, now }) => !isOld(response, now - ocspClockTolerance),
  },
];

/**
 * Verifies an answer to a question at a time (milliseconds since 1970) and gives the certificate's status. Required are a
 * signature by the issuing authority itself (delegates are refused: the authorities of this system have none), the question's
 * nonce, and one entry, about the certificate asked for (RFC 6960 section 3.2, RFC 8954); `checks` are all of them unless given. Total.
 */
export const verifyOcspResponse = (
  der: Uint8Array,
  question: OcspQuestion,
  now: number,
  checks: readonly OcspCheck[] = ocspChecks,
): Result<OcspStatus, Failure> => {
  const parsed = parseOcspResponse(der);
  if (!parsed.ok) return parsed;
  if (parsed.value.kind === 'error') return fault('ocsp-error', -1, parsed.value.error);
  const { response } = parsed.value;
  const failed = checks.find(({ check }) => !check({ response, question, now }));
  if (failed?.code === 'ocsp-critical-extension')
    return fault(failed.code, -1, response.unknownCritical[0]);
  if (failed) return fault(failed.code);
  const [first] = response.responses;
  return first ? ok(first.status) : fault('ocsp-certificate-id');
};
