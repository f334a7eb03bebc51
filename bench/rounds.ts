const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
};

/** Middle, lowest and highest of some rounds. */
export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Where the rounds of one figure lay. */
export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  lowest: Math.min(...values),
  highest: Math.max(...values),
});

/** Measures each contestant once a round, the last of a round first in the next; gives what each measured, in the order of contestants. */
export const inTurns = async <Contestant, Measured>(
  contestants: readonly Contestant[],
  rounds: number,
  measure: (contestant: Contestant, round: number) => Promise<Measured>,
): Promise<readonly (readonly Measured[])[]> => {
  const all = contestants.map((): Measured[] => []);
  const order = [...contestants.keys()];
  for (let round = 0; round < rounds; round += 1) {
    for (const index of order) {
      const contestant = contestants[index];
      if (contestant !== undefined) all[index]?.push(await measure(contestant, round));
    }
    order.reverse();
  }
  return all;
};
