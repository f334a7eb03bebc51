import type { z } from 'zod';
import { crashShapes } from '../../../simulators/attackers/sip-malformed.ts';
import { without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  amplificationSchema,
  attemptsSchema,
  controlCallSchema,
  signallingRequestsActivity as activity,
  tortureSchema,
  type SignallingAttempt,
} from '../activities/signalling-evidence.ts';

type Change = (attempt: SignallingAttempt) => SignallingAttempt;

/** One attempt of a file, changed. */
const inAttempt =
  (file: string, name: string, change: Change): Alteration =>
  (evidence) =>
    withJson(activity, file, attemptsSchema, (attempts) =>
      attempts.map((each) => (each.attempt === name ? change(each) : each)),
    )(evidence);

const untried = (file: string, name: string): Alteration =>
  withJson(activity, file, attemptsSchema, (attempts) =>
    attempts.filter(({ attempt }) => attempt !== name),
  );

const answered = (status: number, more: object = {}) => ({
  kind: 'answered' as const,
  status,
  challenge: false,
  contacts: 0,
  open: true,
  ...more,
});

const with200: Change = (attempt) => ({ ...attempt, reply: answered(200), codes: [] });
const reached: Change = (attempt) => ({ ...attempt, reply: answered(488), reached: true });
const silent: Change = (attempt) => ({ ...attempt, reply: { kind: 'deadline' }, reached: false });
const otherReason: Change = (attempt) => ({ ...attempt, codes: ['sip/overload'] });
const otherStatus: Change = (attempt) => ({ ...attempt, reply: answered(503) });

/** What every refusal and control of a scenario can come to. */
const refusalCases = (
  scenario: string,
  file: string,
  attempts: readonly string[],
  controls: readonly string[],
): readonly JudgeCase[] => [
  ...attempts.flatMap((name) => [
    failing(
      scenario,
      `"${name}" passed on`,
      /passed on to the phone/,
      inAttempt(file, name, reached),
    ),
    failing(scenario, `"${name}" accepted`, /was accepted/, inAttempt(file, name, with200)),
    undecided(scenario, `"${name}" not tried`, /was not tried/, untried(file, name)),
  ]),
  ...attempts
    .slice(0, 2)
    .flatMap((name) => [
      undecided(scenario, `no answer to "${name}"`, /deadline/, inAttempt(file, name, silent)),
      undecided(
        scenario,
        `another reason for "${name}"`,
        /overload/,
        inAttempt(file, name, otherReason),
      ),
      undecided(
        scenario,
        `another status for "${name}"`,
        /503/,
        inAttempt(file, name, otherStatus),
      ),
    ]),
  ...controls.flatMap((name) => [
    undecided(
      scenario,
      `the control "${name}" refused`,
      /the control/,
      inAttempt(file, name, silent),
    ),
    undecided(scenario, `no control "${name}"`, /not made/, untried(file, name)),
  ]),
  undecided(scenario, 'no attempts', /not among the evidence/, without(activity, file)),
  undecided(
    scenario,
    'an activity that failed',
    /activity signalling-requests/,
    withOutcome(activity, { status: 'failed', reason: 'no SMS' }),
  ),
];

const identities = 'identities.json';
const forms = 'forms.json';
const flooded = 'attacks/S2/registration-of-another';
const lengths = 'attacks/S9/lengths';

const requestCases: readonly JudgeCase[] = [
  ...refusalCases(
    'attacks/S1/caller-is-certificate',
    identities,
    [
      'from-another',
      'from-longer',
      'from-shorter',
      'from-escaped',
      'from-own-name-only',
      'from-sips',
      'from-without-user',
      'from-anonymous',
    ],
    ['invite'],
  ),
  ...refusalCases(
    flooded,
    identities,
    [
      'to-another',
      'as-another',
      'as-another-with-password',
      'contact-of-another',
      'wildcard-of-another',
      'wildcard-with-contact',
    ],
    ['register', 'wildcard', 'invite-own'],
  ),
  failing(
    flooded,
    'many contacts kept',
    /many contacts/,
    inAttempt(identities, 'contact-flood', (each) => ({
      ...each,
      reply: answered(200, { contacts: 500 }),
    })),
  ),
  tolerated(
    flooded,
    'a flood of contacts refused',
    /refused for their fault/,
    inAttempt(identities, 'contact-flood', (each) => ({ ...each, reply: answered(403) })),
  ),
  undecided(flooded, 'no flood of contacts', /was not tried/, untried(identities, 'contact-flood')),
  undecided(
    flooded,
    'a flood of contacts without an answer',
    /came out as deadline/,
    inAttempt(identities, 'contact-flood', silent),
  ),
  ...refusalCases(
    'attacks/S12/connection-of-another',
    identities,
    ['register-borrowed', 'invite-borrowed'],
    ['register-own', 'invite-own'],
  ),
  ...refusalCases(
    'attacks/S10/hops-and-routes',
    identities,
    [
      'max-forwards-used-up',
      'max-forwards-not-a-number',
      'max-breadth-used-up',
      'route-elsewhere',
      'domain-elsewhere',
    ],
    ['invite'],
  ),
  ...refusalCases(
    'attacks/S5/smuggling',
    forms,
    [
      'from-twice',
      'from-twice-first',
      'from-compact-beside',
      'from-behind-line-feed',
      'from-behind-carriage-return',
      'from-behind-zero-byte',
      'length-twice',
      'request-in-body',
    ],
    ['invite'],
  ),
  ...refusalCases(
    'attacks/S7/malformed-to-and-via',
    forms,
    [
      'to-twice',
      'to-twice-empty-tag',
      'to-empty-tag',
      'via-empty',
      'via-cut',
      'via-without-transport',
      'via-empty-branch',
      'via-open-bracket',
      'via-port-too-large',
    ],
    ['invite'],
  ),
  tolerated(
    'attacks/S7/malformed-to-and-via',
    'a connection closed over a malformed Via',
    /refused for their fault/,
    inAttempt(forms, 'via-cut', (each) => ({ ...each, reply: { kind: 'closed' } })),
  ),
  ...refusalCases(
    lengths,
    forms,
    ['length-beyond-64-bits', 'length-negative', 'length-not-a-number'],
    ['options', 'byte-by-byte'],
  ),
  failing(
    lengths,
    'a message taken for whole too early',
    /taken for whole/,
    inAttempt(forms, 'length-too-long', with200),
  ),
  undecided(
    lengths,
    'no length that is too long',
    /was not tried/,
    untried(forms, 'length-too-long'),
  ),
  undecided(
    lengths,
    'no length that is too short',
    /was not tried/,
    untried(forms, 'length-too-short'),
  ),
  undecided(
    lengths,
    'what stood behind a message not refused',
    /stood behind a message/,
    inAttempt(forms, 'length-too-short', with200),
  ),
];

const password = 'attacks/S11/no-password';

const passwordCases: readonly JudgeCase[] = [
  failing(
    password,
    'a challenge',
    /asking for a password/,
    inAttempt(identities, 'as-another', (each) => ({
      ...each,
      reply: answered(403, { challenge: true }),
    })),
  ),
  failing(
    password,
    'a 401 without a challenge',
    /asking for a password/,
    inAttempt(identities, 'from-another', (each) => ({ ...each, reply: answered(401) })),
  ),
  undecided(
    password,
    'no answer to a REGISTER of another',
    /was not answered/,
    inAttempt(identities, 'as-another-with-password', silent),
  ),
  undecided(password, 'no attempts', /not among the evidence/, without(activity, identities)),
];

type Amplification = z.infer<typeof amplificationSchema>;

const inAmplification = (change: Partial<Amplification>): Alteration =>
  withJson(activity, 'amplification.json', amplificationSchema, (seen) => ({ ...seen, ...change }));

const loop = 'attacks/S10/loop';
const response = 'attacks/S12/response-of-another';

const loopCases: readonly JudgeCase[] = [
  failing(loop, 'two requests out of one', /became many/, inAmplification({ arrived: 2 })),
  failing(
    loop,
    'a request taken in again',
    /taken in again/,
    inAmplification({ sentBack: answered(200) }),
  ),
  undecided(loop, 'nothing came out', /did not come out/, inAmplification({ arrived: 0 })),
  undecided(
    loop,
    'another refusal',
    /came out otherwise/,
    inAmplification({ sentBack: answered(403) }),
  ),
  undecided(loop, 'no evidence', /not among the evidence/, without(activity, 'amplification.json')),
  failing(
    response,
    'a forged response passed on',
    /from another connection/,
    inAmplification({ forged: answered(200) }),
  ),
  undecided(
    response,
    'the callee’s refusal not passed on',
    /the control/,
    inAmplification({ refused: { kind: 'deadline' } }),
  ),
  undecided(
    response,
    'no evidence',
    /not among the evidence/,
    without(activity, 'amplification.json'),
  ),
];

const unreachable: Change = (each) => ({ ...each, reply: { kind: 'unreachable' }, reached: false });

/** What every scenario says that asks for a service that goes on. */
const survivalCases = (scenario: string): readonly JudgeCase[] => [
  failing(
    scenario,
    'no connection afterwards',
    /no longer serves/,
    inAttempt('afterwards.json', 'invite', unreachable),
  ),
  undecided(
    scenario,
    'no answer afterwards',
    /the control afterwards/,
    inAttempt('afterwards.json', 'invite', silent),
  ),
  undecided(
    scenario,
    'nothing before',
    /the control before/,
    inAttempt(identities, 'invite', silent),
  ),
  undecided(
    scenario,
    'no call afterwards',
    /not among the evidence/,
    without(activity, 'control-call.json'),
  ),
  undecided(
    scenario,
    'a call that ended',
    /afterwards was ended/,
    withJson(activity, 'control-call.json', controlCallSchema, (call) => ({
      ...call,
      state: 'ended',
      endedBy: 'sip/480',
    })),
  ),
];

const shapes = 'attacks/S8/crash-shapes';
const long = 'attacks/S9/long-messages';
const torture = 'attacks/S6/torture';

const inTorture = (change: (seen: z.infer<typeof tortureSchema>) => unknown): Alteration =>
  withJson(activity, 'torture.json', tortureSchema, change);

const serviceCases: readonly JudgeCase[] = [
  ...[shapes, long, torture].flatMap(survivalCases),
  ...[shapes, long].map((scenario) =>
    failing(
      scenario,
      'no connection after one of them',
      /no longer serves/,
      inAttempt(forms, 'not-sip', unreachable),
    ),
  ),
  ...Object.keys(crashShapes).map((name) =>
    undecided(shapes, `"${name}" not sent`, /was not sent/, untried(forms, name)),
  ),
  undecided(long, 'a long body not sent', /was not sent/, untried(forms, 'body-of-64-kilobytes')),
  undecided(shapes, 'no attempts', /not among the evidence/, without(activity, forms)),
  failing(
    torture,
    'a message carried out',
    /was carried out/,
    inTorture((seen) => ({
      ...seen,
      torture: seen.torture.map((each) =>
        each.name === 'regescrt' ? { ...each, reply: answered(200) } : each,
      ),
    })),
  ),
  undecided(
    torture,
    'messages left out',
    /only 3 messages/,
    inTorture((seen) => ({ ...seen, torture: seen.torture.slice(0, 3) })),
  ),
  undecided(torture, 'no torture', /not among the evidence/, without(activity, 'torture.json')),
];

/** What an enrolled user's requests can come to. */
export const signallingCases: readonly JudgeCase[] = [
  ...requestCases,
  ...passwordCases,
  ...loopCases,
  ...serviceCases,
];
