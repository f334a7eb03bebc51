import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { all, withFacts, withoutCapture, type Alteration } from '../../testing/altered.ts';
import {
  furtherSession,
  httpBody,
  lastOf,
  responseOf,
  sessions,
  sip,
  decodedHeader,
  topologyOf,
  withoutSip,
} from '../../testing/altered-wire.ts';
import { toBase64 } from '../../../reference/core/bytes.ts';
import { callee, caller } from '../activities/basic-call.ts';
import { cut, dropped, hole, noSessions, undecrypted, unread } from './damage.ts';
import { certificatePem, foreignClient, foreignServer, sessionOf } from './forged.ts';

const flip = (bytes: Uint8Array): void => {
  bytes[100] = (bytes[100] ?? 0) ^ 1;
};

const clearLine = (list: 'clearSip' | 'clearHttp', line: string, host?: string): Alteration =>
  withFacts((facts, evidence) => ({
    ...facts,
    [list]: [
      {
        at: facts.startedAt ?? 0,
        from: { host: host ?? '127.0.0.1', port: 40_000 },
        to: { host: host ?? topologyOf(evidence).sip.host, port: 5060 },
        transport: 'udp' as const,
        line,
      },
    ],
  }));

/** The certificate given to the first phone that enrolled, another. */
const swappedCertificates: Alteration = (evidence) => {
  const wire = evidence.wire('call');
  const bodies =
    wire.kind === 'captured'
      ? wire.facts.httpMessages.filter(responseOf(201)).map(({ message }) => message.body)
      : [];
  const [first, second] = bodies.map((body) => new TextDecoder().decode(body));
  return httpBody(responseOf(201), (text) => (text === first ? second : first) ?? '')(evidence);
};

const components: readonly JudgeCase[] = [
  failing('2.1/components', 'certificates of a foreign authority', /not its own/, (evidence) => {
    const { number } = topologyOf(evidence).caller;
    const pem = certificatePem(foreignClient(evidence, number));
    return httpBody(responseOf(201), () => pem)(evidence);
  }),
  failing(
    '2.1/components',
    'each phone given the other’s certificate',
    /not its own/,
    swappedCertificates,
  ),
  undecided(
    '2.1/components',
    'no success of REGISTER',
    /no registration of/,
    withoutSip('200 REGISTER'),
  ),
  undecided(
    '2.1/components',
    'REGISTER of one phone refused',
    /no registration of/,
    withFacts((facts) => ({
      ...facts,
      sipMessages: facts.sipMessages.filter(({ message, session }) => {
        const last = facts.tlsSessions.findLastIndex(({ service }) => service === 'sip');
        return !(message.kind === 'response' && session === last && message.status === 200);
      }),
    })),
  ),
  undecided(
    '2.1/components',
    'a certificate that cannot be read',
    /cannot be read/,
    httpBody(responseOf(201), (text) => text.slice(40)),
  ),
  undecided('2.1/components', 'no keys of TLS', /no complete enrolment/, undecrypted),
];

const terminals: readonly JudgeCase[] = [
  failing(
    '2.1/terminals-authenticate',
    'a third client served without a certificate',
    /without (a certificate|proof of its key)$/,
    furtherSession('sip', { clientChain: [], clientCertificateVerify: false }),
  ),
  failing(
    '2.1/terminals-authenticate',
    'a callee served without CertificateVerify',
    /without (a certificate|proof of its key)$/,
    sessions(sessionOf(callee.number), { clientCertificateVerify: false }),
  ),
  failing(
    '2.1/terminals-authenticate',
    'another certificate in TLS',
    /different certificates/,
    (evidence) => {
      const { number } = topologyOf(evidence).callee;
      const chain = [toBase64(foreignClient(evidence, number))];
      return sessions(sessionOf(number), { clientChain: chain })(evidence);
    },
  ),
  failing(
    '2.1/terminals-authenticate',
    'a signature of the callee that does not verify',
    /does not prove its key to its peer/,
    sip('200 INVITE', 'both', decodedHeader('X-CSL-Info2', flip)),
  ),
  undecided(
    '2.1/terminals-authenticate',
    'a resumed session of the caller',
    /no decrypted connection of/,
    sessions(sessionOf(caller.number), {
      resumed: true,
      clientChain: [],
      clientCertificateVerify: false,
      serverChain: [],
    }),
  ),
  undecided(
    '2.1/terminals-authenticate',
    'a 200 never acknowledged',
    /the ACK to it/,
    withoutSip('ACK'),
  ),
  undecided('2.1/terminals-authenticate', 'a dropped packet', /lost 1/, dropped),
];

const insideCases = (
  id: string,
  service: 'sip' | 'registration',
  clear: Alteration,
): readonly JudgeCase[] => [
  failing(id, 'one start line in clear', /in clear from/, clear),
  failing(
    id,
    'a start line in clear in a capture with losses',
    /in clear from/,
    all(clear, dropped),
  ),
  undecided(id, 'no capture', /not captured/, withoutCapture('call')),
  undecided(id, 'no session of the service', /inside TLS/, noSessions(service)),
  undecided(id, 'no keys of TLS', /was not decrypted/, undecrypted),
  undecided(
    id,
    'one session of several not decrypted',
    /was not decrypted \(no-key\)/,
    furtherSession(service, { decrypted: 'no-key' }),
  ),
  undecided(
    id,
    'a session in which nothing was read',
    /nothing that could be read/,
    furtherSession(service, {}),
  ),
  undecided(id, 'a dropped packet', /lost 1/, dropped),
  undecided(id, 'a cut packet', /cut short/, cut),
  undecided(id, 'a hole', /holes/, hole),
  undecided(id, 'a fragment of IP', /could not be read: ip-fragment/, unread('ip-fragment')),
  undecided(
    id,
    'a TCP stream of unknown content',
    /could not be read: tcp stream/,
    unread('tcp stream of unknown content'),
  ),
  undecided(
    id,
    'other data inside TLS',
    /could not be read: tls application data/,
    unread('tls application data: sip/start-line'),
  ),
  undecided(id, 'SCTP', /ip protocol 132/, unread('ip protocol 132')),
  tolerated(
    id,
    'ICMP, ARP and an idle connection',
    /none in clear/,
    all(unread('ip protocol 1'), unread('ethertype 0x0806'), unread('tcp connection without data')),
  ),
];

const servers: readonly JudgeCase[] = [
  failing(
    '2.1/servers-authenticate',
    'a foreign certificate in the last registration session',
    /foreign or unfit certificate/,
    sessions(lastOf('registration'), () => ({ serverChain: [foreignServer()] })),
  ),
  failing(
    '2.1/servers-authenticate',
    'a user’s certificate shown by the SIP server',
    /foreign or unfit certificate/,
    sessions(lastOf('sip'), ({ clientChain }) => ({ serverChain: clientChain })),
  ),
  failing(
    '2.1/servers-authenticate',
    'a call at a time when the certificate is no longer valid',
    /foreign or unfit certificate/,
    withFacts((facts) => ({ ...facts, startedAt: Date.UTC(2200, 0) })),
  ),
  undecided(
    '2.1/servers-authenticate',
    'a session that shows no certificate',
    /no certificate of the server/,
    sessions(lastOf('registration'), { serverChain: [], resumed: true }),
  ),
  undecided(
    '2.1/servers-authenticate',
    'no SIP session',
    /no established sip session/,
    noSessions('sip'),
  ),
  undecided('2.1/servers-authenticate', 'a dropped packet', /lost 1/, dropped),
];

/** Section 2.1. */
export const insideTlsCases: readonly JudgeCase[] = [
  ...components,
  ...terminals,
  ...insideCases(
    '2.1/signalling-inside-tls',
    'sip',
    clearLine('clearSip', 'OPTIONS sip:x@192.0.2.1 SIP/2.0', '192.0.2.1'),
  ),
  ...insideCases(
    '2.1/registration-inside-tls',
    'registration',
    clearLine('clearHttp', 'POST /v1/enrolments HTTP/1.1'),
  ),
  undecided(
    '2.1/registration-inside-tls',
    'HTTP in clear between others',
    /whose it is cannot be told/,
    clearLine('clearHttp', 'GET /crl HTTP/1.1', '192.0.2.9'),
  ),
  ...servers,
];
