import type * as fc from 'fast-check';
import type { FuzzTarget } from '../target.ts';
import { randomOf } from './random.ts';

/** Cases near the ends of their ranges come more often at first, as with fast-check's own runner. */
const biasOf = (number: number): number => 2 + Math.floor(Math.log10(number + 1));

/** The case of a number in the run of a seed. */
export const caseOf = (target: FuzzTarget, seed: number, number: number): fc.Value<unknown> =>
  target.cases.generate(randomOf(seed, number), biasOf(number));

/** What a case is shrunk to, simplest first. */
export const simplerThan = (
  target: FuzzTarget,
  value: fc.Value<unknown>,
): fc.Stream<fc.Value<unknown>> => target.cases.shrink(value.value_, value.context);

/** The case at a path; undefined where the path leads nowhere, as it does once generators have changed. */
export const caseAt = (target: FuzzTarget, seed: number, path: string): unknown => {
  const [number = 0, ...steps] = path.split(':').map(Number);
  let value = caseOf(target, seed, number);
  for (const step of steps) {
    const { value: next } = simplerThan(target, value).drop(step).next();
    if (next === undefined) return undefined;
    value = next;
  }
  return value.value;
};
