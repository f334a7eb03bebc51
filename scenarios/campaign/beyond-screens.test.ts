import { describe, expect, it } from 'vitest';
import { beyondScreens } from './beyond-screens.ts';
import { judgeScenario, pass, type Evidence, type Scenario } from './scenario.ts';

const elsewhere = ['enrol', 'call', 'client-elsewhere'];

describe('a phone that is only the screen of a client elsewhere', () => {
  it.each(['2.2.a', '2.3.c', '2.3.2.a', '3.1.a', '3.1.d', '5.3.a', '5.3.b'])(
    'is no evidence for %s',
    (claim) => {
      expect(beyondScreens(claim, elsewhere)).toMatch(/client of a phone runs elsewhere/);
      expect(beyondScreens(claim, ['enrol', 'call'])).toBeNull();
      expect(beyondScreens(claim, undefined)).toBeNull();
    },
  );

  it.each(['2.2.b', '2.3.3.a', '5.1.a', '5.2.e'])('may be evidence for %s', (claim) =>
    expect(beyondScreens(claim, elsewhere)).toBeNull(),
  );

  it('makes a pass on such a claim unsupported, and leaves the scenario’s other claims alone', () => {
    const scenario: Scenario = {
      id: 'x/y',
      revision: 1,
      claims: ['3.1.a', '5.2.e'],
      activities: [],
      needs: [],
      judge: () => pass('seen'),
    };
    const none = (): never => {
      throw new Error('not asked for');
    };
    const evidence: Evidence = { outcome: none, wire: none, json: none, bytes: none, text: none };
    expect(judgeScenario(scenario, evidence, elsewhere)).toMatchObject([
      { claim: '3.1.a', kind: 'unsupported' },
      { claim: '5.2.e', kind: 'pass' },
    ]);
  });
});
