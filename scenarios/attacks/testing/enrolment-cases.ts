import { withJson, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  againSchema,
  answersSchema,
  entropySchema,
  guessesSchema,
  guessingActivity,
  inputsSchema,
  limitsSchema,
  requestsActivity,
  tokenAttemptsSchema,
} from '../activities/enrolment-evidence.ts';
import { missing, named } from './enrolment-alterations.ts';
import { enrolmentIssuingCases } from './enrolment-issuing-cases.ts';

type Tokens = (typeof tokenAttemptsSchema)['_output'];
const inTokens = (change: (all: Tokens) => unknown): Alteration =>
  withJson(requestsActivity, 'tokens.json', tokenAttemptsSchema, change);
const tokens = 'attacks/E2/misplaced-token';
const race = 'attacks/E3/race';

const tokenCases: readonly JudgeCase[] = [
  ...['of-an-earlier-request', 'of-another-number', 'earlier-request-afterwards'].flatMap(
    (name) => [
      failing(
        tokens,
        `a certificate for the token "${name}"`,
        /does not belong/,
        inTokens(named(name, { certificates: ['AAAA'] })),
      ),
      undecided(
        tokens,
        `the token "${name}" answered by 429`,
        /was not refused for that/,
        inTokens(named(name, { status: 429 })),
      ),
      undecided(tokens, `the token "${name}" not tried`, /not every/, inTokens(named(name, null))),
    ],
  ),
  failing(
    tokens,
    'another certificate for the same token again',
    /two certificates/,
    inTokens(named('again', { certificates: ['AAAA'] })),
  ),
  tolerated(
    tokens,
    'no certificate for the same token again',
    /the same again: 410/,
    inTokens(named('again', { status: 410, certificates: [] })),
  ),
  undecided(
    tokens,
    'the token again answered by 500',
    /came to 500/,
    inTokens(named('again', { status: 500, certificates: [] })),
  ),
  undecided(
    tokens,
    'a control without a certificate',
    /the control/,
    inTokens(named('control', { certificates: [] })),
  ),
  ...missing(tokens, requestsActivity, 'tokens.json'),
  failing(
    race,
    'another certificate for one of the racers',
    /several certificates/,
    inTokens(named('racer-3', { certificates: ['AAAA'] })),
  ),
  undecided(
    race,
    'no certificate for any of them',
    /the control/,
    inTokens((all) => all.map((each) => ({ ...each, certificates: [] }))),
  ),
  undecided(
    race,
    'no racers',
    /nobody/,
    inTokens((all) => all.filter(({ row }) => row !== 'E3')),
  ),
  ...missing(race, requestsActivity, 'tokens.json'),
];

type Again = (typeof againSchema)['_output'];
const again = 'attacks/E4/enrolled-again';
const inSteps = (change: (steps: Again['steps']) => unknown): Alteration =>
  withJson(requestsActivity, 'again.json', againSchema, ({ steps }) => ({ steps: change(steps) }));

const againCases: readonly JudgeCase[] = [
  failing(
    again,
    'the first certificate registered',
    /two valid certificates/,
    inSteps(named('first-after', { outcome: { kind: 'registered' } })),
  ),
  ...['first-before', 'second'].map((name) =>
    undecided(
      again,
      `"${name}" not registered`,
      /the control/,
      inSteps(named(name, { outcome: { kind: 'deadline' } })),
    ),
  ),
  undecided(again, 'no step after', /the control/, inSteps(named('first-after', null))),
  undecided(
    again,
    'nothing logged',
    /for another reason: nothing/,
    inSteps(named('first-after', { refusals: [] })),
  ),
  tolerated(
    again,
    'no second enrolment',
    /not enrolled again/,
    inSteps((steps) => steps.slice(0, 1)),
  ),
  ...missing(again, requestsActivity, 'again.json'),
];

type Entropy = (typeof entropySchema)['_output'];
const entropy = 'attacks/E1/entropy';
const withEntropy = (change: Partial<Entropy>): Alteration =>
  withJson(requestsActivity, 'entropy.json', entropySchema, (value) => ({ ...value, ...change }));

const entropyCases: readonly JudgeCase[] = [
  failing(entropy, 'tokens of three digits', /too short/, withEntropy({ shortest: 3 })),
  failing(entropy, 'few different tokens', /repeat/, withEntropy({ distinct: 10 })),
  failing(entropy, 'tokens that count up', /follows/, withEntropy({ constantStep: true })),
  failing(
    entropy,
    'a place that never changes',
    /hardly changes/,
    withEntropy({ variety: [1, 9, 9, 9, 9, 9] }),
  ),
  undecided(entropy, 'too few tokens', /too few/, withEntropy({ count: 4 })),
  ...missing(entropy, requestsActivity, 'entropy.json'),
];

type Guesses = (typeof guessesSchema)['_output'];
const guessing = 'attacks/E1/guessing';
const inGuesses = (change: (all: Guesses) => unknown): Alteration =>
  withJson(guessingActivity, 'guesses.json', guessesSchema, change);

const guessCases: readonly JudgeCase[] = [
  ...['many', 'at-once'].flatMap((name) => [
    failing(
      guessing,
      `a certificate after guesses (${name})`,
      /still counted/,
      inGuesses(named(name, { given: true })),
    ),
    undecided(
      guessing,
      `guesses answered by 429 (${name})`,
      /was not refused for the guesses/,
      inGuesses(named(name, { wrong: [429] })),
    ),
    undecided(guessing, `no guesses (${name})`, /not both ways/, inGuesses(named(name, null))),
  ]),
  undecided(
    guessing,
    'a control without a certificate',
    /the control/,
    inGuesses(named('few', { given: false })),
  ),
  ...missing(guessing, guessingActivity, 'guesses.json'),
];

type Limits = (typeof limitsSchema)['_output'];
const ofNumber = 'attacks/E1/number-limit';
const ofAddress = 'attacks/E1/address-limit';
const withNumber = (change: Partial<Limits['number']>): Alteration =>
  withJson(guessingActivity, 'limits.json', limitsSchema, (value) => ({
    ...value,
    number: { ...value.number, ...change },
  }));
const withAddress = (change: Partial<Limits['address']>): Alteration =>
  withJson(guessingActivity, 'limits.json', limitsSchema, (value) => ({
    ...value,
    address: { ...value.address, ...change },
  }));

const limitCases: readonly JudgeCase[] = [
  failing(ofNumber, 'no limit', /without end/, withNumber({ statuses: [202, 202, 202] })),
  undecided(ofNumber, 'another end', /ended otherwise/, withNumber({ statuses: [202, 500] })),
  undecided(ofNumber, 'no request taken', /the control/, withNumber({ statuses: [429] })),
  undecided(ofNumber, 'another number refused', /the control/, withNumber({ another: 429 })),
  ...missing(ofNumber, guessingActivity, 'limits.json'),
  failing(
    ofAddress,
    'no limit',
    /without end/,
    withAddress({ asked: 400, statuses: { '404': 400 } }),
  ),
  undecided(
    ofAddress,
    'another end',
    /ended otherwise/,
    withAddress({ asked: 400, statuses: { '404': 300, deadline: 100 } }),
  ),
  undecided(
    ofAddress,
    'no guess answered',
    /before the limit/,
    withAddress({ statuses: { '429': 8 } }),
  ),
  ...missing(ofAddress, guessingActivity, 'limits.json'),
];

type Answers = (typeof answersSchema)['_output'];
const enumeration = 'attacks/E9/enumeration';
const inAnswers = (change: (each: Answers[number]) => object | null): Alteration =>
  withJson(requestsActivity, 'answers.json', answersSchema, (all) =>
    all.flatMap((each) => {
      const changed = change(each);
      return changed === null ? [] : [{ ...each, ...changed }];
    }),
  );

const answerCases: readonly JudgeCase[] = (['request', 'wrong-token'] as const).flatMap((step) => {
  const ofEnrolled = (to: object | null) =>
    inAnswers((each) => (each.step === step && each.number === 'enrolled' ? to : {}));
  return [
    failing(enumeration, `another status (${step})`, /tells whether/, ofEnrolled({ status: 409 })),
    failing(enumeration, `another body (${step})`, /tells whether/, ofEnrolled({ body: 'known' })),
    failing(enumeration, `another header (${step})`, /tells whether/, ofEnrolled({ headers: [] })),
    undecided(enumeration, `no answer (${step})`, /came to/, ofEnrolled({ status: 'deadline' })),
    undecided(enumeration, `not asked (${step})`, /of each kind/, ofEnrolled(null)),
  ];
});

type Inputs = (typeof inputsSchema)['_output'];
const input = 'attacks/E11/input';
const withInputs = (change: (value: Inputs) => object): Alteration =>
  withJson(requestsActivity, 'inputs.json', inputsSchema, (value) => ({
    ...value,
    ...change(value),
  }));
const withInput = (name: string, change: Partial<Inputs['inputs'][number]> | null): Alteration =>
  withInputs(({ inputs }) => ({ inputs: named(name, change)(inputs) }));

const inputCases: readonly JudgeCase[] = [
  ...['number-list', 'request-bomb', 'body-huge', 'method-put', 'path-parent'].map((name) =>
    failing(input, `"${name}" taken`, /took the input/, withInput(name, { status: 202 })),
  ),
  failing(
    input,
    'a request in clear taken',
    /took the input/,
    withInput('in-clear', { status: 'HTTP/1.1 202 Accepted' }),
  ),
  failing(
    input,
    'a certificate given',
    /took the input/,
    withInput('body-huge', { certificates: 1 }),
  ),
  failing(
    input,
    'a service that hangs afterwards',
    /served no more/,
    withInputs(() => ({ after: 'deadline' })),
  ),
  failing(
    input,
    'a service that hangs on slow requests',
    /served no more/,
    withInputs(() => ({ whileSlow: 'deadline' })),
  ),
  undecided(
    input,
    'a control that was limited',
    /controls meanwhile/,
    withInputs(() => ({ after: 429 })),
  ),
  undecided(
    input,
    'a control that was refused before',
    /the control/,
    withInputs(() => ({ before: 'deadline' })),
  ),
  undecided(input, 'a fault of the server', /500/, withInput('body-deep', { status: 500 })),
  undecided(input, 'an input not sent', /was not sent/, withInput('request-deep', null)),
  tolerated(input, 'silence in clear', /deadline/, withInput('in-clear', { status: 'deadline' })),
  ...missing(input, requestsActivity, 'inputs.json'),
];

/** What registration services can do with users who ask for too much, and with strangers. */
export const enrolmentAttackCases: readonly JudgeCase[] = [
  ...enrolmentIssuingCases,
  ...tokenCases,
  ...againCases,
  ...entropyCases,
  ...guessCases,
  ...limitCases,
  ...answerCases,
  ...missing(enumeration, requestsActivity, 'answers.json'),
  ...inputCases,
];
