import { describe, expect, it } from 'vitest';
import { combineJudgements } from '../../reports/model/verdict.ts';
import { judgeScenario } from '../campaign/scenario.ts';
import { repertoire } from '../repertoire.ts';
import { lastOf, sessions } from '../testing/altered-wire.ts';
import { needHosts } from '../testing/hosts.ts';
import { describeJudges, uncovered } from '../testing/judge-cases.ts';
import { evaluateReference } from '../testing/real-run.ts';
import { acrossLayersCases } from './testing/across-layers-cases.ts';
import { administrationCases } from './testing/administration-cases.ts';
import { enrolmentCases } from './testing/enrolment-cases.ts';
import { exchangeCases } from './testing/exchange-cases.ts';
import { firstUseCases } from './testing/first-use-cases.ts';
import { headerCases } from './testing/header-cases.ts';
import { identityCases } from './testing/identity-cases.ts';
import { insideTlsCases } from './testing/inside-cases.ts';
import { mediaCases } from './testing/media-cases.ts';
import { relayCases } from './testing/relay-cases.ts';
import { revocationCases } from './testing/revocation-cases.ts';
import { secretCases } from './testing/secret-cases.ts';
import { sessionCases } from './testing/session-cases.ts';
import { opinionsOf } from './testing/sip-js-opinion.ts';
import { sipRuleCases } from './testing/sip-rule-cases.ts';
import { storageCases } from './testing/storage-cases.ts';
import { travelCases } from './testing/travel-cases.ts';
import { describeDamage } from './testing/damage-tests.ts';

const scenarios = repertoire.scenarios.filter(
  ({ id }) => !id.startsWith('attacks/') && !needHosts.has(id),
);
const cases = [
  ...sessionCases,
  ...insideTlsCases,
  ...enrolmentCases,
  ...mediaCases,
  ...relayCases,
  ...exchangeCases,
  ...headerCases,
  ...identityCases,
  ...storageCases,
  ...secretCases,
  ...revocationCases,
  ...administrationCases,
  ...acrossLayersCases,
  ...firstUseCases,
  ...sipRuleCases,
  ...travelCases,
];

it('each conformity scenario has a case in which it must fail, and one in which it cannot say', () => {
  expect(uncovered(scenarios, cases)).toEqual([]);
});

const together = repertoire.scenarios.filter(({ claims }) => claims.includes('5.1.b'));
const real = await evaluateReference([
  '--only',
  ...new Set([...scenarios, ...together].map(({ id }) => id)),
]);

describe.skipIf(real.skipped !== '')(`with the capture of a real call${real.skipped}`, () => {
  describeJudges(real.evidence, scenarios, cases);
  describeDamage(real, scenarios);

  it('sip.js, which is independent, reads every message of the call as the rules of RFC 3261 do', () => {
    const wire = real.evidence.wire('call');
    const messages = wire.kind === 'captured' ? wire.facts.sipMessages : [];
    expect(messages.length).toBeGreaterThan(10);
    for (const message of messages) {
      const { sipJs, own } = opinionsOf(message);
      expect(sipJs).toEqual(own);
    }
  });

  it('a claim of two scenarios is as bad as the worse of them', async () => {
    const altered = await sessions(lastOf('sip'), { suite: 0x009e })(real.evidence);
    const judgements = together
      .flatMap((scenario) => judgeScenario(scenario, altered))
      .filter(({ claim }) => claim === '5.1.b');
    const told = judgements.map(({ scenario, kind }) => `${scenario} ${kind}`);
    expect(told).toContain('5.1/sip-tls/suite fail');
    expect(told).toContain('attacks/T2/sip-control pass');
    expect(combineJudgements('5.1.b', judgements).kind).toBe('fail');
  });
});
