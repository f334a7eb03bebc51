import { without, withOutcome } from '../../testing/altered.ts';
import { undecided, type JudgeCase } from '../../testing/judge-cases.ts';

/** Every file of an activity can be missing, and the activity can fail. */
export const missing = (id: string, activity: string, file: string): readonly JudgeCase[] => [
  undecided(id, 'no evidence', /not among the evidence/, without(activity, file)),
  undecided(
    id,
    'an activity that failed',
    /^activity enrolment-/,
    withOutcome(activity, { status: 'failed', reason: 'no SMS' }),
  ),
];

interface Named {
  readonly name: string;
}

/** The entries of that name changed, or removed (null). */
export const named =
  (name: string, change: object | null) =>
  (all: readonly Named[]): readonly object[] =>
    all.flatMap((each) => (each.name === name ? (change ? [{ ...each, ...change }] : []) : [each]));
