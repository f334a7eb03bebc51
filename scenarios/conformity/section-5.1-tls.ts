import { exactTlsProfile } from '../../reference/core/tls/profile.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import type { TlsSessionFacts } from '../wire/facts-model.ts';
import { versionName } from '../wire/tls/tls-facts.ts';
import {
  callActivity,
  establishedSessions,
  losses,
  onCapture,
  unknownSession,
  type CaptureView,
  type Service,
} from './views/capture-view.ts';
import { worst } from './views/worst.ts';

/** DHE-RSA-AES256-GCM-SHA384. */
const [wantedSuite] = exactTlsProfile.suites;

/** One property that every established session must show. */
export interface SessionCheck {
  readonly expected: string;
  /** What a session shows, or null where the capture does not show it. */
  readonly observed: (session: TlsSessionFacts) => string | null;
  readonly unseen: string;
  /** What is no failure but should be known; null where there is nothing. */
  readonly doubt?: (session: TlsSessionFacts) => string | null;
}

/** Judges one session by one property; null where it is as expected. */
export const judgeSession = (
  session: TlsSessionFacts,
  { expected, observed, unseen, doubt }: SessionCheck,
  path: string,
): Finding | null => {
  const { client, server, renegotiation } = session;
  const name = `the session of ${client.host}:${client.port} to port ${server.port}`;
  const seen = observed(session);
  if (seen === null) return inconclusive(`${name}: ${unseen}`, [path]);
  if (seen !== expected) return fail(`${name} differs`, expected, seen, [path]);
  if (renegotiation)
    return inconclusive(`${name} was renegotiated, to what the capture does not show`, [path]);
  const reason = doubt?.(session) ?? null;
  return reason === null
    ? null
    : { kind: 'warn', reason: `${name}: ${reason}`, expected, observed: seen, evidence: [path] };
};

/** Every established session of the service must show what is expected; none at all is inconclusive, and so is a capture that may lack one. */
const everySession =
  (service: Service, check: SessionCheck) =>
  (view: CaptureView): Finding => {
    const { facts, path } = view;
    const sessions = establishedSessions(facts, service);
    if (sessions.length === 0)
      return inconclusive(`no established ${service} session in the capture`, [path]);
    const findings = sessions.map((session) => judgeSession(session, check, path));
    const bad = worst(findings.filter((finding) => finding?.kind !== 'warn'));
    if (bad) return bad;
    const unseen = losses(view) ?? unknownSession(view);
    if (unseen !== null) return inconclusive(unseen, [path]);
    return (
      worst(findings) ??
      pass(`${check.expected} in ${sessions.length} established sessions`, [path])
    );
  };

/** TLS 1.2 (RFC 5246). */
export const version: SessionCheck = {
  expected: 'TLS 1.2',
  observed: (session) => (session.version === null ? null : versionName(session.version)),
  unseen: 'the capture lacks its ServerHello',
};

/** DHE-RSA-AES256-GCM-SHA384. */
export const suite: SessionCheck = {
  expected: wantedSuite?.name ?? '',
  observed: ({ suite: number, suiteName }) => {
    if (number === null) return null;
    const code = `0x${number.toString(16).padStart(4, '0')}`;
    return number === wantedSuite?.code ? wantedSuite.name : `${code} (${suiteName ?? 'no name'})`;
  },
  unseen: 'the capture lacks its ServerHello',
};

/** A Diffie-Hellman modulus of 2048 bits. */
export const modulus: SessionCheck = {
  expected: '2048 bits',
  observed: ({ dh, suite: number, resumed }) => {
    if (dh) return `${dh.bits} bits`;
    const isDhe = number === wantedSuite?.code;
    return resumed || isDhe || number === null ? null : 'no finite-field Diffie-Hellman';
  },
  unseen: 'the capture lacks its ServerKeyExchange, as in a resumed session',
  doubt: ({ dh }) =>
    dh?.group === null
      ? 'the modulus is of no published group, and whether it is a safe prime was not examined'
      : null,
};

const tlsScenario = (
  id: string,
  claims: readonly string[],
  service: Service,
  check: SessionCheck,
): Scenario => ({
  id,
  revision: 2,
  claims,
  activities: [callActivity],
  needs: ['call'],
  judge: onCapture(everySession(service, check)),
});

/** Section 5.1: TLS; the version is asked by section 6.2 too. */
export const tlsScenarios: readonly Scenario[] = [
  tlsScenario('5.1/sip-tls/version', ['5.1.a', '6.2.f'], 'sip', version),
  tlsScenario('5.1/sip-tls/suite', ['5.1.b'], 'sip', suite),
  tlsScenario('5.1/sip-tls/modulus', ['5.1.c'], 'sip', modulus),
  tlsScenario('5.1/registration-tls/version', ['5.1.d', '6.2.e'], 'registration', version),
  tlsScenario('5.1/registration-tls/suite', ['5.1.e'], 'registration', suite),
  tlsScenario('5.1/registration-tls/modulus', ['5.1.f'], 'registration', modulus),
];
