import { describe, expect, it } from 'vitest';
import { repertoire } from '../repertoire.ts';
import { withoutCapture } from '../testing/altered.ts';
import { needHosts } from '../testing/hosts.ts';
import { describeJudges, judgementOf, uncovered } from '../testing/judge-cases.ts';
import { evaluateReference } from '../testing/real-run.ts';
import { administrationAttackCases } from './testing/administration-cases.ts';
import { audioCases } from './testing/audio-cases.ts';
import { audioChangesActivity } from './activities/audio-evidence.ts';
import { audioChangeCases } from './testing/audio-change-cases.ts';
import { auditCases } from './testing/audit-cases.ts';
import { callCases } from './testing/call-cases.ts';
import { certificateCases } from './testing/certificate-cases.ts';
import { enrolmentAttackCases } from './testing/enrolment-cases.ts';
import { hostileCases } from './testing/hostile-cases.ts';
import { impostorCases } from './testing/impostor-cases.ts';
import { intruderCases } from './testing/intruder-cases.ts';
import { revocationAttackCases } from './testing/revocation-cases.ts';
import { scanCases } from './testing/scan-cases.ts';
import { serverCertificateCases } from './testing/server-certificate-cases.ts';
import { signallingCallCases } from './testing/signalling-call-cases.ts';
import { signallingCases } from './testing/signalling-cases.ts';
import { statusCases } from './testing/status-cases.ts';
import { storedCases } from './testing/stored-cases.ts';
import { tlsPhoneCases } from './testing/tls-phone-cases.ts';
import { tlsPortCases } from './testing/tls-port-cases.ts';
import { tlsSessionCases } from './testing/tls-session-cases.ts';

const scenarios = repertoire.scenarios.filter(
  ({ id }) => id.startsWith('attacks/') && !needHosts.has(id),
);
const cases = [
  ...scanCases,
  ...tlsPortCases,
  ...tlsPhoneCases,
  ...tlsSessionCases,
  ...intruderCases,
  ...impostorCases,
  ...certificateCases,
  ...serverCertificateCases,
  ...enrolmentAttackCases,
  ...revocationAttackCases,
  ...statusCases,
  ...administrationAttackCases,
  ...auditCases,
  ...callCases(scenarios),
  ...hostileCases,
  ...audioCases,
  ...audioChangeCases,
  ...signallingCases,
  ...signallingCallCases,
  ...storedCases,
];

it('each attack has a case in which it must fail, and one in which it cannot say', () => {
  expect(uncovered(scenarios, cases)).toEqual([]);
});

const real = await evaluateReference(['--only', ...scenarios.map(({ id }) => id)]);

const needsCapture = ({ activities }: { readonly activities: readonly string[] }): boolean =>
  activities.includes(audioChangesActivity);
const uncaptured = scenarios.filter((scenario) => !needsCapture(scenario));
const ofUncaptured = ({ scenario }: { readonly scenario: string }): boolean =>
  uncaptured.some(({ id }) => id === scenario);

describeJudges(real.evidence, uncaptured, cases.filter(ofUncaptured));

describe.skipIf(real.skipped !== '')(`with the capture of a real call${real.skipped}`, () => {
  describeJudges(
    real.evidence,
    scenarios.filter(needsCapture),
    cases.filter((each) => !ofUncaptured(each)),
  );
});

describe('attacks that need no capture', () => {
  it.each(uncaptured)('$id is judged without one', (scenario) => {
    const evidence = scenario.activities.reduce(
      (changed, activity) => withoutCapture(activity)(changed),
      real.evidence,
    );
    expect(judgementOf(scenario, evidence).kind).toBe('pass');
  });
});
