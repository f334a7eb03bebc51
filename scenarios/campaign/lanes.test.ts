import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { assignLanes, groupsOf } from './lanes.ts';

const activity = (id: string, expected: number, after: readonly string[] = []) => ({
  id,
  effect: 'does nothing to it',
  disturbs: false,
  after: [...after],
  expected,
});

describe('groups of activities', () => {
  it('hold together what builds on each other, directly or through others, in the plan’s order', () => {
    const plan = [
      activity('a', 1),
      activity('b', 1),
      activity('c', 1, ['a']),
      activity('d', 1),
      activity('e', 1, ['b', 'd']),
      activity('f', 1, ['c']),
    ];
    const ids = groupsOf(plan).map((group) => group.map(({ id }) => id).join(''));
    expect(ids.toSorted()).toEqual(['acf', 'bde']);
  });
});

describe('lanes', () => {
  const plan = [
    activity('short', 1_000),
    activity('call', 3_000),
    activity('after', 4_000, ['call']),
    activity('long', 6_000),
  ];

  it('are one where only one may be', () => {
    expect(assignLanes(plan, 1)).toEqual([['short', 'call', 'after', 'long']]);
  });

  it('take the longest group first, to the lane that is free first', () => {
    expect(assignLanes(plan, 2, 0)).toEqual([
      ['call', 'after'],
      ['short', 'long'],
    ]);
  });

  it('are fewer where a further one costs more than it saves', () => {
    expect(assignLanes(plan, 4, 0)).toHaveLength(2);
    expect(assignLanes(plan, 4, 2_500)).toHaveLength(2);
    expect(assignLanes(plan, 4, 20_000)).toHaveLength(1);
  });

  it('are none where there is nothing to do', () => {
    expect(assignLanes([], 2)).toEqual([]);
  });

  /** Activities that build on earlier ones only. */
  const plans = fc
    .array(fc.record({ expected: fc.nat(9_000), after: fc.array(fc.nat(20), { maxLength: 2 }) }), {
      maxLength: 12,
    })
    .map((entries) =>
      entries.map(({ expected, after }, index) =>
        activity(
          `a${index}`,
          expected,
          after.filter((each) => each < index).map((each) => `a${each}`),
        ),
      ),
    );

  test.prop([plans, fc.integer({ min: 1, max: 5 }), fc.nat(5_000)])(
    'have every activity once, with all that it builds on before it in the same lane, and the same each time',
    (activities, most, further) => {
      const lanes = assignLanes(activities, most, further);
      expect(lanes.length).toBeLessThanOrEqual(most);
      expect(lanes.flat().toSorted()).toEqual(activities.map(({ id }) => id).toSorted());
      for (const lane of lanes)
        for (const [index, id] of lane.entries()) {
          const after = activities.find((each) => each.id === id)?.after ?? [];
          expect(lane.slice(0, index)).toEqual(expect.arrayContaining(after));
        }
      expect(assignLanes(activities, most, further)).toEqual(lanes);
    },
  );
});
