import { z } from 'zod';
import type { CallFault } from '../../simulators/attackers/call-faults.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';

const mediaSchema = z.object({ packets: z.number(), verified: z.number() });

const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('answered'),
    answer: z.string(),
    bye: z.boolean(),
    media: mediaSchema,
  }),
  z.object({ kind: z.literal('refused'), status: z.number(), media: mediaSchema }),
  z.object({ kind: z.enum(['deadline', 'closed']), media: mediaSchema }),
  z.object({
    kind: z.literal('reacted'),
    ack: z.enum(['verified', 'wrong', 'absent', 'none']),
    bye: z.boolean(),
    media: mediaSchema,
  }),
  z.object({ kind: z.literal('offer-unreadable'), code: z.string() }),
  z.object({ kind: z.literal('no-invite'), by: z.string() }),
]);

const attemptSchema = z.object({
  role: z.enum(['caller', 'callee']),
  fault: z.string(),
  outcome: outcomeSchema,
  refusals: z.array(z.string()),
});
type Attempt = z.infer<typeof attemptSchema>;

/** A fault of the headers, or a certificate that was revoked. */
type TriedFault = CallFault | 'revoked-certificate';

/** The attacker's role in a call, its one fault, and how the phone must refuse it (I-2). */
export interface Refusal {
  readonly role: 'caller' | 'callee';
  readonly fault: TriedFault;
  /** Codes of the phone's own log, of which one must be the reason. */
  readonly codes: readonly string[];
  /** Final status of a refused INVITE; absent where the refusal comes after the 200. */
  readonly status?: 403 | 488;
  /** Codes that show that the phone went on with what it should have refused: a later check stopped it by luck. */
  readonly used?: readonly string[];
}

const path = 'evidence/malicious-calls/attempts.json';

const isGoodCall = ({ outcome }: Attempt): boolean => {
  if (outcome.kind === 'answered')
    return outcome.answer === 'verified' && !outcome.bye && outcome.media.verified > 0;
  return (
    outcome.kind === 'reacted' &&
    outcome.ack === 'verified' &&
    !outcome.bye &&
    outcome.media.verified > 0
  );
};

const audioSent = ({ outcome }: Attempt): number =>
  'media' in outcome ? outcome.media.packets : 0;

/** Whether the phone went on with the call as if nothing were wrong. That it did not end the call while it was watched shows nothing by itself: it may be slow. */
const wasAccepted = (attempt: Attempt, { status }: Refusal): boolean => {
  const { outcome } = attempt;
  // An INVITE that had to be refused was answered by 200 and not taken back; or audio flows after a wrong ACK.
  if (outcome.kind === 'answered')
    return !outcome.bye && (status !== undefined || audioSent(attempt) > 0);
  // A caller that confirms an answer by a tag has accepted it.
  return outcome.kind === 'reacted' && (outcome.ack === 'verified' || outcome.ack === 'wrong');
};

const ackText = {
  verified: 'ACK with a tag that verifies',
  wrong: 'ACK with a wrong tag',
  absent: 'ACK with no tag',
  none: 'no ACK',
} as const;

const describe = ({ outcome }: Attempt): string => {
  switch (outcome.kind) {
    case 'answered':
      return outcome.bye
        ? 'answered, then ended by BYE'
        : 'answered, and no BYE while it was watched';
    case 'refused':
      return `refused with ${outcome.status}`;
    case 'reacted':
      return `${ackText[outcome.ack]}${outcome.bye ? ', then BYE' : ', and no BYE while it was watched'}`;
    case 'offer-unreadable':
      return `an INVITE that cannot be read (${outcome.code})`;
    case 'no-invite':
    case 'deadline':
    case 'closed':
      return 'no answer';
  }
};

const expectedText = ({ status, codes }: Refusal): string =>
  `${status === undefined ? 'the call ended before any audio' : `refused with ${status}`}, for the reason ${codes.join(' or ')}`;

const isRefusedAsExpected = ({ outcome }: Attempt, { status }: Refusal): boolean => {
  if (outcome.kind === 'refused') return outcome.status === status;
  if (status !== undefined) return false;
  return (
    (outcome.kind === 'reacted' && outcome.ack === 'absent' && outcome.bye) ||
    (outcome.kind === 'answered' && outcome.bye)
  );
};

const nameOf = ({ role, fault }: Refusal): string => `the ${role} with the fault "${fault}"`;

const judgeAttempt = (attempt: Attempt, refusal: Refusal): Finding => {
  const name = nameOf(refusal);
  const expected = expectedText(refusal);
  const logged =
    attempt.refusals.length === 0 ? 'nothing logged' : `logged: ${attempt.refusals.join(', ')}`;
  const observed = `${describe(attempt)}; ${logged}`;
  if (wasAccepted(attempt, refusal))
    return fail(`${name} was accepted`, expected, observed, [path]);
  if (refusal.used?.some((code) => attempt.refusals.includes(code)) === true)
    return fail(`${name} was computed with`, expected, observed, [path]);
  if (audioSent(attempt) > 0) return fail(`${name} was sent audio`, expected, observed, [path]);
  if (!isRefusedAsExpected(attempt, refusal))
    return inconclusive(`${name} came out otherwise than by the refusal looked for: ${observed}`, [
      path,
    ]);
  if (!refusal.codes.some((code) => attempt.refusals.includes(code)))
    return inconclusive(`${name} was refused for another reason: ${observed}`, [path]);
  return pass(`${name}: ${observed}`, [path]);
};

/** However often the fault was tried, each time must have been refused. */
const judgeRefusal = (attempts: readonly Attempt[], refusal: Refusal): Finding => {
  const findings = attempts
    .filter(({ role, fault }) => role === refusal.role && fault === refusal.fault)
    .map((attempt) => judgeAttempt(attempt, refusal));
  return worst(findings) ?? findings[0] ?? inconclusive(`${nameOf(refusal)} was not tried`, [path]);
};

/** The first and the last call of a role must be controls, and every control must come about. */
const isControlled = (attempts: readonly Attempt[], wanted: Attempt['role']): boolean => {
  const made = attempts.filter(({ role }) => role === wanted);
  const controls = made.filter(({ fault }) => fault === 'none');
  const [first, last] = [made.at(0), made.at(-1)];
  const around = first !== last && first?.fault === 'none' && last?.fault === 'none';
  return around && controls.every(isGoodCall);
};

/** What a call must be by which a phone shows that it can do what it should. */
export interface Agreement {
  readonly role: 'caller' | 'callee';
  readonly fault: TriedFault;
}

/** The call must come about like the controls; it must not fail for what only this one has. */
const judgeAgreement = (attempts: readonly Attempt[], { role, fault }: Agreement): Finding => {
  const name = `the ${role} with "${fault}"`;
  const findings = attempts
    .filter((attempt) => attempt.role === role && attempt.fault === fault)
    .map((attempt): Finding => {
      const observed = `${describe(attempt)}; logged: ${attempt.refusals.join(', ') || 'nothing'}`;
      if (isGoodCall(attempt)) return pass(`${name}: ${observed}`, [path]);
      return attempt.refusals.includes('csl/tag')
        ? fail(`${name} and the phone came to other keys`, 'the same keys', observed, [path])
        : inconclusive(`${name} did not come about: ${observed}`, [path]);
    });
  return worst(findings) ?? findings[0] ?? inconclusive(`${name} was not tried`, [path]);
};

/** Everything must be seen, between controls that come about; the worst finding decides. */
const judgeCalls =
  (refusals: readonly Refusal[], agreements: readonly Agreement[]) =>
  (evidence: Evidence): Finding => {
    const attempts = evidence.json('malicious-calls', 'attempts.json', z.array(attemptSchema));
    if (!attempts) return inconclusive('the malicious calls are not among the evidence');
    const findings = [
      ...refusals.map((refusal) => judgeRefusal(attempts, refusal)),
      ...agreements.map((agreement) => judgeAgreement(attempts, agreement)),
    ];
    const bad = worst(findings);
    if (bad?.kind === 'fail') return bad;
    const roles = new Set([...refusals, ...agreements].map(({ role }) => role));
    const uncontrolled = [...roles].find((role) => !isControlled(attempts, role));
    if (uncontrolled)
      return inconclusive(
        `the control calls, with nothing wrong, did not all come about (${uncontrolled})`,
        [path],
      );
    return bad ?? pass(findings.map(({ observed }) => observed).join('; '), [path]);
  };

export const asCaller = (
  fault: TriedFault,
  codes: readonly string[],
  status: 403 | 488,
): Refusal => ({
  role: 'caller',
  fault,
  codes,
  status,
});
export const afterAnswer = (fault: CallFault, codes: readonly string[]): Refusal => ({
  role: 'caller',
  fault,
  codes,
});
export const asCallee = (fault: TriedFault, codes: readonly string[]): Refusal => ({
  role: 'callee',
  fault,
  codes,
});

/** A scenario of refusals by phones that a malicious user calls, or that call it. */
export const callScenario = (
  id: string,
  claims: readonly string[],
  refusals: readonly Refusal[],
  agreements: readonly Agreement[] = [],
): Scenario => ({
  id: `attacks/${id}`,
  revision: 2,
  claims,
  activities: ['malicious-calls'],
  needs: ['call', 'refusal-log'],
  judge: judgeCalls(refusals, agreements),
});
