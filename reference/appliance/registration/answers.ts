import type { FastifyReply } from 'fastify';
import type { EnrolmentRefusal, EnrolmentRefusalCode } from '../enrolment/refusal.ts';

/** Bytes of the largest body and of the largest head accepted, and milliseconds a client may take. */
export const limits = {
  body: 16_384,
  head: 8192,
  request: 10_000,
  handshake: 10_000,
  keepAlive: 5000,
  /** How often the times are looked at. */
  checking: 1000,
} as const;

/** Tells the appliance's log of a refusal; never a secret. */
export type Report = (code: string, detail: string) => void;

const statusOf: Record<EnrolmentRefusalCode, number> = {
  'enrolment/number': 400,
  'enrolment/request': 400,
  'enrolment/request-algorithm': 400,
  'enrolment/request-key': 400,
  'enrolment/key-weak': 400,
  'enrolment/key-known': 409,
  'enrolment/proof-of-possession': 400,
  'enrolment/common-name': 400,
  'enrolment/too-many-requests': 429,
  'enrolment/message-not-sent': 503,
  'enrolment/unknown': 404,
  'enrolment/token-expired': 410,
  'enrolment/token-dead': 410,
  'enrolment/token-wrong': 403,
  'renewal/refused': 403,
};

/** An error of the HTTP interface itself, as answered. */
interface HttpError {
  readonly code: string;
  readonly message: string;
}

const httpErrors: Record<number, HttpError> = {
  404: { code: 'http/not-found', message: 'no such resource' },
  408: { code: 'http/too-slow', message: 'the request came too slowly' },
  413: { code: 'http/too-large', message: `the body exceeds ${limits.body} bytes` },
  415: { code: 'http/media-type', message: 'the body must be application/json' },
  431: { code: 'http/head-too-large', message: `the head exceeds ${limits.head} bytes` },
  503: { code: 'service/unavailable', message: 'the service cannot work now; try again later' },
};

/** What is answered for an HTTP status that has no refusal of its own. */
export const httpErrorOf = (status: number): HttpError =>
  httpErrors[status] ??
  (status < 500
    ? { code: 'http/bad-request', message: 'the request is malformed' }
    : { code: 'http/internal', message: 'the service failed; try again later' });

export const answerHttpError = (
  reply: FastifyReply,
  status: number,
  report: Report,
  found = `HTTP ${status}`,
): FastifyReply => {
  const { code, message } = httpErrorOf(status);
  report(code, found);
  return reply.code(status).send({ error: code, message });
};

/** Answers a refusal of {@link EnrolmentRefusal}; `subject` is for the log. */
export const answerRefusal = (
  reply: FastifyReply,
  refusal: EnrolmentRefusal,
  subject: string,
  report: Report,
): FastifyReply => {
  report(refusal.code, subject);
  return reply.code(statusOf[refusal.code]).send({ error: refusal.code, message: refusal.message });
};
