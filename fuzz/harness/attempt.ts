import { PropertyFault, type FuzzTarget } from '../target.ts';

/** Milliseconds that a case of a target may take unless it says otherwise. */
const usualLimit = 1_000;

/** What a case violates. */
export interface Violation {
  readonly property: string;
  readonly expected: string;
  readonly observed: string;
}

/** What became of one case: the shapes it reached, or what it violates. */
export type Attempt =
  | { readonly shapes: readonly string[] | string; readonly violation: null }
  | { readonly shapes: null; readonly violation: Violation };

/** Milliseconds that one case of a target may take. */
export const limitOf = (target: FuzzTarget): number => target.limit ?? usualLimit;

const shortened = (text: string): string =>
  text.length <= 2_000 ? text : `${text.slice(0, 2_000)}… (${text.length} characters)`;

const firstLines = (error: unknown): string =>
  error instanceof Error
    ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ').replaceAll(/\s+/g, ' ')
    : String(error);

const violationOf = (error: unknown): Violation =>
  error instanceof PropertyFault
    ? {
        property: error.property,
        expected: shortened(error.expected),
        observed: shortened(error.observed),
      }
    : {
        property: 'total',
        expected: 'a value or a named error',
        observed: `thrown: ${shortened(firstLines(error))}`,
      };

const checked = (target: FuzzTarget, value: unknown): Attempt => {
  try {
    return { shapes: target.check(value), violation: null };
  } catch (error) {
    return { shapes: null, violation: violationOf(error) };
  }
};

/** The least time of three, since a busy machine makes any single one long. */
const leastTime = (target: FuzzTarget, value: unknown, first: number): number => {
  let least = first;
  for (let again = 0; again < 2 && least > limitOf(target); again += 1) {
    const begun = performance.now();
    checked(target, value);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
};

/** Checks one case. One that takes too long three times in a row violates `bounded time`. */
export const attempt = (target: FuzzTarget, value: unknown): Attempt => {
  const begun = performance.now();
  const outcome = checked(target, value);
  const took = performance.now() - begun;
  if (took <= limitOf(target) || outcome.violation !== null) return outcome;
  const least = leastTime(target, value, took);
  if (least <= limitOf(target)) return outcome;
  return {
    shapes: null,
    violation: {
      property: 'bounded time',
      expected: `at most ${limitOf(target)} ms`,
      observed: `${Math.round(least)} ms`,
    },
  };
};
