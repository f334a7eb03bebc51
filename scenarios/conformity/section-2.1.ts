import { equal } from '../../reference/core/bytes.ts';
import { issuedBy } from '../../reference/core/pki/certificate.ts';
import { fail, inconclusive, pass, type Scenario } from '../campaign/scenario.ts';
import {
  callActivity,
  establishedSessions,
  incompleteness,
  onCapture,
  type CaptureView,
} from './views/capture-view.ts';
import { certificateOfBase64, certificateOfPem } from './views/certificates.ts';
import { onEnrolments } from './views/enrolment-view.ts';
import { onExchange } from './views/exchange-view.ts';

/** Client, signalling server, certification authority and registration authority, each seen at work. */
const judgeComponents = onEnrolments(({ enrolments, facts, topology, path }) => {
  const authority = certificateOfPem(topology.trust.clientAuthority);
  if (!authority)
    return inconclusive('the client authority’s certificate is not among the evidence');
  const foreign = enrolments.find(({ chain }) => !chain[0] || !issuedBy(chain[0], authority));
  if (foreign)
    return fail(
      `the certificate of ${foreign.number} is from elsewhere`,
      'certificates issued by the certification authority through the registration service',
      'another issuer',
      [path],
    );
  const registrations = facts.sipMessages.filter(
    ({ message, to }) =>
      message.kind === 'request' && message.method === 'REGISTER' && to.port === topology.sip.port,
  );
  if (registrations.length === 0)
    return inconclusive('no REGISTER to the signalling server in the capture', [path]);
  return pass(
    `${enrolments.length} clients were certified by the client authority through the registration web service and registered at the signalling server`,
    [path],
  );
});

const judgeTerminals = onExchange(({ caller, callee, offer, answer, path }) => {
  for (const [leg, side] of [
    [caller, offer],
    [callee, answer],
  ] as const) {
    if (!leg.session.clientCertificateVerify)
      return inconclusive(`no CertificateVerify of ${leg.number} in the capture`, [path]);
    if (!equal(leg.certificate.der, side.certificate.der))
      return fail(
        `${leg.number} shows the server and the peer different certificates`,
        'one certificate for both',
        'two certificates',
        [path],
      );
    if (!side.signatureHolds)
      return fail(
        `${leg.number} does not prove its key to its peer`,
        'a signature by its key',
        'none that verifies',
        [path],
      );
  }
  return pass(
    'both terminals proved the key of their certificate to the server (TLS CertificateVerify) and to each other (X-CSL signature)',
    [path],
  );
});

/** Nothing of a service's protocol may be readable anywhere, and the protocol must be seen inside TLS. */
const nothingInClear = (
  { facts, path }: CaptureView,
  protocol: 'SIP' | 'HTTP',
  service: 'sip' | 'registration',
) => {
  const clear = protocol === 'SIP' ? facts.clearSip : facts.clearHttp;
  const [first] = clear;
  if (first)
    return fail(
      `${protocol} in clear from ${first.from.host}:${first.from.port} to ${first.to.host}:${first.to.port}`,
      `no ${protocol} in clear`,
      first.line,
      [path],
    );
  const inside = (protocol === 'SIP' ? facts.sipMessages : facts.httpMessages).length;
  const sessions = establishedSessions(facts, service).length;
  if (sessions === 0 || inside === 0)
    return inconclusive(`no ${protocol} inside TLS in the capture`, [path]);
  const incomplete = incompleteness(facts);
  if (incomplete !== null) return inconclusive(incomplete, [path]);
  return pass(`${inside} ${protocol} messages inside ${sessions} TLS sessions, none in clear`, [
    path,
  ]);
};

const judgeServers = ({ facts, topology, path }: CaptureView) => {
  const authority = certificateOfPem(topology.trust.serverAuthority);
  if (!authority)
    return inconclusive('the server authority’s certificate is not among the evidence');
  const sessions = [
    ...establishedSessions(facts, 'sip'),
    ...establishedSessions(facts, 'registration'),
  ];
  for (const session of sessions) {
    const leaf = certificateOfBase64(session.serverChain[0]);
    if (!leaf) return inconclusive('a server certificate is missing from the capture', [path]);
    if (!issuedBy(leaf, authority))
      return fail(
        `the server on port ${session.server.port} has a foreign certificate`,
        'a certificate of the server authority',
        'another issuer',
        [path],
      );
  }
  if (sessions.length === 0) return inconclusive('no established session in the capture', [path]);
  return pass(`${sessions.length} sessions with servers certified by the server authority`, [path]);
};

const base = { revision: 1, activities: [callActivity], needs: ['call'] } as const;

/** Section 2.1: general description. */
export const sectionTwoOne: readonly Scenario[] = [
  { ...base, id: '2.1/components', claims: ['2.1.a'], judge: judgeComponents },
  { ...base, id: '2.1/terminals-authenticate', claims: ['2.1.b'], judge: judgeTerminals },
  {
    ...base,
    id: '2.1/registration-inside-tls',
    claims: ['2.1.c', '6.2.e'],
    judge: onCapture((view) => nothingInClear(view, 'HTTP', 'registration')),
  },
  {
    ...base,
    id: '2.1/signalling-inside-tls',
    claims: ['2.1.d', '6.2.f', '2.1.h'],
    judge: onCapture((view) => nothingInClear(view, 'SIP', 'sip')),
  },
  {
    ...base,
    id: '2.1/servers-authenticate',
    claims: ['2.1.g'],
    judge: onCapture(judgeServers),
  },
];
