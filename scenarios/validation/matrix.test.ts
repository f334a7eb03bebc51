import { describe, expect, it } from 'vitest';
import type { Judgement } from '../../reports/model/verdict.ts';
import { falseAlarmsOf, isSound, rowOf, scenarioRows, type RunOutcome } from './matrix.ts';

const mutant = {
  id: 'short-tag',
  fault: 'tags of 32 bits',
  claims: ['5.1.g', '5.1.m'],
  because: /32 bits/,
};

const judgement = (
  claim: string,
  kind: Judgement['kind'],
  reason: string,
  scenario = `${claim}/x`,
): Judgement => ({ claim, scenario, kind, reason, expected: 'e', observed: 'o' });

const outcome = (...judgements: readonly Judgement[]): RunOutcome => ({
  judgements: [...judgements],
  activities: [
    { id: 'call', took: 2_000 },
    { id: 'scan', took: 500 },
  ],
  plan: {
    selected: [],
    scenarios: [
      { id: '5.1.g/x', activities: ['call'] },
      { id: '5.1.m/x', activities: ['call', 'scan'] },
    ],
  },
});

describe('a mutant’s row', () => {
  it('is killed when each of its claims fails for the reason expected', () => {
    const row = rowOf(
      mutant,
      outcome(
        judgement('5.1.g', 'fail', 'a tag of 32 bits'),
        judgement('5.1.m', 'fail', 'tags of 32 bits'),
        judgement('5.1.a', 'fail', 'something else'),
      ),
      10,
    );
    expect(row).toMatchObject({ end: 'killed', why: '', alsoFailed: ['5.1.a'], took: 10 });
    expect(row.killedBy).toEqual(['5.1.g/x', '5.1.m/x']);
  });

  it('survives when one claim does not fail, whatever the others do', () => {
    const row = rowOf(
      mutant,
      outcome(
        judgement('5.1.g', 'fail', 'the call failed'),
        judgement('5.1.m', 'inconclusive', 'no capture'),
      ),
      0,
    );
    expect(row).toMatchObject({ end: 'survived', killedBy: [] });
    expect(row.why).toBe('5.1.m: 5.1.m/x inconclusive (no capture)');
  });

  it('is killed for the wrong reason when no failing judgement of a claim says why', () => {
    const row = rowOf(
      mutant,
      outcome(
        judgement('5.1.g', 'fail', 'a tag of 32 bits'),
        judgement('5.1.m', 'fail', 'no audio'),
      ),
      0,
    );
    expect(row).toMatchObject({ end: 'wrong reason', killedBy: ['5.1.g/x'] });
    expect(row.why).toContain('no audio');
  });

  it('whose fault breaks no rule is killed by a warning, and by nothing else', () => {
    const warned = { ...mutant, claims: ['5.1.g'], judged: 'warn' } as const;
    const noticed = outcome(judgement('5.1.g', 'warn', '32 bits'));
    expect(rowOf(warned, noticed, 0)).toMatchObject({ end: 'killed', killedBy: ['5.1.g/x'] });
    const accused = outcome(judgement('5.1.g', 'fail', '32 bits'));
    expect(rowOf(warned, accused, 0)).toMatchObject({ end: 'survived', alsoFailed: ['5.1.g'] });
    expect(rowOf(mutant, noticed, 0)).toMatchObject({ end: 'survived', killedBy: [] });
  });

  const seen = (text: string, scenario: string) => ({
    id: 'R9/x',
    text,
    scenarios: [scenario],
    evidence: [],
  });
  const observed = { ...mutant, claims: ['5.1.g'], judged: 'observation' } as const;

  it('whose fault is one of strength is killed by an observation of its own scenarios', () => {
    const noticed = {
      ...outcome(judgement('5.1.g', 'pass', '')),
      seen: [seen('of 32 bits', '5.1.g/x')],
    };
    expect(rowOf(observed, noticed, 0)).toMatchObject({ end: 'killed', killedBy: ['5.1.g/x'] });
    expect(rowOf(mutant, noticed, 0)).toMatchObject({ end: 'survived', killedBy: [] });
  });

  it.each([
    ['another scenario', 'pass', 'of 32 bits', '5.1.m/x'],
    ['another text', 'pass', 'of 64 bits', '5.1.g/x'],
    ['a scenario that accuses it too', 'fail', 'of 32 bits', '5.1.g/x'],
  ] as const)('is not killed by an observation of %s', (_what, kind, text, scenario) => {
    const run = {
      ...outcome(judgement('5.1.g', kind, 'bad'), judgement('5.1.m', 'pass', '')),
      seen: [seen(text, scenario)],
    };
    expect(rowOf(observed, run, 0)).toMatchObject({ end: 'survived', killedBy: [] });
  });

  it('needs an observation on each of its claims, and one at all', () => {
    const run = outcome(judgement('5.1.g', 'pass', ''), judgement('5.1.m', 'pass', ''));
    const two = { ...mutant, judged: 'observation' } as const;
    expect(rowOf(two, { ...run, seen: [seen('of 32 bits', '5.1.g/x')] }, 0)).toMatchObject({
      end: 'survived',
      why: '5.1.m: 5.1.m/x pass ()',
    });
    expect(rowOf(observed, run, 0)).toMatchObject({ end: 'survived' });
  });

  it('says nothing where the reference is observed alike: that is a false alarm', () => {
    const reference = {
      ...outcome(judgement('5.1.g', 'pass', '')),
      seen: [seen('of 32 bits', '5.1.g/x')],
    };
    expect(falseAlarmsOf(2, reference, [mutant])).toEqual([]);
    expect(falseAlarmsOf(2, reference, [mutant, observed])).toEqual([
      {
        run: 2,
        scenario: '5.1.g/x',
        claim: '5.1.g',
        kind: 'observation',
        reason: 'R9/x: of 32 bits',
      },
    ]);
  });

  it('is no kill when a claim was not judged, or nothing was', () => {
    const judged = outcome(judgement('5.1.g', 'fail', '32 bits'));
    expect(rowOf(mutant, judged, 0)).toMatchObject({ end: 'survived', why: '5.1.m: not judged' });
    expect(rowOf(mutant, null, 0)).toMatchObject({ end: 'not run' });
  });
});

describe('the matrix', () => {
  const run = outcome(
    judgement('5.1.g', 'pass', ''),
    judgement('5.1.m', 'inconclusive', 'no capture'),
    judgement('5.1.a', 'warn', 'old'),
  );
  const killed = rowOf(
    mutant,
    outcome(judgement('5.1.g', 'fail', '32 bits'), judgement('5.1.m', 'fail', '32 bits')),
    0,
  );

  it('counts as false alarms whatever of the reference is neither a pass nor a warning', () => {
    expect(falseAlarmsOf(3, run)).toEqual([
      {
        run: 3,
        scenario: '5.1.m/x',
        claim: '5.1.m',
        kind: 'inconclusive',
        reason: 'no capture',
      },
    ]);
  });

  it('says of each scenario how often it killed and how long it takes', () => {
    expect(scenarioRows([killed], run)).toEqual([
      { id: '5.1.g/x', kills: 1, took: 2_000 },
      { id: '5.1.m/x', kills: 1, took: 2_500 },
    ]);
    expect(scenarioRows([killed], run, ['5.1.g/x', 'elsewhere/x']).at(-1)).toEqual({
      id: 'elsewhere/x',
      kills: 0,
      took: null,
    });
  });

  it('is sound only without survivors and false alarms', () => {
    const sound = { mutants: [killed], scenarios: [], repeats: 1, falseAlarms: [] };
    expect(isSound(sound)).toBe(true);
    expect(isSound({ ...sound, falseAlarms: falseAlarmsOf(1, run) })).toBe(false);
    expect(isSound({ ...sound, mutants: [rowOf(mutant, null, 0)] })).toBe(false);
  });
});
