import { z } from 'zod';
import { without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const attempts = z.array(
  z.looseObject({
    role: z.enum(['caller', 'callee']),
    fault: z.string(),
    outcome: z.looseObject({ kind: z.string() }),
    refusals: z.array(z.string()),
  }),
);
type Attempt = z.infer<typeof attempts>[number];

export const inAttempts = (change: (value: Attempt[]) => unknown): Alteration =>
  withJson('malicious-calls', 'attempts.json', attempts, change);

export type Role = Attempt['role'];

export const noMedia = { packets: 0, verified: 0 };
export const media = { packets: 15, verified: 0 };

/** The attempt of a role with a fault, changed. */
export const attempt = (role: Role, fault: string, change: Partial<Attempt>): Alteration =>
  inAttempts((made) =>
    made.map((each) =>
      each.role === role && each.fault === fault ? { ...each, ...change } : each,
    ),
  );

export const asCaller = (bye: boolean, heard: object) => ({
  outcome: { kind: 'answered', answer: 'verified', bye, media: heard },
});
export const asCallee = (ack: string, bye: boolean, heard: object) => ({
  outcome: { kind: 'reacted', ack, bye, media: heard },
});

const isControl = (role: Role) => (each: Attempt) => each.role === role && each.fault === 'none';

export const controlCases = (id: string, role: Role): readonly JudgeCase[] => {
  const bad = role === 'caller' ? asCaller(true, noMedia) : asCallee('wrong', false, noMedia);
  const reason = /the control calls/;
  return [
    undecided(id, `the controls of the ${role} ended`, reason, attempt(role, 'none', bad)),
    undecided(
      id,
      `the last control of the ${role} without audio`,
      reason,
      inAttempts((made) => {
        const last = made.findLast(isControl(role));
        Object.assign(last?.outcome ?? {}, { media: noMedia });
      }),
    ),
    undecided(
      id,
      `no last control of the ${role}`,
      reason,
      inAttempts((made) => made.toSpliced(made.findLastIndex(isControl(role)), 1)),
    ),
    undecided(
      id,
      `no controls of the ${role}`,
      reason,
      inAttempts((made) => made.filter((each) => !isControl(role)(each))),
    ),
  ];
};

export const missing = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no calls', /not among the evidence/, without('malicious-calls', 'attempts.json')),
  undecided(
    id,
    'an empty list',
    /was not tried|the control/,
    inAttempts(() => []),
  ),
  undecided(
    id,
    'calls of the wrong shape',
    /not among the evidence/,
    inAttempts(() => ({})),
  ),
  undecided(
    id,
    'an activity that failed',
    /activity malicious-calls/,
    withOutcome('malicious-calls', { status: 'failed', reason: 'could not enrol' }),
  ),
];
