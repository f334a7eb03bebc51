import type { Plan } from '../../reports/model/run.ts';

/** Activities that one instance of the target serves, in order. */
export type Lane = readonly string[];

type Planned = NonNullable<Plan['activities']>[number];

/** Milliseconds that a further lane costs at its start: the program, an instance of the target, its controls. */
export const laneCost = 2_500;

/** Activities that build on each other, directly or through others: one instance must serve all of a group. */
export const groupsOf = (activities: readonly Planned[]): readonly (readonly Planned[])[] => {
  const groups: Planned[][] = [];
  for (const activity of activities) {
    const related = groups.filter((group) =>
      group.some(({ id, after }) => activity.after.includes(id) || after.includes(activity.id)),
    );
    const merged = [...related.flat(), activity];
    groups.push(merged);
    for (const group of related) groups.splice(groups.indexOf(group), 1);
  }
  const order = new Map(activities.map(({ id }, index) => [id, index]));
  const place = ({ id }: Planned): number => order.get(id) ?? 0;
  return groups.map((group) => group.toSorted((left, right) => place(left) - place(right)));
};

const lasting = (activities: readonly Planned[]): number =>
  activities.reduce((total, { expected }) => total + expected, 0);

/** Each group to the lane that is free first, longest group first. */
const deal = (
  groups: readonly (readonly Planned[])[],
  count: number,
  further: number,
): readonly Planned[][] => {
  const lanes: Planned[][] = Array.from({ length: count }, () => []);
  const cost = (lane: Planned[]): number => lasting(lane) + (lane === lanes[0] ? 0 : further);
  for (const group of groups.toSorted((left, right) => lasting(right) - lasting(left))) {
    const [free] = lanes.toSorted((left, right) => cost(left) - cost(right));
    free?.push(...group);
  }
  return lanes.filter((lane) => lane.length > 0);
};

/** Milliseconds that the longest lane is expected to take. */
const longest = (lanes: readonly (readonly Planned[])[], further: number): number =>
  Math.max(0, ...lanes.map((lane, index) => lasting(lane) + (index === 0 ? 0 : further)));

/**
 * Deals activities to at most so many lanes, to fewer where more would not be quicker; `further` is what each but the first
 * costs, in milliseconds. Activities of a lane stand in the plan's order.
 */
export const assignLanes = (
  activities: readonly Planned[],
  most: number,
  further: number = laneCost,
): readonly Lane[] => {
  const groups = groupsOf(activities);
  const candidates = Array.from({ length: Math.max(1, most) }, (_, index) =>
    deal(groups, index + 1, further),
  );
  let best = candidates[0] ?? [];
  for (const candidate of candidates)
    if (longest(candidate, further) < longest(best, further)) best = candidate;
  const order = new Map(activities.map(({ id }, index) => [id, index]));
  return best.map((lane) =>
    lane
      .map(({ id }) => id)
      .toSorted((left, right) => (order.get(left) ?? 0) - (order.get(right) ?? 0)),
  );
};
