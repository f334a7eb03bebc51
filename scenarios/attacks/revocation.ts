import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import type { RevocationSteps } from '../conformity/activities/revocation-evidence.ts';
import { onRevocation, revocationPath } from '../conformity/views/revocation-view.ts';
import { worst } from '../conformity/views/worst.ts';

const path = `${revocationPath}/steps.json`;

/** Codes by which an appliance says that revocation was the reason. */
const reasons = ['sip/revoked', 'sip/blocked', 'tls/handshake'];

/** What a call to somebody who is not registered ends with (RFC 3261 sections 21.4.5 and 21.4.18). */
const unreachable = ['sip/480', 'sip/404', 'sip/403'];

type Attempt = RevocationSteps['after']['registration'];

const judgeAttempt = (when: string, { outcome, refusals }: Attempt): Finding | null => {
  const observed = `${outcome}; logged: ${refusals.join(', ') || 'nothing'}`;
  if (outcome === 'registered')
    return fail(`a revoked certificate registered ${when}`, 'refused', observed, [path]);
  const isRefused = ['tls-refused', 'closed', 'refused'].includes(outcome);
  if (isRefused && refusals.some((code) => reasons.includes(code))) return null;
  return inconclusive(`a revoked certificate was not refused for it ${when}: ${observed}`, [path]);
};

const judgeReach = ({ heard, endedBy }: RevocationSteps['after']['call']): Finding | null => {
  if (heard)
    return fail('a revoked user was called', 'not to be reached', 'a conversation', [path]);
  return unreachable.includes(endedBy ?? '')
    ? null
    : inconclusive(`the call to the revoked user ended otherwise: ${endedBy ?? 'no reason'}`, [
        path,
      ]);
};

const judgeNewSessions = onRevocation(({ steps }) => {
  const { before, after, released } = steps;
  if (before.registration.outcome !== 'registered')
    return inconclusive(
      'the control, the same certificate before its revocation, did not register',
      [path],
    );
  const bad = worst([
    judgeAttempt('after its revocation', after.registration),
    judgeReach(after.call),
    judgeAttempt('after the number was released', released.registrationWithOld),
  ]);
  if (bad) return bad;
  if (!released.call.heard)
    return inconclusive('the control, the released number with a new certificate, had no call', [
      path,
    ]);
  return pass(
    `the revoked certificate was refused (${after.registration.refusals.join(', ')}) and a call to its user ended with ${after.call.endedBy}; enrolled anew, the user had a call`,
    [path],
  );
});

const judgeEnrolment = onRevocation(({ steps }) => {
  const { after, released } = steps;
  if (after.enrolment === 'enrolled')
    return fail(
      'a revoked number was enrolled before an administrator released it',
      'no certificate',
      'a certificate',
      [path],
    );
  if (!released.call.heard)
    return inconclusive('the control, enrolment of the released number, led to no call', [path]);
  if (after.enrolment === 'deadline')
    return inconclusive('the enrolment of the revoked number got no answer', [path]);
  return pass(`the revoked number got no certificate (${after.enrolment}); released, it did`, [
    path,
  ]);
});

const base = {
  revision: 1,
  activities: ['revocation'],
  needs: ['call', 'revoke', 'refusal-log', 'export-stored-files'],
} as const;

/** What somebody can still do with a revoked certificate (catalogue X8, A3) and with the SIM card of its number (E12). */
export const revocationAttacks: readonly Scenario[] = [
  { ...base, id: 'attacks/X8/revoked-session', claims: ['4.d'], judge: judgeNewSessions },
  { ...base, id: 'attacks/E12/revoked-number', claims: ['4.b'], judge: judgeEnrolment },
];
