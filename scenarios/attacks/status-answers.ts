import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import {
  statusActivity,
  statusAttemptsSchema,
  type StatusAttempt,
} from './activities/status-evidence.ts';

type Group = Exclude<StatusAttempt['group'], 'control'>;

/** What must have been tried, by scenario. */
export const statusRows: Readonly<Record<Group, readonly string[]>> = {
  'root-list': [
    'list-expired',
    'list-not-yet-valid',
    'list-of-another-authority',
    'list-in-another-name',
    'list-signed-by-another',
    'list-signature-altered',
    'list-unknown-critical-extension',
    'list-unknown-critical-in-entry',
    'list-absent',
    'list-closed',
    'list-truncated',
  ],
  'status-not-good': ['revoked', 'unknown'],
  'replayed-status': ['replayed', 'no-nonce', 'other-nonce'],
  'status-of-another': ['other-serial', 'other-issuer'],
  'status-signer': [
    'other-key',
    'signature-altered',
    'server-authority',
    'certificate-without-purpose',
  ],
  'status-times': [
    'next-update-past',
    'produced-yesterday',
    'this-update-future',
    'produced-in-future',
  ],
  'no-status': ['try-later', 'server-error', 'truncated', 'noise', 'closed', 'silence'],
};

const roles = {
  callee: { file: 'called.json', subject: 'a phone that was called' },
  caller: { file: 'calling.json', subject: 'a phone that called' },
} as const;
type Role = keyof typeof roles;

const pathOf = (role: Role): string => `evidence/${statusActivity}/${roles[role].file}`;

/** Codes by which a phone says that revocation was the reason; what is said of an unknown certificate is not laid down. */
const reasonsFor = (name: string): readonly string[] => {
  if (name === 'revoked') return ['csl/revoked'];
  return ['csl/revocation-unavailable', ...(name === 'unknown' ? ['csl/revoked'] : [])];
};

const loggedOf = ({ refusals }: StatusAttempt): string =>
  refusals.map(({ code, detail }) => `${code} (${detail})`).join(', ') || 'nothing';

/** Whether what is wrong was shown at all; a list that was taken before is kept. */
const wasAsked = ({ group, asked }: StatusAttempt): boolean =>
  (group === 'root-list' ? asked.list : asked.ocsp) > 0;

/** `mayKnow`: the phone may rely on a list that it took earlier. */
const judgeAttempt = (role: Role, attempt: StatusAttempt, mayKnow: boolean): Finding | null => {
  const { group, name, accepted, answer, refusals } = attempt;
  const { subject } = roles[role];
  const path = pathOf(role);
  if (accepted)
    return group === 'root-list' && !wasAsked(attempt) && mayKnow
      ? inconclusive(`"${name}" was not shown to ${subject}: it kept a list from before`, [path])
      : fail(
          `${subject} took its peer’s certificate after hearing "${name}"`,
          'no answer about revocation that holds, no call (I-7)',
          `a call; ${wasAsked(attempt) ? '' : 'it did not ask; '}logged: ${loggedOf(attempt)}`,
          [path],
        );
  if (answer === 'deadline' || answer === 'no-ack')
    return inconclusive(`${subject} decided nothing on "${name}"`, [path]);
  if (!wasAsked(attempt))
    return inconclusive(`${subject} refused before it heard "${name}": ${loggedOf(attempt)}`, [
      path,
    ]);
  const reasons = reasonsFor(name);
  return refusals.some(({ code }) => reasons.includes(code))
    ? null
    : inconclusive(`${subject} refused "${name}" for another reason: ${loggedOf(attempt)}`, [path]);
};

/** Answers are tried between two controls; lists before one at which the right list is fetched. */
const controlProblem = (
  role: Role,
  group: Group,
  attempts: readonly StatusAttempt[],
): Finding | null => {
  const controls = attempts.filter((each) => each.group === 'control');
  const needed = group === 'root-list' ? controls.slice(0, 1) : controls;
  const isWhole =
    controls.length === 2 &&
    needed.every(
      ({ accepted, asked }) =>
        accepted && (group === 'root-list' ? asked.list > 0 : asked.ocsp > 0),
    );
  return isWhole
    ? null
    : inconclusive(
        `the control, right answers about the same certificate, did not lead ${roles[role].subject} to a call`,
        [pathOf(role)],
      );
};

const judgeGroup = (role: Role, group: Group, evidence: Evidence): Finding => {
  const { file, subject } = roles[role];
  const path = pathOf(role);
  const attempts = evidence.json(statusActivity, file, statusAttemptsSchema);
  if (!attempts) return inconclusive(`what ${subject} did is not among the evidence`, [path]);
  const own = attempts.filter((each) => each.group === group);
  const found = worst(
    own.map((each) => {
      const earlier = attempts.slice(0, attempts.indexOf(each));
      return judgeAttempt(
        role,
        each,
        earlier.some(({ accepted }) => accepted),
      );
    }),
  );
  if (found?.kind === 'fail') return found;
  const missing = statusRows[group].find((name) => !own.some((each) => each.name === name));
  const problem =
    controlProblem(role, group, attempts) ??
    (missing === undefined ? null : inconclusive(`"${missing}" was not tried`, [path])) ??
    found;
  if (problem) return problem;
  const told = own.map(
    ({ name, refusals }) => `${name}: ${refusals.map(({ code }) => code).join(', ')}`,
  );
  return pass(`${subject}, ${told.join('; ')}; with right answers there was a call`, [path]);
};

const scenarioOf = (role: Role, group: Group): Scenario => ({
  id: `attacks/X8/${group}-${role}`,
  revision: 1,
  claims: ['4.d'],
  activities: [statusActivity],
  needs: ['enrol', 'call', 'refusal-log'],
  judge: (evidence) => judgeGroup(role, group, evidence),
});

/** What phones are told about the revocation of their peers, with one fault each (catalogue X8). */
export const statusAttacks: readonly Scenario[] = (['callee', 'caller'] as const).flatMap((role) =>
  (Object.keys(statusRows) as readonly Group[]).map((group) => scenarioOf(role, group)),
);
