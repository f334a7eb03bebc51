import { equal, fromBase64 } from '../../reference/core/bytes.ts';
import { parsePem } from '../../reference/core/keystore/pem.ts';
import { issuedBy } from '../../reference/core/pki/certificate.ts';
import { verifyChain } from '../../reference/core/pki/chain.ts';
import { header } from '../../reference/core/sip/message/message.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import type { ClearTextFacts, TlsSessionFacts } from '../wire/facts-model.ts';
import { isNamed, isSuccessOf } from './views/call-view.ts';
import {
  callActivity,
  establishedSessions,
  incompleteness,
  losses,
  messagesIn,
  onCapture,
  unknownSession,
  type CaptureView,
  type Service,
} from './views/capture-view.ts';
import { certificateOfPem, usersOf } from './views/certificates.ts';
import { everyClient } from './views/client-authentication.ts';
import { onEnrolments, type EnrolmentView } from './views/enrolment-view.ts';
import { onSigned } from './views/signed-view.ts';
import { worst } from './views/worst.ts';

const judgeIssuers = ({ enrolments, topology, path }: EnrolmentView): Finding | null => {
  const authority = certificateOfPem(topology.trust.clientAuthority);
  if (!authority)
    return inconclusive('the client authority’s certificate is not among the evidence');
  return worst(
    enrolments.flatMap(({ number, deliveries }) =>
      deliveries.map(({ chain: [leaf] }) => {
        if (!leaf) return inconclusive(`the certificate given to ${number} cannot be read`, [path]);
        if (issuedBy(leaf, authority) && isNamed(leaf, number)) return null;
        return fail(
          `the certificate given to ${number} is not its own or from elsewhere`,
          'certificates with the number, issued by the certification authority',
          'another issuer or name',
          [path],
        );
      }),
    ),
  );
};

/** Client, signalling server, certification authority and registration authority, each seen at work. */
const judgeComponents = onEnrolments((view) => {
  const { enrolments, facts, topology, path } = view;
  const bad = judgeIssuers(view);
  if (bad) return bad;
  const absent = usersOf(topology).find(
    ({ number }) =>
      !facts.sipMessages.some(
        (entry) =>
          isSuccessOf(entry, 'REGISTER') &&
          (header(entry.message, 'To') ?? '').includes(`:${number}@`),
      ),
  );
  if (absent)
    return inconclusive(`the capture shows no registration of ${absent.number} that succeeded`, [
      path,
    ]);
  return pass(
    `${enrolments.length} clients were certified by the client authority through the registration web service, and both users registered at the signalling server`,
    [path],
  );
});

const judgeTerminals = onSigned(
  (view) => {
    const { caller, callee, offer, answer, path } = view;
    const sides = [
      [caller, offer],
      [callee, answer],
    ] as const;
    const toPeers = sides.map(([leg, side]) => {
      if (!equal(leg.certificate.der, side.certificate.der))
        return fail(
          `${leg.number} shows the server and the peer different certificates`,
          'one certificate for both',
          'two certificates',
          [path],
        );
      return side.signatureHolds
        ? null
        : fail(
            `${leg.number} does not prove its key to its peer`,
            'a signature by its key',
            'none that verifies',
            [path],
          );
    });
    const bad = worst([...toPeers, everyClient(view)]);
    return (
      bad ??
      pass(
        'both terminals proved the key of their certificate to the server (TLS CertificateVerify) and to each other (X-CSL signature)',
        [path],
      )
    );
  },
  { fromOneSide: true },
);

const clearLine = (
  { from, to, line }: ClearTextFacts,
  protocol: string,
  { path, topology }: CaptureView,
): Finding => {
  const reason = `${protocol} in clear from ${from.host}:${from.port} to ${to.host}:${to.port}`;
  // Others may fetch revocation lists or pages in clear; what is said to the registration server may not be.
  const concerned =
    protocol === 'SIP' || [from, to].some(({ host }) => host === topology.registration.host);
  return concerned
    ? fail(reason, `no ${protocol} in clear`, line, [path])
    : inconclusive(`${reason}, and whose it is cannot be told: ${line}`, [path]);
};

const judgeInside = (
  session: TlsSessionFacts,
  index: number,
  service: Service,
  { facts, path }: CaptureView,
): Finding | null => {
  const name = `the ${service} session of ${session.client.host}:${session.client.port}`;
  if (session.decrypted !== 'yes')
    return inconclusive(`${name} was not decrypted (${session.decrypted})`, [path]);
  return messagesIn(facts, index, service) > 0
    ? null
    : inconclusive(`${name} carries nothing that could be read`, [path]);
};

/** Nothing of a service's protocol may be readable anywhere, and all that its sessions carry must be seen to be that protocol. */
const nothingInClear = (view: CaptureView, protocol: 'SIP' | 'HTTP', service: Service): Finding => {
  const { facts, path } = view;
  const clear = protocol === 'SIP' ? facts.clearSip : facts.clearHttp;
  const sessions = establishedSessions(facts, service);
  const bad = worst([
    ...clear.map((entry) => clearLine(entry, protocol, view)),
    ...sessions.map((session) =>
      judgeInside(session, facts.tlsSessions.indexOf(session), service, view),
    ),
  ]);
  if (bad) return bad;
  if (sessions.length === 0)
    return inconclusive(`no ${protocol} inside TLS in the capture`, [path]);
  const unseen = incompleteness(view) ?? unknownSession(view);
  if (unseen !== null) return inconclusive(unseen, [path]);
  return pass(`${sessions.length} TLS sessions carry ${protocol} and nothing else, none in clear`, [
    path,
  ]);
};

const judgeServer = (session: TlsSessionFacts, view: CaptureView): Finding | null => {
  const { path, topology, facts } = view;
  const name = `the server on port ${session.server.port}`;
  const [text] = session.serverChain;
  const leaf = text === undefined ? null : fromBase64(text);
  const authority = parsePem(topology.trust.serverAuthority, 'CERTIFICATE');
  const root = parsePem(topology.trust.root, 'CERTIFICATE');
  if (!authority.ok || !root.ok || facts.startedAt === null)
    return inconclusive('the authorities’ certificates or the time are not among the evidence');
  if (!leaf?.ok) return inconclusive(`no certificate of ${name} in the capture`, [path]);
  const chain = verifyChain(
    { kind: 'server', leaf: leaf.value, authority: authority.value, root: root.value },
    facts.startedAt,
  );
  return chain.ok
    ? null
    : fail(
        `${name} has a foreign or unfit certificate`,
        'a certificate for servers that leads to the server authority and the root',
        chain.error.code,
        [path],
      );
};

const judgeServers = (view: CaptureView): Finding => {
  const { facts, path } = view;
  const services = ['sip', 'registration'] as const;
  const sessions = services.flatMap((service) => establishedSessions(facts, service));
  const bad = worst(sessions.map((session) => judgeServer(session, view)));
  if (bad) return bad;
  const absent = services.find((service) => establishedSessions(facts, service).length === 0);
  if (absent) return inconclusive(`no established ${absent} session in the capture`, [path]);
  const lost = losses(view);
  if (lost !== null) return inconclusive(lost, [path]);
  return pass(`${sessions.length} sessions with servers certified by the server authority`, [path]);
};

const base = { revision: 2, activities: [callActivity], needs: ['call'] } as const;

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
