import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  asCallee,
  asCaller,
  attempt,
  controlCases,
  inAttempts,
  missing,
  noMedia,
} from './call-alterations.ts';

const agreed = 'attacks/K13/leading-zeros';

const leadingZeroCases = (
  [
    ['caller', 'leading-zero-value'],
    ['callee', 'leading-zero-value'],
    ['callee', 'leading-zero-secret'],
  ] as const
).flatMap(([role, fault]) => [
  ...controlCases(agreed, role),
  failing(
    agreed,
    `${fault} of the ${role}: other keys`,
    /came to other keys/,
    attempt(role, fault, {
      ...(role === 'caller' ? asCaller(true, noMedia) : asCallee('absent', true, noMedia)),
      refusals: ['csl/tag'],
    }),
  ),
  undecided(
    agreed,
    `${fault} of the ${role}: no audio`,
    /did not come about/,
    attempt(
      role,
      fault,
      role === 'caller' ? asCaller(false, noMedia) : asCallee('verified', false, noMedia),
    ),
  ),
  undecided(
    agreed,
    `${fault} of the ${role}: not tried`,
    /was not tried/,
    inAttempts((made) => made.filter((each) => each.role !== role || each.fault !== fault)),
  ),
]);

const valueCases = (['caller', 'callee'] as const).map((role) =>
  failing(
    'attacks/K1/degenerate-values',
    `computed with by the ${role}’s phone`,
    /was computed with/,
    attempt(role, 'public-value-non-residue', {
      ...(role === 'caller'
        ? { outcome: { kind: 'refused', status: 403, media: noMedia } }
        : asCallee('absent', true, noMedia)),
      refusals: ['csl/tag'],
    }),
  ),
);

/** What calls with rare values, and with values that must not be computed with, can come to. */
export const agreementCases: readonly JudgeCase[] = [
  ...missing(agreed),
  ...leadingZeroCases,
  ...valueCases,
];
