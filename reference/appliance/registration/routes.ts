import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { toPem } from '../../core/keystore/pem.ts';
import { parseCertificate } from '../../core/pki/certificate.ts';
import { serialText } from '../../core/pki/serial.ts';
import type { Result } from '../../core/result.ts';
import type { Authorities } from '../authorities/authorities.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import type { EnrolmentRefusal } from '../enrolment/refusal.ts';
import type { NewCertificate } from '../store/contract.ts';
import { answerHttpError, answerRefusal, type Report } from './answers.ts';
import type { PresentedCheck } from './presented-certificate.ts';
import { readBySchema } from '../../core/read-by-schema.ts';

const enrolmentBody = z.strictObject({ number: z.string().max(32), csr: z.string().max(8192) });
const certificateBody = z.strictObject({ token: z.string().regex(/^[0-9]{6}$/) });
const certificateParams = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/) });
const renewalBody = z.strictObject({ csr: z.string().max(8192) });

const renewalPath = '/v1/renewals';

/** What the store records of a certificate that an authority made (DER). Throws when it cannot be read: a fault of the authority. */
export const describeCertificate = (der: Uint8Array): NewCertificate => {
  const parsed = parseCertificate(der);
  if (!parsed.ok) throw new Error(`issued certificate: ${parsed.error.code}; this is a fault`);
  const { serial, publicKey, notAfter } = parsed.value;
  return { serial: serialText(serial), der, publicKey: publicKey.spki, notAfter };
};

/** What the routes work with. */
export interface RouteParts {
  readonly enrolment: Enrolment;
  readonly authorities: Pick<Authorities, 'clientAuthority'>;
  readonly presented: PresentedCheck;
  readonly report: Report;
}

/** The chain without the root: a phone has its own and must not take one from the network. */
const answerCertificate = (
  reply: FastifyReply,
  outcome: Result<Uint8Array, EnrolmentRefusal>,
  subject: string,
  { authorities, report }: RouteParts,
): FastifyReply =>
  outcome.ok
    ? reply
        .code(201)
        .type('application/pem-certificate-chain')
        .send(toPem('CERTIFICATE', outcome.value) + authorities.clientAuthority.pem)
    : answerRefusal(reply, outcome.error, subject, report);

/** Whoever presents a certificate that may not be used gets nothing, whatever he asks (I-7). */
const addPresentedCheck = (app: FastifyInstance, { presented, report }: RouteParts): void => {
  app.addHook('onRequest', async (request, reply) => {
    const found = presented(request.raw);
    if (found.kind === 'none' || found.kind === 'good') return;
    if (found.kind === 'superseded' && request.url === renewalPath) return;
    const reason = found.kind === 'superseded' ? 'revoked' : found.reason;
    const code = `certificate/${reason}`;
    report(code, found.kind === 'superseded' ? `certificate ${found.certificate.serial}` : '');
    await reply
      .code(403)
      .send({ error: code, message: `the client certificate presented is ${reason}` });
  });
};

const renew = async (
  request: FastifyRequest,
  reply: FastifyReply,
  parts: RouteParts,
): Promise<FastifyReply> => {
  const found = parts.presented(request.raw);
  if (found.kind !== 'good' && found.kind !== 'superseded') {
    parts.report('renewal/no-certificate', '');
    const message = 'a renewal needs the valid client certificate in the TLS handshake';
    return reply.code(401).send({ error: 'renewal/no-certificate', message });
  }
  const body = readBySchema(renewalBody, request.body);
  if (!body.success) return answerHttpError(reply, 400, parts.report);
  const { certificate } = found;
  const outcome = await parts.enrolment.renew(certificate, body.data.csr, request.ip);
  return answerCertificate(reply, outcome, `renewal of ${certificate.serial}`, parts);
};

/** Adds the resources of I-6. */
export const addRoutes = (app: FastifyInstance, parts: RouteParts): void => {
  const { enrolment, report } = parts;
  addPresentedCheck(app, parts);

  app.post('/v1/enrolments', async (request, reply) => {
    const body = readBySchema(enrolmentBody, request.body);
    if (!body.success) return answerHttpError(reply, 400, report);
    const { number, csr } = body.data;
    const outcome = await enrolment.request(number, csr, request.ip);
    return outcome.ok
      ? reply.code(202).send({ id: outcome.value.id })
      : answerRefusal(reply, outcome.error, JSON.stringify(number), report);
  });

  app.post('/v1/enrolments/:id/certificate', async (request, reply) => {
    const params = readBySchema(certificateParams, request.params);
    if (!params.success) return answerHttpError(reply, 404, report);
    const body = readBySchema(certificateBody, request.body);
    if (!body.success) return answerHttpError(reply, 400, report);
    const { id } = params.data;
    const outcome = await enrolment.certificate(id, body.data.token, request.ip);
    return answerCertificate(reply, outcome, `enrolment ${id}`, parts);
  });

  app.post(renewalPath, (request, reply) => renew(request, reply, parts));
};
