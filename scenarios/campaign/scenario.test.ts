import { describe, expect, it } from 'vitest';
import type { ActivityOutcome } from '../../reports/model/run.ts';
import {
  assessScenario,
  fail,
  inconclusive,
  judgeScenario,
  noting,
  pass,
  type Evidence,
  type Finding,
} from './scenario.ts';
import { fakeScenario } from './testing/fakes.ts';

const evidenceWith = (outcomes: Readonly<Record<string, Partial<ActivityOutcome>>>): Evidence => ({
  outcome: (id) => ({ id, status: 'done', took: 1, ...outcomes[id] }),
  wire: () => ({ kind: 'missing', reason: 'no capture' }),
  json: () => null,
  bytes: () => null,
  text: () => null,
});
const done = evidenceWith({});

describe('judging a scenario', () => {
  it.each([
    ['failed', 'inconclusive'],
    ['interrupted', 'inconclusive'],
    ['unsupported', 'unsupported'],
  ] as const)('does not judge after an activity that was %s: %s', (status, kind) => {
    const scenario = fakeScenario('s', {
      activities: ['before', 'call'],
      judge: () => fail('never asked', '', ''),
    });
    const evidence = evidenceWith({ call: { status, reason: 'no answer' } });
    expect(judgeScenario(scenario, evidence)).toEqual([
      { claim: '5.1.k', scenario: 's', kind, reason: 'activity call: no answer' },
    ]);
  });

  it('names the activity also where no reason is known', () => {
    const scenario = fakeScenario('s', { activities: ['call'] });
    expect(judgeScenario(scenario, evidenceWith({ call: { status: 'failed' } }))[0]?.reason).toBe(
      'activity call: no reason given',
    );
  });

  it('is unsupported where the target lacks a capability, whatever the activities came to', () => {
    const scenario = fakeScenario('s', { needs: ['call', 'refusal-log'], activities: ['call'] });
    const evidence = evidenceWith({ call: { status: 'failed', reason: 'no answer' } });
    expect(judgeScenario(scenario, evidence, ['call'])).toMatchObject([
      { kind: 'unsupported', reason: 'the target lacks the capability refusal-log' },
    ]);
    expect(judgeScenario(scenario, done, ['refusal-log', 'call'])).toMatchObject([
      { kind: 'pass' },
    ]);
  });

  it.each([new Error('index 3 is out of range'), 'index 3 is out of range'])(
    'takes a judge that throws %s for a fault of the testbed, not of the target',
    (thrown) => {
      const scenario = fakeScenario('s', {
        judge: () => {
          throw thrown;
        },
      });
      expect(judgeScenario(scenario, done)).toEqual([
        {
          claim: '5.1.k',
          scenario: 's',
          kind: 'inconclusive',
          reason: 'the judge of s failed: index 3 is out of range',
        },
      ]);
    },
  );

  it('gives each of its claims the same judgement, with every field of the finding', () => {
    const finding = fail('the suite is wrong', '0x009F', '0x009E', ['evidence/scan/sip.json']);
    const scenario = fakeScenario('s', { claims: ['5.1.b', '5.1.k'], judge: () => finding });
    const common = {
      scenario: 's',
      kind: 'fail',
      reason: 'the suite is wrong',
      expected: '0x009F',
      observed: '0x009E',
      evidence: ['evidence/scan/sip.json'],
    };
    expect(judgeScenario(scenario, done)).toEqual([
      { claim: '5.1.b', ...common },
      { claim: '5.1.k', ...common },
    ]);
  });

  it('has no empty fields', () => {
    const [judgement] = judgeScenario(fakeScenario('s', { judge: () => pass('seen') }), done);
    expect(judgement).toEqual({ claim: '5.1.k', scenario: 's', kind: 'pass', observed: 'seen' });
    const unclear = fakeScenario('s', { judge: () => inconclusive('no packet', ['a']) });
    expect(judgeScenario(unclear, done)).toEqual([
      { claim: '5.1.k', scenario: 's', kind: 'inconclusive', reason: 'no packet', evidence: ['a'] },
    ]);
  });

  it('gives what was observed beside the judgements, which it leaves as they are', () => {
    const observation = { id: 'T5/x', text: { en: 'reused', fr: 'réemployée' }, evidence: ['a'] };
    for (const finding of [pass('seen'), fail('x', 'y', 'z'), inconclusive('unseen')]) {
      const judged = (found: Finding) =>
        assessScenario(fakeScenario('s', { judge: () => found }), done);
      const noted = judged(noting(finding, null, observation));
      expect(noted.observations).toEqual([observation]);
      expect(noted.judgements).toEqual(judged(finding).judgements);
      expect(judged(finding).observations).toEqual([]);
    }
  });
});
