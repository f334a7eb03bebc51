import { describe, expect, it } from 'vitest';
import { claimRows } from './standing.ts';
import { sampleRun } from './testing/sample-run.ts';

const standingOf = (run: typeof sampleRun, claim: string) =>
  claimRows(run).find((row) => row.claim.id === claim)?.standing;

describe('where a claim stands', () => {
  it.each([
    ['5.1.a', 'pass'],
    ['4.d', 'fail'],
    ['2.1.i', 'person'],
    ['2.3.c', 'left-out'],
  ])('%s: %s', (claim, standing) => {
    expect(standingOf(sampleRun, claim)).toBe(standing);
  });

  it('is outside the plan when nothing names the claim', () => {
    const run = { ...sampleRun, plan: { ...sampleRun.plan, leftOut: [] } };
    expect(standingOf(run, '2.3.c')).toBe('not-planned');
  });

  it('is a verdict when one was given, even on a claim for a person', () => {
    const run = { ...sampleRun, verdicts: [{ claim: '2.1.i', kind: 'fail' as const }] };
    expect(standingOf(run, '2.1.i')).toBe('fail');
  });

  it('is shown of a claim that only a verdict names, last', () => {
    const run = { ...sampleRun, verdicts: [{ claim: '9.9.z', kind: 'fail' as const }] };
    expect(claimRows(run).at(-1)).toMatchObject({
      claim: { id: '9.9.z', section: '9.9' },
      standing: 'fail',
    });
  });
});
