import { describe, expect, it } from 'vitest';
import { labels } from './labels.ts';
import { claimRows, headlineOf } from './standing.ts';
import { sampleRun } from './testing/sample-run.ts';

const standingOf = (run: typeof sampleRun, claim: string) =>
  claimRows(run).find((row) => row.claim.id === claim)?.standing;

describe('the headline', () => {
  const headline = (verdicts: typeof sampleRun.verdicts, exit: 0 | 1 | 2) =>
    headlineOf({ ...sampleRun, verdicts, exit }, labels.en);
  const waiting = ['2.1.i', '6.1.e'].map((claim) => ({ claim, kind: 'skipped' as const }));
  const passed = sampleRun.plan.selected.map((claim) => ({ claim, kind: 'pass' as const }));

  it.each([
    ['that all holds', 'Every selected claim holds', passed, 0],
    ['that some wait', 'that a program can judge holds', [...passed, ...waiting], 0],
    ['a failure alone', 'At least one claim fails', [...sampleRun.verdicts, ...waiting], 1],
  ] as const)('says %s', (_, text, verdicts, exit) => {
    expect(headline([...verdicts], exit)).toContain(text);
  });

  it('never says that all holds where all waits for a person', () => {
    const plan = { ...sampleRun.plan, selected: ['2.1.i', '6.1.e'] };
    const run = { ...sampleRun, plan, verdicts: waiting, exit: 0 as const };
    expect(headlineOf(run, labels.en)).toBe(labels.en.text.nothingJudged);
    expect(headlineOf(run, labels.fr)).toBe(labels.fr.text.nothingJudged);
  });
});

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

  it('is a person’s where the verdict only says so', () => {
    const skipped = { claim: '2.1.i', kind: 'skipped' as const };
    expect(standingOf({ ...sampleRun, verdicts: [skipped] }, '2.1.i')).toBe('person');
    const plan = { ...sampleRun.plan, byPerson: [] };
    expect(standingOf({ ...sampleRun, plan, verdicts: [skipped] }, '2.1.i')).toBe('skipped');
  });

  it('is shown of a claim that only a verdict names, last', () => {
    const run = { ...sampleRun, verdicts: [{ claim: '9.9.z', kind: 'fail' as const }] };
    expect(claimRows(run).at(-1)).toMatchObject({
      claim: { id: '9.9.z', section: '9.9' },
      standing: 'fail',
    });
  });
});
