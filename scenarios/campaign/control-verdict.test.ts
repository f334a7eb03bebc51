import { describe, expect, it } from 'vitest';
import type { Judgement } from '../../reports/model/verdict.ts';
import { controlIds } from './control.ts';
import { controlScenario, withControls } from './control-verdict.ts';
import { makePlan } from './plan.ts';
import { judgeScenario, type Evidence } from './scenario.ts';
import { fakeActivity, fakeScenario, repertoireOf, usualSelection } from './testing/fakes.ts';

type State = 'worked' | 'broke' | 'could not be asked';

/** One lane's controls; an absent one was not reached. */
interface Lane {
  readonly activities: readonly string[];
  readonly first: State;
  readonly last?: State;
  readonly alive?: boolean;
}

const tries = (state: State) => [
  {
    worked: state === 'worked',
    step: 'call',
    observed: `it ${state}`,
    ...(state === 'could not be asked' ? { unasked: true } : {}),
  },
];

const filesOf = ({ activities, first, last, alive }: Lane, index: number) => {
  const lane = index + 1;
  const file = (attempts: object) => ({ lane, activities, attempts });
  return Object.entries({
    [`${controlIds.first}/lane-${lane}.json`]: file(tries(first)),
    ...(last ? { [`${controlIds.last}/lane-${lane}.json`]: file(tries(last)) } : {}),
    ...(alive === undefined
      ? {}
      : { [`${controlIds.last}/alive-${lane}.json`]: { alive, observed: `alive: ${alive}` } }),
  });
};

const evidenceOf = (...lanes: readonly Lane[]): Evidence => {
  const files = new Map<string, unknown>(lanes.flatMap(filesOf));
  return {
    outcome: (id) => ({ id, status: 'done', took: 0 }),
    wire: () => ({ kind: 'missing', reason: 'not part of this test' }),
    json: (activity, path, schema) =>
      schema.safeParse(files.get(`${activity}/${path}`)).data ?? null,
    bytes: () => null,
    text: () => null,
  };
};

const judged = (...lanes: readonly Lane[]) =>
  judgeScenario(controlScenario, evidenceOf(...lanes))[0];

const good: Lane = { activities: ['scan'], first: 'worked', last: 'worked' };
const dead: Lane = { activities: ['scan'], first: 'worked', last: 'broke', alive: true };

describe('the judge of the controls', () => {
  it('passes where the target works before and after, however many lanes there are', () => {
    const one = judged(good);
    expect(one).toMatchObject({ claim: '2.1.a', kind: 'pass' });
    expect(judged(good, good, good)?.observed).toBe(one?.observed);
  });

  it('passes on the finished lanes of a run that was gone on with', () => {
    expect(judged({ activities: ['call'], first: 'worked' }, good)).toMatchObject({ kind: 'pass' });
  });

  it('fails where the target does not work any more and the testbed is alive', () => {
    expect(judged(good, dead)).toMatchObject({
      kind: 'fail',
      reason: expect.stringContaining('after scan the target no longer serves its users'),
      observed: expect.stringContaining('it broke; alive: true'),
      evidence: expect.arrayContaining(['evidence/control-last/alive-2.json']),
    });
  });

  it.each<[string, Lane[], RegExp]>([
    [
      'the testbed is not alive either',
      [{ ...dead, alive: false }],
      /nothing shows that it was the target and not the testbed/,
    ],
    [
      'nobody looked whether it is',
      [{ activities: [], first: 'worked', last: 'broke' }],
      /not known/,
    ],
    [
      'it could not be asked, as by an engine of the testbed’s that ended',
      [{ ...dead, last: 'could not be asked' }],
      /it could not be asked: call: it could not be asked/,
    ],
    ['it never worked', [{ ...dead, first: 'broke' }], /before anything else did not work: call/],
    ['no last control was reached', [{ activities: [], first: 'worked' }], /no last control/],
    ['there is no evidence', [], /no last control/],
  ])('is inconclusive where %s', (_what, lanes, reason) => {
    const judgement = judged(...lanes);
    expect(judgement?.kind).toBe('inconclusive');
    expect(judgement?.reason).toMatch(reason);
  });
});

describe('an attack’s judgements after the controls', () => {
  const repertoire = repertoireOf(
    [
      fakeScenario('attacks/T1/x', { activities: ['scan'] }),
      fakeScenario('5.1/good', { activities: ['scan'] }),
      fakeScenario('attacks/E1/y', { claims: ['2.1.b'], activities: ['intruder'] }),
    ],
    [fakeActivity('scan'), fakeActivity('intruder')],
  );
  const planned = (controls: boolean) => {
    const plan = makePlan({ ...usualSelection, controls }, repertoire);
    if (!plan.ok) throw new Error(plan.error.code);
    return plan.value;
  };
  const judgement = (scenario: string, kind: Judgement['kind'] = 'pass'): Judgement => ({
    claim: '5.1.k',
    scenario,
    kind,
    observed: 'refused',
  });
  const all = [judgement('attacks/T1/x'), judgement('5.1/good'), judgement('attacks/E1/y')];
  const kinds = (lanes: readonly Lane[], before = all, controls = true) =>
    withControls(before, planned(controls), evidenceOf(...lanes)).map(({ kind }) => kind);

  it('stay as they are where the target works', () => {
    expect(withControls(all, planned(true), evidenceOf(good))).toEqual(all);
  });

  it('fail where nothing else can have broken it; other lanes and scenarios stay', () => {
    const other: Lane = { ...good, activities: ['intruder'] };
    expect(kinds([dead, other])).toEqual(['fail', 'pass', 'pass']);
    expect(withControls(all, planned(true), evidenceOf(dead))[0]).toMatchObject({
      reason: 'the target no longer serves its users after scan',
      expected: expect.any(String),
      observed: 'refused; then call: it broke; alive: true',
    });
  });

  it('are inconclusive where several can have, or the testbed may be dead', () => {
    const both = ['scan', 'intruder'];
    expect(kinds([{ ...dead, activities: both }])).toEqual([
      'inconclusive',
      'pass',
      'inconclusive',
    ]);
    expect(kinds([{ ...dead, alive: false }])).toEqual(['inconclusive', 'pass', 'pass']);
  });

  it('are never better for it', () => {
    for (const kind of ['fail', 'inconclusive', 'unsupported'] as const)
      expect(kinds([dead], [judgement('attacks/T1/x', kind)])).toEqual([kind]);
  });

  it('stay where the controls say nothing: none planned, none reached, or a target that never worked', () => {
    expect(kinds([dead], all, false)).toEqual(['pass', 'pass', 'pass']);
    expect(kinds([{ activities: ['scan'], first: 'worked' }])).toEqual(['pass', 'pass', 'pass']);
    expect(kinds([{ ...dead, first: 'broke' }])).toEqual(['pass', 'pass', 'pass']);
  });
});
