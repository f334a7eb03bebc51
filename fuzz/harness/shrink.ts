import type * as fc from 'fast-check';
import type { FuzzTarget } from '../target.ts';
import { attempt, type Violation } from './attempt.ts';
import { caseOf, simplerThan } from './case.ts';

/** Most checks, and milliseconds unless told, that shrinking one failure may take. */
const bounds = { checks: 20_000, milliseconds: 15_000 } as const;

/** The simplest case found that violates a property. */
export interface Shrunk {
  readonly path: string;
  readonly value: unknown;
  readonly violation: Violation;
}

interface Search {
  checks: number;
  readonly end: number;
}

const stepDown = (
  target: FuzzTarget,
  value: fc.Value<unknown>,
  property: string,
  search: Search,
): {
  readonly step: number;
  readonly value: fc.Value<unknown>;
  readonly violation: Violation;
} | null => {
  let step = 0;
  for (const simpler of simplerThan(target, value)) {
    if (search.checks >= bounds.checks || performance.now() > search.end) return null;
    search.checks += 1;
    const { violation } = attempt(target, simpler.value);
    if (violation?.property === property) return { step, value: simpler, violation };
    step += 1;
  }
  return null;
};

/** Shrinks the case of a number to a simpler one that violates the same property. */
export const shrinkCase = (
  target: FuzzTarget,
  seed: number,
  number: number,
  found: Violation,
  milliseconds: number = bounds.milliseconds,
): Shrunk => {
  const search: Search = { checks: 0, end: performance.now() + milliseconds };
  let path = String(number);
  let value = caseOf(target, seed, number);
  let violation = found;
  // A case that takes too long is not tried again and again.
  if (found.property === 'bounded time') return { path, value: value.value, violation };
  for (;;) {
    const next = stepDown(target, value, found.property, search);
    if (next === null) return { path, value: value.value, violation };
    path = `${path}:${next.step}`;
    ({ value, violation } = next);
  }
};
