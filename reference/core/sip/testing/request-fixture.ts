import {
  makeRequest,
  parseMessage,
  replaceHeader,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../message/message.ts';
import {
  createRegistrarProxy,
  type RegistrarProxyConfig,
  type RegistrarProxyOutput,
} from '../proxy/registrar-proxy.ts';
import { createUserAgent, type UserAgentOutput } from '../user-agent/user-agent.ts';

export const ALICE = '+33612345678';
export const BOB = '+33687654321';
export const MALLORY = '+33600000666';

export const counter = (prefix: string) => {
  let count = 0;
  return () => `${prefix}${(count += 1)}`;
};

let branches = 0;
export const request = (
  method: string,
  changes: {
    readonly from?: string;
    readonly to?: string;
    readonly uri?: string;
    readonly callId?: string;
    readonly cseq?: string;
    readonly branch?: string;
  } = {},
): SipRequest =>
  makeRequest(method, changes.uri ?? `sip:${BOB}@example.com;transport=tls`, [
    ['Via', `SIP/2.0/TLS 10.0.1.1:4000;branch=${changes.branch ?? `z9hG4bKr${(branches += 1)}`}`],
    ['Max-Forwards', '70'],
    ['From', changes.from ?? `<sip:${ALICE}@example.com>;tag=alice`],
    ['To', changes.to ?? `<sip:${BOB}@example.com>`],
    ['Call-ID', changes.callId ?? 'call-1'],
    ['CSeq', changes.cseq ?? `1 ${method}`],
    ['Contact', `<sip:${ALICE}@10.0.1.1:4000;transport=tls>`],
  ]);

export const sentMessages = (outputs: readonly (RegistrarProxyOutput | UserAgentOutput)[]) =>
  outputs.flatMap((output): SipMessage[] => {
    if (output.kind !== 'send') return [];
    const parsed = parseMessage(output.bytes);
    if (!parsed.ok) throw new Error(parsed.error.code);
    return [parsed.value];
  });

export const responses = (outputs: readonly (RegistrarProxyOutput | UserAgentOutput)[]) =>
  sentMessages(outputs).filter((message): message is SipResponse => message.kind === 'response');

export const codes = (outputs: readonly (RegistrarProxyOutput | UserAgentOutput)[]) =>
  outputs.flatMap((output) => (output.kind === 'refused' ? [output.code] : []));

export const createPhone = () => {
  const agent = createUserAgent({
    number: BOB,
    domain: 'example.com',
    contact: `sip:${BOB}@10.0.1.2:4000;transport=tls`,
    random: counter('bob'),
  });
  const handle = (input: Parameters<typeof agent.handle>[0]) => agent.handle(input, 1000);
  handle({ kind: 'connection-up' });
  return {
    handle,
    /** What follows from a time, milliseconds; everything else happens at 1000. */
    at: (now: number) => agent.handle({ kind: 'tick' }, now),
    receive: (message: SipMessage | Uint8Array) => handle({ kind: 'message', message }),
  };
};

export const createProxy = (options: Partial<RegistrarProxyConfig> = {}) => {
  const proxy = createRegistrarProxy({
    domains: ['example.com'],
    host: '10.0.0.1',
    port: 5061,
    random: counter('p'),
    ...options,
  });
  const from = (commonName: string, message: SipMessage | Uint8Array, connection = commonName) =>
    proxy.handle(
      {
        kind: 'message',
        connection,
        peer: { commonName, address: '10.0.1.1', port: 4000 },
        message,
      },
      1000,
    );
  const register = (number: string) =>
    from(
      number,
      replaceHeader(
        request('REGISTER', {
          uri: 'sip:example.com',
          from: `<sip:${number}@example.com>;tag=r`,
          to: `<sip:${number}@example.com>`,
        }),
        'Contact',
        `<sip:${number}@10.0.1.9:4000;transport=tls>`,
      ),
    );
  return { proxy, from, register };
};
