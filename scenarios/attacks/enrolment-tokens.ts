import type { z } from 'zod';
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
  againSchema,
  entropySchema,
  guessesSchema,
  guessingActivity,
  limitsSchema,
  requestsActivity,
  tokenAttemptsSchema,
  type TokenAttempt,
} from './activities/enrolment-evidence.ts';
import { isRefusal } from './enrolment-issuing.ts';

const pathOf = (activity: string, file: string): readonly [string] => [
  `evidence/${activity}/${file}`,
];
const tokensPath = pathOf(requestsActivity, 'tokens.json');
const entropyPath = pathOf(requestsActivity, 'entropy.json');
const againPath = pathOf(requestsActivity, 'again.json');
const guessesPath = pathOf(guessingActivity, 'guesses.json');
const limitsPath = pathOf(guessingActivity, 'limits.json');

/** A judge of one file of an activity. */
const onFile =
  <Schema extends z.ZodType>(
    activity: string,
    file: string,
    schema: Schema,
    judge: (value: z.infer<Schema>) => Finding,
  ) =>
  (evidence: Evidence): Finding => {
    const value = evidence.json(activity, file, schema);
    return value === null
      ? inconclusive(`${file} of ${activity} is not among the evidence`)
      : judge(value);
  };

const judgeGuesses = onFile(guessingActivity, 'guesses.json', guessesSchema, (tried) => {
  const guessed = (['many', 'at-once'] as const).map((name) =>
    tried.find((each) => each.name === name),
  );
  const taken = guessed.find((each) => each?.given === true);
  if (taken)
    return fail(
      `a token still counted after ${taken.wrong.length} wrong ones (${taken.name})`,
      'a token that dies of wrong tries',
      'a certificate',
      guessesPath,
    );
  if (tried.find(({ name }) => name === 'few')?.given !== true)
    return inconclusive(
      'the control, the right token after one wrong, got no certificate',
      guessesPath,
    );
  if (guessed.some((each) => each === undefined))
    return inconclusive('not both ways of guessing were tried', guessesPath);
  const unclear = guessed.find(
    (each) => each && ![...each.wrong, each.right].every((status) => isRefusal(status)),
  );
  if (unclear)
    return inconclusive(
      `guessing "${unclear.name}" was not refused for the guesses: ${[...unclear.wrong, unclear.right].join(', ')}`,
      guessesPath,
    );
  return pass(
    guessed
      .map((each) => `${each?.name}: ${each?.wrong.join(' ')}, then the right one: ${each?.right}`)
      .join('; '),
    guessesPath,
  );
});

/** Digits of a token, and how many samples are needed to say anything of them. */
const needed = { length: 6, count: 12, variety: 3 } as const;

const judgeEntropy = onFile(requestsActivity, 'entropy.json', entropySchema, (entropy) => {
  const { count, shortest, distinct, constantStep, variety } = entropy;
  if (count < needed.count)
    return inconclusive(`${count} tokens are too few to say anything of them`, entropyPath);
  const expected = `at least ${needed.length} digits, each by chance`;
  const told = `${count} tokens of ${shortest} and more digits, ${distinct} of them different, ${variety.join(' ')} different characters at their places`;
  const isShort = shortest < needed.length;
  // One repetition among some dozen of a million is a matter of luck.
  const repeats = distinct < count - 1;
  const isConstant = variety.slice(-needed.length).some((each) => each < needed.variety);
  const problem = isShort
    ? 'tokens are too short'
    : repeats
      ? 'tokens repeat'
      : constantStep
        ? 'each token follows from the one before'
        : isConstant
          ? 'a place of the tokens hardly changes'
          : null;
  return problem === null
    ? pass(told, entropyPath)
    : fail(problem, expected, constantStep ? `${told}; a constant step` : told, entropyPath);
});

const judgeNumberLimit = onFile(guessingActivity, 'limits.json', limitsSchema, ({ number }) => {
  const { statuses, another } = number;
  const served = statuses.filter((status) => status === 202).length;
  if (served === statuses.length && served > 0)
    return fail(
      'a number can be asked for without end',
      'a limit for each number (I-6), so that the odds of guessing are bounded',
      `${served} requests taken`,
      limitsPath,
    );
  if (served === 0 || another !== 202)
    return inconclusive(
      `the control, a request for another number, came to ${another}, and ${served} for this one were taken`,
      limitsPath,
    );
  return statuses.at(-1) === 429
    ? pass(
        `${served} requests for one number were taken, then 429; another number was served`,
        limitsPath,
      )
    : inconclusive(`the requests ended otherwise: ${statuses.join(', ')}`, limitsPath);
});

const judgeAddressLimit = onFile(guessingActivity, 'limits.json', limitsSchema, ({ address }) => {
  const { statuses, asked } = address;
  const told = Object.entries(statuses)
    .map(([status, count]) => `${status} × ${count}`)
    .join(', ');
  const refused = (statuses['403'] ?? 0) + (statuses['404'] ?? 0) + (statuses['410'] ?? 0);
  if (refused === 0)
    return inconclusive(`no guess was answered before the limit: ${told}`, limitsPath);
  if ((statuses['429'] ?? 0) > 0)
    return pass(`${asked} guesses from one address: ${told}`, limitsPath);
  return refused === asked
    ? fail(
        'one address can guess without end',
        'a limit for each address (I-6)',
        `${asked} guesses: ${told}`,
        limitsPath,
      )
    : inconclusive(`the guesses ended otherwise: ${told}`, limitsPath);
});

const judgeMisplaced = ({ name, status, certificates }: TokenAttempt): Finding | null => {
  if (certificates.length > 0)
    return fail(
      `a token counted where it does not belong: "${name}"`,
      'refused',
      'a certificate',
      tokensPath,
    );
  return isRefusal(status)
    ? null
    : inconclusive(`the token "${name}" was not refused for that: ${status}`, tokensPath);
};

const judgeTokens = onFile(requestsActivity, 'tokens.json', tokenAttemptsSchema, (attempts) => {
  const named = (name: string) => attempts.find((each) => each.name === name);
  const misplaced = [
    'of-an-earlier-request',
    'of-another-number',
    'earlier-request-afterwards',
  ].map(named);
  const bad = worst(misplaced.map((each) => (each ? judgeMisplaced(each) : null)));
  if (bad?.kind === 'fail') return bad;
  const [control, again] = ['control', 'again'].map(named);
  const [certificate] = control?.certificates ?? [];
  const [second] = again?.certificates ?? [];
  if (certificate !== undefined && second !== undefined && second !== certificate)
    return fail(
      'a token given back twice led to two certificates',
      'the same certificate again, or none (I-6)',
      'two certificates',
      tokensPath,
    );
  if (certificate === undefined)
    return inconclusive('the control, the right token, got no certificate', tokensPath);
  if (!again || misplaced.some((each) => each === undefined))
    return inconclusive('not every misuse of a token was tried', tokensPath);
  if (second === undefined && !isRefusal(again.status))
    return inconclusive(`the token given back again came to ${again.status}`, tokensPath);
  return (
    bad ??
    pass(
      `tokens of other requests: ${misplaced.map((each) => each?.status).join(', ')}; the same again: ${second === undefined ? again.status : 'the same certificate'}`,
      tokensPath,
    )
  );
});

const judgeRace = onFile(requestsActivity, 'tokens.json', tokenAttemptsSchema, (attempts) => {
  const racers = attempts.filter(({ row }) => row === 'E3');
  const certificates = new Set(racers.flatMap((each) => each.certificates));
  if (certificates.size > 1)
    return fail(
      'one token led to several certificates at once',
      'one certificate',
      `${certificates.size} of ${racers.length} at once`,
      tokensPath,
    );
  if (racers.length < 2) return inconclusive('nobody gave a token back twice at once', tokensPath);
  return certificates.size === 1
    ? pass(`${racers.length} times at once: one certificate`, tokensPath)
    : inconclusive('the control: none of them got a certificate', tokensPath);
});

/** Codes by which the SIP port says that a certificate is valid no more. */
const againReasons = ['sip/revoked', 'sip/client-certificate', 'tls/handshake'];

const judgeAgain = onFile(requestsActivity, 'again.json', againSchema, ({ steps }) => {
  const named = (name: string) => steps.find((each) => each.name === name);
  const [before, second, after] = ['first-before', 'second', 'first-after'].map(named);
  if (after?.outcome.kind === 'registered')
    return fail(
      'a number has two valid certificates: the earlier one was not revoked',
      'refused once its number was enrolled again',
      'registered',
      againPath,
    );
  if (before?.outcome.kind !== 'registered')
    return inconclusive('the control, the first certificate before, did not register', againPath);
  if (!second) return pass('an enrolled number is not enrolled again', againPath);
  if (second.outcome.kind !== 'registered' || !after)
    return inconclusive('the control, the second certificate, did not register', againPath);
  const logged = after.refusals.join(', ') || 'nothing';
  return after.refusals.some((code) => againReasons.includes(code))
    ? pass(`enrolled again, the first certificate is refused: ${logged}`, againPath)
    : inconclusive(`the first certificate was refused for another reason: ${logged}`, againPath);
});

const requests = {
  revision: 1,
  activities: [requestsActivity],
  needs: ['enrol', 'read-token', 'refusal-log'],
} as const;
const guessing = {
  revision: 1,
  activities: [guessingActivity],
  needs: ['enrol', 'read-token'],
} as const;

/** Tokens guessed, misplaced, used twice and at once (catalogue E1 to E4). */
export const enrolmentTokenAttacks: readonly Scenario[] = [
  { ...guessing, id: 'attacks/E1/guessing', claims: ['2.2.b', '4.b'], judge: judgeGuesses },
  { ...requests, id: 'attacks/E1/entropy', claims: ['2.2.b', '4.b'], judge: judgeEntropy },
  { ...guessing, id: 'attacks/E1/number-limit', claims: ['4.b'], judge: judgeNumberLimit },
  { ...guessing, id: 'attacks/E1/address-limit', claims: ['4.b'], judge: judgeAddressLimit },
  { ...requests, id: 'attacks/E2/misplaced-token', claims: ['2.2.b', '4.b'], judge: judgeTokens },
  { ...requests, id: 'attacks/E3/race', claims: ['2.2.b', '4.b'], judge: judgeRace },
  { ...requests, id: 'attacks/E4/enrolled-again', claims: ['4.b'], judge: judgeAgain },
];
