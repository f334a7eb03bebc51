import type { OtherFacts } from './facts-model.ts';

/** Counts what has no place of its own, with the first example of each. */
export interface Tally {
  add(what: string, example: string): void;
  list(): readonly OtherFacts[];
}

/** An empty tally. */
export const createTally = (): Tally => {
  const entries = new Map<string, { count: number; readonly example: string }>();
  return {
    add: (what, example) => {
      const entry = entries.get(what);
      if (entry) entry.count += 1;
      else entries.set(what, { count: 1, example });
    },
    list: () => [...entries].map(([what, { count, example }]) => ({ what, count, example })),
  };
};
