import type { RevocationSteps } from '../../conformity/activities/revocation-evidence.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { inSteps, missingRevocation } from '../../testing/revocation-alterations.ts';

const session = 'attacks/X8/revoked-session';
const enrolment = 'attacks/E12/revoked-number';

type After = Partial<RevocationSteps['after']>;
type Released = Partial<RevocationSteps['released']>;

const after = (change: After) =>
  inSteps((steps) => ({ ...steps, after: { ...steps.after, ...change } }));
const released = (change: Released) =>
  inSteps((steps) => ({ ...steps, released: { ...steps.released, ...change } }));

const registered = { outcome: 'registered', refusals: [] };
const heard = { heard: true, endedBy: null };
const notHeard = { heard: false, endedBy: 'sip/480' };

/** What a revoked certificate, and its number, may still be good for. */
export const revocationAttackCases: readonly JudgeCase[] = [
  ...missingRevocation(session),
  failing(session, 'registered after it', /registered after/, after({ registration: registered })),
  failing(
    session,
    'registered after the release',
    /registered after the number was released/,
    released({ registrationWithOld: registered }),
  ),
  failing(session, 'a call to the revoked user', /was called/, after({ call: heard })),
  undecided(
    session,
    'a call that ended otherwise',
    /ended otherwise/,
    after({ call: { heard: false, endedBy: 'csl/time' } }),
  ),
  undecided(
    session,
    'closed for another reason',
    /was not refused for it/,
    after({ registration: { outcome: 'closed', refusals: ['sip/displaced'] } }),
  ),
  undecided(
    session,
    'closed and nothing logged',
    /was not refused for it/,
    after({ registration: { outcome: 'tls-refused', refusals: [] } }),
  ),
  undecided(
    session,
    'out of reach',
    /was not refused for it/,
    released({ registrationWithOld: { outcome: 'unreachable', refusals: ['sip/revoked'] } }),
  ),
  undecided(
    session,
    'a control that did not register',
    /the control, the same certificate/,
    inSteps((steps) => {
      const registration = { outcome: 'closed', refusals: [] };
      return { ...steps, before: { ...steps.before, registration } };
    }),
  ),
  undecided(session, 'no call after the release', /the control/, released({ call: notHeard })),
  ...missingRevocation(enrolment),
  failing(enrolment, 'enrolled', /was enrolled before/, after({ enrolment: 'enrolled' })),
  undecided(enrolment, 'no answer', /got no answer/, after({ enrolment: 'deadline' })),
  undecided(enrolment, 'no call after the release', /the control/, released({ call: notHeard })),
];
