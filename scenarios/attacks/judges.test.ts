import { describe, expect, it } from 'vitest';
import { repertoire } from '../repertoire.ts';
import { withoutCapture } from '../testing/altered.ts';
import { describeJudges, judgementOf, uncovered } from '../testing/judge-cases.ts';
import { evaluateReference } from '../testing/real-run.ts';
import { callCases } from './testing/call-cases.ts';
import { impostorCases } from './testing/impostor-cases.ts';
import { intruderCases } from './testing/intruder-cases.ts';
import { revocationAttackCases } from './testing/revocation-cases.ts';
import { scanCases } from './testing/scan-cases.ts';

const scenarios = repertoire.scenarios.filter(({ id }) => id.startsWith('attacks/'));
const cases = [
  ...scanCases,
  ...intruderCases,
  ...impostorCases,
  ...revocationAttackCases,
  ...callCases(scenarios),
];

it('each attack has a case in which it must fail, and one in which it cannot say', () => {
  expect(uncovered(scenarios, cases)).toEqual([]);
});

const real = await evaluateReference();

describeJudges(real.evidence, scenarios, cases);

describe('attacks that need no capture', () => {
  it.each(scenarios)('$id is judged without one', (scenario) => {
    const evidence = scenario.activities.reduce(
      (changed, activity) => withoutCapture(activity)(changed),
      real.evidence,
    );
    expect(judgementOf(scenario, evidence).kind).toBe('pass');
  });
});
