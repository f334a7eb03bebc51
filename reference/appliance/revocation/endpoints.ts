import type { FastifyInstance, FastifyReply } from 'fastify';
import { ocspRequestLimits } from '../../core/pki/ocsp-request.ts';
import type { Revocation } from './revocation.ts';

const ocspRequestType = 'application/ocsp-request';
const ocspResponseType = 'application/ocsp-response';

/** The longest request that is read from a path, in characters of base64. */
const longestPath = 4096;

/** What the endpoints give out. */
export type PublishedRevocation = Pick<Revocation, 'list' | 'ocsp'>;

const authorities = ['client', 'server', 'root'] as const;

/** Nobody between phone and appliance may keep an answer: each is for its own nonce and moment. */
const answerOcsp = async (
  reply: FastifyReply,
  revocation: PublishedRevocation,
  request: Uint8Array,
): Promise<FastifyReply> =>
  reply
    .type(ocspResponseType)
    .header('cache-control', 'no-store')
    .send(Buffer.from(await revocation.ocsp(request)));

/** The request in a path: base64, of which + / and = may be escaped (RFC 6960 appendix A.1); undefined where it is none. */
const requestInPath = (path: string): Uint8Array | undefined => {
  if (path.length > longestPath || !/^[A-Za-z0-9+/]+={0,2}$/.test(path)) return undefined;
  return new Uint8Array(Buffer.from(path, 'base64'));
};

/**
 * Adds `GET /v1/crl/{client,server,root}.crl` (RFC 5280 section 4.2.1.13: DER, `application/pkix-crl`) and OCSP by `POST /v1/ocsp`
 * and `GET /v1/ocsp/{base64}` (RFC 6960 appendix A) to a scope of the registration service. Anyone may ask. Errors go to the
 * service's own handlers.
 */
export const addRevocationEndpoints = (
  app: FastifyInstance,
  revocation: PublishedRevocation,
): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ocspRequestType,
    { parseAs: 'buffer', bodyLimit: ocspRequestLimits.bytes },
    (_request, body, done) => done(null, body),
  );
  for (const authority of authorities)
    app.get(`/v1/crl/${authority}.crl`, (_request, reply) => {
      const der = revocation.list(authority);
      if (der === undefined) return reply.callNotFound();
      return reply
        .type('application/pkix-crl')
        .header('cache-control', 'no-cache')
        .send(Buffer.from(der));
    });
  app.post('/v1/ocsp', (request, reply) =>
    Buffer.isBuffer(request.body)
      ? answerOcsp(reply, revocation, new Uint8Array(request.body))
      : reply.callNotFound(),
  );
  app.get<{ Params: { '*': string } }>('/v1/ocsp/*', (request, reply) => {
    const question = requestInPath(request.params['*']);
    return question === undefined ? reply.callNotFound() : answerOcsp(reply, revocation, question);
  });
};
