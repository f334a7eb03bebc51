import { describe, expect, it } from 'vitest';
import { claims, personOnly } from '../claims/catalogue.ts';
import { repertoire } from '../repertoire.ts';
import { activitiesOf, makePlan, type Repertoire } from './plan.ts';
import { fakeActivity, fakeScenario, repertoireOf, usualSelection } from './testing/fakes.ts';

const planOf = (only: readonly string[], from: Repertoire) => {
  const plan = makePlan({ ...usualSelection, only }, from);
  if (!plan.ok) throw new Error(plan.error.detail);
  return plan.value;
};

const small = repertoireOf(
  [
    fakeScenario('two', { claims: ['5.1.k', '2.1.h'], activities: ['scan'], revision: 3 }),
    fakeScenario('one', { claims: ['2.1.a'], activities: ['call'] }),
  ],
  [fakeActivity('call'), fakeActivity('scan')],
);

describe('choosing claims', () => {
  it('takes every claim that has a scenario, in the order of the catalogue, when none is named', () => {
    expect(planOf([], small).selected).toEqual(['2.1.a', '2.1.h', '5.1.k']);
  });

  it('takes the named ones once each, in the order of the catalogue', () => {
    expect(planOf(['5.1.k', '2.1.a', '5.1.k'], small).selected).toEqual(['2.1.a', '5.1.k']);
  });

  it('takes a scenario by its name, and says that its claims rest on it alone', () => {
    const third = fakeScenario('three', { claims: ['5.1.k'], activities: ['call'] });
    const plan = planOf(['three', '2.1.a'], {
      ...small,
      scenarios: [...small.scenarios, third],
    });
    expect(plan).toMatchObject({ selected: ['2.1.a', '5.1.k'], byScenario: ['5.1.k'] });
    expect(plan.scenarios.map(({ id }) => id)).toEqual(['one', 'three']);
    expect(planOf(['5.1.k'], small)).not.toHaveProperty('byScenario');
  });

  it('refuses a claim that the catalogue does not have, by its name', () => {
    expect(makePlan({ ...usualSelection, only: ['2.1.a', '9.9.z'] }, small)).toMatchObject({
      ok: false,
      error: { code: 'unknown-claim', detail: '9.9.z' },
    });
  });

  it('keeps apart what only a person can judge', () => {
    const plan = planOf(['2.1.i', '2.1.a'], small);
    expect(personOnly.map((claim) => claim.id)).toContain('2.1.i');
    expect(plan).toMatchObject({ selected: ['2.1.a', '2.1.i'], byPerson: ['2.1.i'] });
  });

  it('names every claim it leaves out, with the reason', () => {
    const { leftOut, selected } = planOf(['2.1.a'], small);
    expect(leftOut).toContainEqual({ claim: '5.1.k', reason: 'not selected' });
    expect(leftOut).toContainEqual({ claim: '2.1.i', reason: 'only a person can judge it' });
    expect(leftOut).toContainEqual({ claim: '2.1.b', reason: 'no scenario shows it yet' });
    expect([...selected, ...leftOut.map(({ claim }) => claim)].toSorted()).toEqual(
      claims.map((claim) => claim.id).toSorted(),
    );
  });

  it('selects a claim without scenario when it is named, so that it is judged unsupported', () => {
    expect(planOf(['2.1.b'], small)).toMatchObject({ selected: ['2.1.b'], scenarios: [] });
  });

  it('plans the scenarios of the selected claims, for these claims only', () => {
    expect(planOf(['2.1.h'], small).scenarios).toEqual([
      { id: 'two', revision: 3, claims: ['2.1.h'], activities: ['scan'] },
    ]);
  });
});

describe('a lab that cannot have what a scenario needs', () => {
  const labs = repertoireOf(
    [
      fakeScenario('everywhere', { claims: ['2.1.a'], activities: ['call'] }),
      fakeScenario('hosts', { claims: ['2.1.a', '2.3.a'], activities: ['firewall'] }),
      fakeScenario('behind', { claims: ['5.1.k'], activities: ['later'] }),
    ],
    [
      fakeActivity('call'),
      fakeActivity('firewall', { lab: 'hosts' }),
      fakeActivity('later', { after: ['firewall'] }),
    ],
  );
  const reason =
    'activity firewall needs a lab in which every part has a host of its own: --lab netns';

  it('leaves the scenario out, also behind another activity, and the claim where it has no other', () => {
    const plan = planOf([], labs);
    expect(plan.selected).toEqual(['2.1.a']);
    expect(plan.scenarios.map(({ id }) => id)).toEqual(['everywhere']);
    expect(plan.activities?.map(({ id }) => id)).toEqual(['call']);
    expect(plan.leftOut).toContainEqual({ claim: '2.3.a', reason: `hosts: ${reason}` });
    expect(plan.leftOut).toContainEqual({ claim: '5.1.k', reason: `behind: ${reason}` });
  });

  it('says of a claim that keeps others which were left out', () => {
    expect(planOf([], labs).scenariosLeftOut).toEqual([{ id: 'hosts', claims: ['2.1.a'], reason }]);
  });

  it('keeps a claim that is named, for a verdict that says so', () => {
    const plan = planOf(['2.3.a'], labs);
    expect(plan).toMatchObject({ selected: ['2.3.a'], scenarios: [], activities: [] });
    expect(plan.scenariosLeftOut).toEqual([{ id: 'hosts', claims: ['2.3.a'], reason }]);
  });

  it('is another one than that of namespaces', () => {
    const plan = makePlan({ ...usualSelection, lab: 'netns' }, labs);
    expect(plan.ok && plan.value.scenariosLeftOut).toEqual([]);
    expect(plan.ok && plan.value.activities?.map(({ id }) => id)).toEqual([
      'call',
      'firewall',
      'later',
    ]);
  });
});

describe('what a plan says of the activities', () => {
  const { controls: _controls, ...usual } = usualSelection;
  const planWith = (more: Partial<Parameters<typeof makePlan>[0]>) => {
    const plan = makePlan({ ...usual, ...more }, small);
    if (!plan.ok) throw new Error(plan.error.detail);
    return plan.value;
  };

  it('is their order, effect and usual time: measured, declared or neither', () => {
    const declared = repertoireOf(
      [fakeScenario('s', { activities: ['call', 'slow', 'new'] })],
      [fakeActivity('call'), fakeActivity('slow', { expected: 9_000 }), fakeActivity('new')],
    );
    const expected = (profile: 'quick' | 'full') => {
      const plan = makePlan({ ...usualSelection, profile }, declared);
      return plan.ok ? plan.value.activities?.map((each) => [each.id, each.expected]) : [];
    };
    expect(expected('quick')).toEqual([
      ['call', 2_900],
      ['slow', 9_000],
      ['new', 2_000],
    ]);
    expect(expected('full')).toContainEqual(['call', 11_000]);
  });

  it('is that controls come first and last when all claims are judged', () => {
    const plan = planWith({});
    expect(plan.controls).toMatchObject({ activities: ['control-first', 'control-last'] });
    expect(plan.scenarios.at(-1)).toEqual({
      id: '2.1/control',
      revision: 1,
      claims: ['2.1.a'],
      activities: ['control-first', 'control-last'],
    });
    expect(plan.activities?.map(({ id }) => id)).toEqual(['call', 'scan']);
  });

  it.each([
    ['single claims are named', { only: ['5.1.k'] }, /single claims/],
    ['the user wants none', { controls: false }, /single claims/],
    ['the target cannot', { capabilities: ['enrol'] }, /lacks the capability read-token/],
    ['there is nothing to do', { only: ['2.1.b'] }, /nothing to do/],
  ] as const)('is why there are none where %s', (_what, more, reason) => {
    const { controls, scenarios } = planWith(more);
    expect(controls?.activities).toEqual([]);
    expect(controls?.reason).toMatch(reason);
    expect(scenarios.some(({ id }) => id === '2.1/control')).toBe(false);
  });

  it('is that named claims have controls too where the user wants it', () => {
    const plan = planWith({ only: ['5.1.k'], controls: true });
    expect(plan.controls?.activities).toHaveLength(2);
    expect(plan.scenarios.map(({ id }) => id)).toEqual(['two']);
  });
});

describe('choosing activities', () => {
  it('takes those of the planned scenarios only', () => {
    expect(activitiesOf(planOf(['2.1.h'], small), small).map(({ id }) => id)).toEqual(['scan']);
  });

  it('adds those they build on, through several steps, in the order of the repertoire', () => {
    const chain = repertoireOf(
      [fakeScenario('s', { activities: ['third'] })],
      [
        fakeActivity('first'),
        fakeActivity('unrelated'),
        fakeActivity('second', { after: ['first'] }),
        fakeActivity('third', { after: ['second', 'first'] }),
      ],
    );
    const chosen = activitiesOf(planOf([], chain), chain).map(({ id }) => id);
    expect(chosen).toEqual(['first', 'second', 'third']);
  });

  it('comes to an end where two build on each other', () => {
    const loop = repertoireOf(
      [fakeScenario('s', { activities: ['a'] })],
      [fakeActivity('a', { after: ['b'] }), fakeActivity('b', { after: ['a'] })],
    );
    expect(activitiesOf(planOf([], loop), loop)).toHaveLength(2);
  });
});

describe('the repertoire', () => {
  const ids = repertoire.activities.map(({ id }) => id);

  it('gives every scenario and activity a name of its own', () => {
    const scenarios = repertoire.scenarios.map(({ id }) => id);
    expect(new Set(scenarios).size).toBe(scenarios.length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has every activity that a scenario reads, and every claim that it shows', () => {
    const known = new Set(claims.map(({ id }) => id));
    for (const scenario of repertoire.scenarios) {
      expect(ids, scenario.id).toEqual(expect.arrayContaining([...scenario.activities]));
      expect(scenario.claims.filter((claim) => !known.has(claim))).toEqual([]);
      expect(scenario.claims, scenario.id).not.toEqual([]);
    }
  });

  it('performs an activity only after those it builds on', () => {
    for (const [index, { id, after }] of repertoire.activities.entries())
      expect(ids.slice(0, index), id).toEqual(expect.arrayContaining([...after]));
  });
});
