import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { concat, latin1, utf8 } from '../../reference/core/bytes.ts';
import type { Endpoint } from '../../simulators/attackers/endpoint.ts';
import type { ClientIdentity } from '../../simulators/attackers/tls-client/client-model.ts';
import { endingOf, helloFor, talk, wantedProfile, type ProbeContext } from './context.ts';
import type { HandshakeFacts, ProbedService } from './facts-model.ts';

const nothing = new Uint8Array(0);
const longestLine = 200;

const optionsRequest = (host: string, transport: 'TLS' | 'TCP'): string => {
  const token = (): string => randomBytes(8).toString('hex');
  const secure = transport === 'TLS' ? ';transport=tls' : '';
  return [
    `OPTIONS sip:${host}${secure} SIP/2.0`,
    `Via: SIP/2.0/${transport} probe.invalid;rport;branch=z9hG4bK${token()}`,
    'Max-Forwards: 70',
    `From: <sip:probe@probe.invalid>;tag=${token()}`,
    `To: <sip:${host}>`,
    `Call-ID: ${token()}@probe.invalid`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
};

/** A harmless request of the service's own protocol, for inside TLS or in clear. */
export const serviceRequest = (
  service: ProbedService,
  endpoint: Endpoint,
  transport: 'TLS' | 'TCP',
): Uint8Array => {
  const name = isIPv6(endpoint.host) ? `[${endpoint.host}]` : endpoint.host;
  const host = `${name}:${endpoint.port}`;
  return utf8(
    service === 'sip'
      ? optionsRequest(host, transport)
      : `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  );
};

/** Completes the right profile with an identity or without one, and sends the service's request inside. */
export const tryHandshake = async (
  context: ProbeContext,
  service: ProbedService,
  identity: ClientIdentity | null,
): Promise<HandshakeFacts> => {
  let answer: Uint8Array = nothing;
  const request = serviceRequest(service, context.endpoint, 'TLS');
  const conversation = await talk(
    context,
    { hello: helloFor(context, wantedProfile), ...(identity ? { identity } : {}) },
    (event, client) => {
      if (event.kind === 'established')
        return client.say({ kind: 'application-data', bytes: request });
      if (event.kind !== 'application-data') return nothing;
      answer = concat(answer, event.bytes);
      return answer.includes(10) || answer.length > longestLine ? 'done' : nothing;
    },
  );
  const [line = ''] = latin1(answer.subarray(0, longestLine)).split(/\r?\n/);
  return {
    established: conversation?.events.some(({ kind }) => kind === 'established') ?? false,
    certificateRequested: (conversation?.seen.certificateRequest ?? null) !== null,
    ending: endingOf(conversation),
    answerLine: answer.length === 0 ? null : line.replaceAll(/[^\x20-\x7e]/g, '?'),
  };
};
