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
  attemptsSchema,
  signallingRequestsActivity,
  type SignallingAttempt,
} from './activities/signalling-evidence.ts';

/** How a request must be refused: by one of these statuses, for one of these reasons in the appliance's log. */
export interface Refused {
  readonly attempt: string;
  readonly statuses: readonly number[];
  readonly codes: readonly string[];
  /** A stream that cannot be read further may be closed without an answer. */
  readonly mayClose?: boolean;
}

/** One way of refusing for many attempts. */
export const refusedAlike = (
  attempts: readonly string[],
  rest: Omit<Refused, 'attempt'>,
): readonly Refused[] => attempts.map((attempt) => ({ attempt, ...rest }));

export const replyText = ({ reply, codes }: Pick<SignallingAttempt, 'reply' | 'codes'>): string => {
  const what = reply.kind === 'answered' ? `answered with ${reply.status}` : reply.kind;
  return codes.length === 0 ? what : `${what}, logged: ${codes.join(', ')}`;
};

/** Let through to the phone called, or carried out. */
const wasTaken = ({ reply, reached }: SignallingAttempt): boolean =>
  reached || (reply.kind === 'answered' && reply.status < 300);

const expectedText = ({ statuses, codes, mayClose }: Refused): string =>
  `refused with ${statuses.join(' or ')}${mayClose ? ' or by closing the connection' : ''}, for the reason ${codes.join(' or ')}`;

const judgeRefusal = (
  attempts: readonly SignallingAttempt[],
  refused: Refused,
  path: string,
): Finding | null => {
  const made = attempts.filter(({ attempt }) => attempt === refused.attempt);
  const taken = made.find(wasTaken);
  if (taken)
    return fail(
      `the request "${taken.attempt}" was ${taken.reached ? 'passed on to the phone called' : 'accepted'}`,
      expectedText(refused),
      replyText(taken),
      [path],
    );
  if (made.length === 0) return inconclusive(`"${refused.attempt}" was not tried`, [path]);
  const unclear = made.find(
    ({ reply, codes }) =>
      !(
        (reply.kind === 'answered' && refused.statuses.includes(reply.status)) ||
        (reply.kind === 'closed' && refused.mayClose === true)
      ) || !refused.codes.some((code) => codes.includes(code)),
  );
  return unclear
    ? inconclusive(`"${unclear.attempt}" was not refused for its fault: ${replyText(unclear)}`, [
        path,
      ])
    : null;
};

/** A request without the fault: it reaches the phone called, or is answered by 200. */
export interface Control {
  readonly attempt: string;
  readonly must: 'reach' | '200';
}

const controlProblem = (
  attempts: readonly SignallingAttempt[],
  { attempt, must }: Control,
  path: string,
): Finding | null => {
  const made = attempts.filter((each) => each.attempt === attempt);
  const good = made.filter(({ reached, reply }) =>
    must === 'reach' ? reached : reply.kind === 'answered' && reply.status === 200,
  );
  return made.length > 0 && good.length === made.length
    ? null
    : inconclusive(
        `the control "${attempt}" did not come through: ${made[0] ? replyText(made[0]) : 'not made'}`,
        [path],
      );
};

/** Every attempt must be refused for its fault, while the controls come through. */
export const judgeAttempts = (
  attempts: readonly SignallingAttempt[],
  refusals: readonly Refused[],
  controls: readonly Control[],
  path: string,
): Finding => {
  const findings = [
    ...refusals.map((refused) => judgeRefusal(attempts, refused, path)),
    ...controls.map((control) => controlProblem(attempts, control, path)),
  ];
  return (
    worst(findings) ??
    pass(
      `${refusals.length} requests were each refused for their fault; without it, ${controls.map(({ attempt }) => attempt).join(' and ')} came through`,
      [path],
    )
  );
};

/** The attempts of one file of the activity; a finding where there are none. */
export const attemptsOf = (
  evidence: Evidence,
  file: string,
): readonly SignallingAttempt[] | Finding =>
  evidence.json(signallingRequestsActivity, file, attemptsSchema) ??
  inconclusive(`the attempts are not among the evidence (${file})`);

/** A scenario of requests that must be refused one by one. */
export const requestScenario = (
  id: string,
  claims: readonly string[],
  file: string,
  refusals: readonly Refused[],
  controls: readonly Control[],
  further: (attempts: readonly SignallingAttempt[], path: string) => Finding | null = () => null,
): Scenario => ({
  id: `attacks/${id}`,
  revision: 1,
  claims,
  activities: [signallingRequestsActivity],
  needs: ['call', 'refusal-log'],
  judge(evidence) {
    const attempts = attemptsOf(evidence, file);
    if ('kind' in attempts) return attempts;
    const path = `evidence/${signallingRequestsActivity}/${file}`;
    const judged = judgeAttempts(attempts, refusals, controls, path);
    return worst([further(attempts, path), judged.kind === 'pass' ? null : judged]) ?? judged;
  },
});
