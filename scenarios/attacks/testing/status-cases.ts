import { all, without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  statusActivity,
  statusAttemptsSchema,
  type StatusAttempt,
} from '../activities/status-evidence.ts';
import { statusRows } from '../status-answers.ts';

/** A role of the phone, and how its attempts say what came of them. */
interface RoleCases {
  readonly suffix: 'callee' | 'caller';
  readonly file: string;
  readonly accepted: Partial<StatusAttempt>;
  readonly rejected: Partial<StatusAttempt>;
  readonly undecided: Partial<StatusAttempt>;
}

const roleCases: readonly RoleCases[] = [
  {
    suffix: 'callee',
    file: 'called.json',
    accepted: { accepted: true, answer: 200 },
    rejected: { accepted: false, answer: 480 },
    undecided: { accepted: false, answer: 'deadline' },
  },
  {
    suffix: 'caller',
    file: 'calling.json',
    accepted: { accepted: true, answer: 'proof' },
    rejected: { accepted: false, answer: 'bare-ack' },
    undecided: { accepted: false, answer: 'no-ack' },
  },
];

const changing =
  ({ file }: RoleCases) =>
  (change: (attempt: StatusAttempt, index: number) => Partial<StatusAttempt> | null): Alteration =>
    withJson(statusActivity, file, statusAttemptsSchema, (attempts) =>
      attempts.flatMap((attempt, index) => {
        const changed = change(attempt, index);
        return changed === null ? [] : [{ ...attempt, ...changed }];
      }),
    );

const missing = (id: string, { file }: RoleCases): readonly JudgeCase[] => [
  undecided(id, 'no evidence', /not among the evidence/, without(statusActivity, file)),
  undecided(
    id,
    'an activity that failed',
    /^activity status-phones/,
    withOutcome(statusActivity, { status: 'failed', reason: 'no enrolment' }),
  ),
];

const groupCases = (role: RoleCases, group: keyof typeof statusRows): readonly JudgeCase[] => {
  const id = `attacks/X8/${group}-${role.suffix}`;
  const names = statusRows[group];
  const [name = ''] = names;
  const change = changing(role);
  const only = (wanted: string, to: Partial<StatusAttempt> | null): Alteration =>
    change((attempt) => (attempt.name === wanted ? to : {}));
  const controls = (to: Partial<StatusAttempt> | null): Alteration =>
    change((attempt) => (attempt.group === 'control' ? to : {}));
  const nothing = { list: 0, ocsp: 0 };
  return [
    ...missing(id, role),
    ...names.map((each) =>
      failing(
        id,
        `a call after "${each}"`,
        /took its peer’s certificate/,
        only(each, role.accepted),
      ),
    ),
    failing(
      id,
      `a call after "${name}" without a question`,
      /took its peer’s certificate/,
      only(name, { ...role.accepted, asked: nothing }),
    ),
    undecided(id, `"${name}" not tried`, /was not tried/, only(name, null)),
    undecided(id, `no reaction to "${name}"`, /decided nothing/, only(name, role.undecided)),
    undecided(id, `refused before "${name}"`, /before it heard/, only(name, { asked: nothing })),
    undecided(
      id,
      `"${name}" refused for another reason`,
      /for another reason/,
      only(name, { refusals: [{ code: 'csl/time', detail: '' }] }),
    ),
    undecided(id, 'a control that was refused', /the control/, controls(role.rejected)),
    undecided(id, 'a control that asked nothing', /the control/, controls({ asked: nothing })),
    undecided(id, 'no control', /the control/, controls(null)),
  ];
};

/** The first control. */
const first = (attempts: readonly StatusAttempt[]): StatusAttempt | undefined =>
  attempts.find(({ group }) => group === 'control');

const oneByOne = (role: RoleCases): readonly JudgeCase[] => {
  const change = changing(role);
  const named = (wanted: string, to: Partial<StatusAttempt>): Alteration =>
    change((attempt) => (attempt.name === wanted ? to : {}));
  const kept = { ...role.accepted, asked: { list: 0, ocsp: 1 } };
  return [
    undecided(
      `attacks/X8/root-list-${role.suffix}`,
      'a list kept from an earlier call',
      /kept a list from before/,
      all(
        named('list-truncated', kept),
        withJson(statusActivity, role.file, statusAttemptsSchema, (attempts) =>
          attempts.toSorted(
            (a, b) => Number(b === first(attempts)) - Number(a === first(attempts)),
          ),
        ),
      ),
    ),
    tolerated(
      `attacks/X8/status-not-good-${role.suffix}`,
      'an unknown certificate taken for a revoked one',
      /csl\/revoked/,
      named('unknown', { refusals: [{ code: 'csl/revoked', detail: '' }] }),
    ),
    undecided(
      `attacks/X8/status-not-good-${role.suffix}`,
      'a revoked certificate for which nothing was to be heard',
      /for another reason/,
      named('revoked', { refusals: [{ code: 'csl/revocation-unavailable', detail: '' }] }),
    ),
    undecided(
      `attacks/X8/no-status-${role.suffix}`,
      'the last control refused',
      /the control/,
      change(({ group }, index) => (group === 'control' && index > 20 ? role.rejected : {})),
    ),
    tolerated(
      `attacks/X8/root-list-${role.suffix}`,
      'the last control refused, which is none of the lists’',
      /there was a call/,
      change(({ group }, index) => (group === 'control' && index > 20 ? role.rejected : {})),
    ),
  ];
};

/** What phones can do with answers about revocation that have one fault. */
export const statusCases: readonly JudgeCase[] = roleCases.flatMap((role) => [
  ...(Object.keys(statusRows) as readonly (keyof typeof statusRows)[]).flatMap((group) =>
    groupCases(role, group),
  ),
  ...oneByOne(role),
]);
