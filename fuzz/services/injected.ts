import type { FastifyInstance } from 'fastify';
import type { ServiceAnswer, ServiceRequest } from './contract.ts';

/** Hands a request to an application without a socket. */
export const injected = async (
  app: FastifyInstance,
  { method, url, headers, body }: ServiceRequest,
): Promise<Pick<ServiceAnswer, 'status' | 'headers' | 'text'>> => {
  const answer = await app.inject({
    method,
    url,
    headers,
    ...(body === null ? {} : { payload: Buffer.from(body, 'latin1') }),
  });
  const given = Object.entries(answer.headers).map(
    ([name, value]) => [name, [value].flat().join('\n')] as const,
  );
  return { status: answer.statusCode, headers: Object.fromEntries(given), text: answer.body };
};
