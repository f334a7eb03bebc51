import { isDeepStrictEqual } from 'node:util';
import { toHex } from '../reference/core/bytes.ts';
import { PropertyFault } from './target.ts';

const shownLength = 400;

const shown = (value: unknown): string => {
  if (typeof value === 'string') return value.slice(0, shownLength);
  const text = JSON.stringify(value, (_key, each: unknown) => {
    if (each instanceof Uint8Array) return toHex(each.subarray(0, shownLength));
    if (each instanceof Map || each instanceof Set) return [...each];
    return typeof each === 'bigint' ? String(each) : each;
  });
  return (text ?? String(value)).slice(0, shownLength);
};

/** Demands that two byte strings are the same. */
export const sameBytes = (property: string, expected: Uint8Array, observed: Uint8Array): void => {
  if (Buffer.compare(expected, observed) !== 0)
    throw new PropertyFault(property, shown(expected), shown(observed));
};

/** Demands that two values are equal in all their parts. */
export const sameValue = (property: string, expected: unknown, observed: unknown): void => {
  if (!isDeepStrictEqual(expected, observed))
    throw new PropertyFault(property, shown(expected), shown(observed));
};

/** Demands that something holds; `observed` is made only when it does not. */
export const demand = (
  property: string,
  holds: boolean,
  expected: string,
  observed: () => unknown,
): void => {
  if (!holds) throw new PropertyFault(property, expected, shown(observed()));
};
