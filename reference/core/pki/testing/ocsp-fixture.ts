import { parseCertificate, type Certificate } from '../certificate.ts';
import {
  createOcspRequest,
  parseOcspRequest,
  type OcspQuestion,
  type OcspRequest,
} from '../ocsp-request.ts';
import {
  createOcspResponse,
  type OcspEntry,
  type OcspResponseOrder,
  type OcspStatus,
} from '../ocsp-response.ts';
import { verifyOcspResponse } from '../ocsp-verify.ts';
import { createTestHierarchy, testNow, type TestHierarchy } from './hierarchy.ts';

export const second = (time: number): number => Math.floor(time / 1000) * 1000;
export const serial = Uint8Array.of(0x90, 0x03);
export const nonce = new Uint8Array(32).fill(0x5a);
export const good: OcspStatus = { kind: 'good' };
export const gone = {
  kind: 'revoked',
  at: second(testNow),
  reason: 'keyCompromise',
} as const satisfies OcspStatus;

/** The certificate in these bytes. */
export const parsedCertificate = (der: Uint8Array): Certificate => {
  const result = parseCertificate(der);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

/** The request in these bytes. */
export const readRequest = (der: Uint8Array): OcspRequest => {
  const request = parseOcspRequest(der);
  if (!request.ok) throw new Error(`${request.error.code} at ${request.error.offset}`);
  return request.value;
};

/** A responder of the client authority, and a question about one certificate. */
export interface OcspFixture {
  readonly hierarchy: TestHierarchy;
  readonly issuer: Certificate;
  readonly question: OcspQuestion;
  /** An answer, good unless told, with parts of its order replaced. */
  readonly answer: (
    changes?: Partial<OcspResponseOrder>,
    status?: OcspStatus,
  ) => Promise<Uint8Array>;
  /** The status that is taken from an answer, or why none is. */
  readonly verdict: (der: Uint8Array, now?: number, asked?: OcspQuestion) => string;
}

export const entriesFor = (asked: OcspQuestion, status: OcspStatus): readonly OcspEntry[] =>
  readRequest(createOcspRequest(asked)).certificateIds.map((certificateId) => ({
    certificateId,
    status,
    thisUpdate: testNow,
  }));

export const createOcspFixture = async (): Promise<OcspFixture> => {
  const hierarchy = await createTestHierarchy();
  const issuer = parsedCertificate(hierarchy.clientAuthority.certificate);
  const question = { issuer, serial, nonce };
  return {
    hierarchy,
    issuer,
    question,
    answer: (changes = {}, status = good) =>
      createOcspResponse({
        responder: issuer,
        sign: hierarchy.clientAuthority.sign,
        producedAt: testNow,
        entries: entriesFor(question, status),
        nonce,
        ...changes,
      }),
    verdict: (der, now = testNow, asked = question) => {
      const verified = verifyOcspResponse(der, asked, now);
      return verified.ok ? verified.value.kind : verified.error.code;
    },
  };
};
