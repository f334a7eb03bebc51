import { describe, expect, it } from 'vitest';
import type { Run } from '../../reports/model/run.ts';
import type { Judgement } from '../../reports/model/verdict.ts';
import { combineJudgements } from '../../reports/model/verdict.ts';
import { makePlan } from './plan.ts';
import { compareRuns } from './difference.ts';
import { fakeScenario, fakeStart, repertoireOf, usualSelection } from './testing/fakes.ts';

const judgement = (more: Partial<Judgement>): Judgement => ({
  claim: '5.1.k',
  scenario: 's',
  kind: 'pass',
  ...more,
});

const runOf = (judgements: readonly Judgement[], more: Partial<Run> = {}): Run => {
  const plan = makePlan(usualSelection, repertoireOf([fakeScenario('s')]));
  if (!plan.ok) throw new Error(plan.error.code);
  const {
    capabilities: _capabilities,
    expectations: _expectations,
    ...start
  } = fakeStart(plan.value);
  const claims = [...new Set(judgements.map(({ claim }) => claim))];
  return {
    ...start,
    tool: 'discretio',
    status: 'complete',
    claims: [],
    interpretations: [],
    activities: [],
    judgements: [...judgements],
    verdicts: claims.map((claim) =>
      combineJudgements(
        claim,
        judgements.filter((each) => each.claim === claim),
      ),
    ),
    observations: [],
    documents: [],
    replay: {},
    exit: 0,
    ...more,
  };
};

const failed = (reason: string) => runOf([judgement({ kind: 'fail', reason })]);

describe('two runs', () => {
  it.each([
    ['of times', 'after 12.5 s at 2026-11-23T16:02:01.123Z', 'after 3 s at 2026-11-24T01:02:03Z'],
    ['of serials and hashes', 'serial 4be0a7331c9f, 0011 aabb', 'serial 99aa77331c0e, ffee 0123'],
    ['of addresses and ports', '10.0.0.1:5061 and port 40123', '127.0.0.1:443 and port 9'],
    ['of an IPv6 address', 'from [2001:db8::1]:5061', 'from [2001:db8:0:1::66]:1'],
    ['of counts', '412 audio packets, 3 connections', '7 audio packets, 40 connections'],
  ])('do not differ in reasons %s', (_what, left, right) => {
    expect(compareRuns(failed(left), failed(right))).toEqual([]);
  });

  it.each([
    ['a version', 'TLSv1.3 was accepted', 'TLSv1.2 was accepted'],
    ['a suite', 'suite 0x009E', 'suite 0x009F'],
    ['a length in bits', 'a tag of 32 bits', 'a tag of 64 bits'],
    ['a status', 'refused with 403', 'refused with 488'],
  ])('differ in reasons by %s', (_what, left, right) => {
    expect(compareRuns(failed(left), failed(right))).toMatchObject([
      { claim: '5.1.k', left: `fail: ${left}`, right: `fail: ${right}` },
      { claim: '5.1.k', scenario: 's' },
    ]);
  });

  it('differ by kind, claim and scenario', () => {
    const left = runOf([judgement({}), judgement({ scenario: 't' })]);
    const right = runOf([judgement({}), judgement({ scenario: 't', kind: 'fail', reason: 'bad' })]);
    expect(compareRuns(left, right)).toEqual([
      { claim: '5.1.k', left: 'pass', right: 'fail: bad' },
      { claim: '5.1.k', scenario: 't', left: 'pass', right: 'fail: bad' },
    ]);
    expect(compareRuns(left, left)).toEqual([]);
  });

  it('differ where one has a verdict and the other none, with the reason that it has for it', () => {
    const other = runOf([judgement({}), judgement({ claim: '2.1.b' })]);
    expect(compareRuns(runOf([judgement({})]), other)).toEqual([
      { claim: '2.1.b', left: 'left out: no scenario shows it yet', right: 'pass' },
      { claim: '2.1.b', scenario: 's', left: 'none', right: 'pass' },
    ]);
  });

  it('do not differ by what was observed, by target, seed, or order of judgements', () => {
    const one = runOf([judgement({ observed: '3' }), judgement({ claim: '2.1.b' })]);
    const other = runOf([judgement({ claim: '2.1.b' }), judgement({ observed: '4' })]);
    expect(
      compareRuns(one, { ...other, plan: { ...other.plan, seed: 9, target: 'x', lab: 'netns' } }),
    ).toEqual([]);
  });

  const seeing = (...texts: readonly string[]): Run =>
    runOf([judgement({})], {
      seen: texts.map((text) => ({ id: 'T5/x', text, scenarios: ['s'], evidence: [] })),
    });

  it('differ by what was observed, not by the figures or the language of it', () => {
    expect(compareRuns(seeing('1 in 9'), seeing('2 sur 8'))).toEqual([]);
    expect(compareRuns(seeing('1 in 9'), seeing())).toEqual([
      { observation: 'T5/x', scenario: 's', left: '1 in 9', right: 'none' },
    ]);
    const elsewhere = seeing();
    const unplanned = { ...elsewhere, plan: { ...elsewhere.plan, scenarios: [] } };
    expect(compareRuns(unplanned, seeing('1 in 9'))).toMatchObject([{ left: 'not looked for' }]);
  });

  it('do not differ by observations where one is of a version that made none', () => {
    expect(compareRuns(runOf([judgement({})]), seeing('1 in 9'))).toEqual([]);
  });
});
