import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  combine,
  combineJudgements,
  exitCodeOf,
  exitCodes,
  verdictKinds,
  type Judgement,
} from './verdict.ts';

const kind = fc.constantFrom(...verdictKinds);
const rank = (value: (typeof verdictKinds)[number]): number => verdictKinds.indexOf(value);

describe('combining verdicts', () => {
  it('orders the kinds from worst to best as the design says', () => {
    expect(verdictKinds.join(' > ')).toBe(
      'fail > inconclusive > unsupported > skipped > warn > pass',
    );
  });

  it('makes nothing at all inconclusive', () => {
    expect(combine([])).toBe('inconclusive');
    expect(combineJudgements('5.1.a', [])).toEqual({
      claim: '5.1.a',
      kind: 'inconclusive',
      reason: 'no scenario gave a judgement',
    });
  });

  test.prop([fc.array(kind, { minLength: 1 }), kind])(
    'is monotone: one more judgement never improves the outcome',
    (kinds, added) => {
      expect(rank(combine([...kinds, added]))).toBeLessThanOrEqual(rank(combine(kinds)));
    },
  );

  test.prop([fc.array(kind, { minLength: 1 })])(
    'gives one of its inputs, whatever their order or number',
    (kinds) => {
      const combined = combine(kinds);
      expect(kinds).toContain(combined);
      expect(combine(kinds.toReversed())).toBe(combined);
      expect(combine([combined, ...kinds])).toBe(combined);
    },
  );

  test.prop([fc.array(kind), fc.array(kind)])(
    'is associative over non-empty lists',
    (left, right) => {
      fc.pre(left.length > 0 && right.length > 0);
      expect(combine([...left, ...right])).toBe(combine([combine(left), combine(right)]));
    },
  );
});

describe('combining judgements', () => {
  const judgement = (scenario: string, rest: Partial<Judgement>): Judgement => ({
    claim: '5.1.k',
    scenario,
    kind: 'pass',
    ...rest,
  });

  it('tells the worst kind by its first judgement, with the evidence of all of that kind, once each', () => {
    const verdict = combineJudgements('5.1.k', [
      judgement('a', { evidence: ['good.json'] }),
      judgement('b', { kind: 'fail', reason: 'first', observed: 'x', evidence: ['1', 'shared'] }),
      judgement('c', { kind: 'fail', reason: 'second', evidence: ['shared', '2'] }),
    ]);
    expect(verdict).toEqual({
      claim: '5.1.k',
      kind: 'fail',
      reason: 'first',
      observed: 'x',
      evidence: ['1', 'shared', '2'],
    });
  });

  it('has no scenario and no empty evidence in the public shape', () => {
    expect(combineJudgements('5.1.k', [judgement('a', {})])).toEqual({
      claim: '5.1.k',
      kind: 'pass',
    });
  });
});

describe('exit codes', () => {
  it.each([
    [['pass', 'warn'], exitCodes.clean],
    [['pass', 'fail'], exitCodes.fails],
    [['inconclusive', 'fail', 'skipped'], exitCodes.fails],
    [['pass', 'inconclusive'], exitCodes.inconclusive],
    [['pass', 'unsupported'], exitCodes.inconclusive],
    [['pass', 'skipped'], exitCodes.inconclusive],
    [[], exitCodes.inconclusive],
  ] as const)('%j gives %i', (kinds, code) => {
    expect(exitCodeOf(kinds)).toBe(code);
  });

  test.prop([fc.array(kind)])('are clean only if every verdict passed or warned', (kinds) => {
    const settled = kinds.length > 0 && kinds.every((one) => one === 'pass' || one === 'warn');
    expect(exitCodeOf(kinds) === exitCodes.clean).toBe(settled);
    expect(exitCodeOf(kinds) === exitCodes.fails).toBe(kinds.includes('fail'));
  });
});
