import type { z } from 'zod';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { describeVisit, isRefusedSignIn } from '../conformity/views/administration-view.ts';
import { worst } from '../conformity/views/worst.ts';
import { guessingSchema, intrusionSchema } from './activities/administration-intrusion-evidence.ts';

const intrusion = 'administration-intrusion';
const guessing = 'administration-guessing';

const intrusionPath = `evidence/${intrusion}/intrusion.json`;
const guessesPath = `evidence/${guessing}/guesses.json`;

type Intrusion = z.infer<typeof intrusionSchema>;

const onIntrusion =
  (judge: (found: Intrusion, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = evidence.json(intrusion, 'intrusion.json', intrusionSchema);
    return found
      ? judge(found, evidence)
      : inconclusive('the attempts on the page are not among the evidence');
  };

const leastGuesses = 6;

/** After six wrong passwords the right one must not open the page; the session from before shows that the page lives. */
const judgeGuesses = (evidence: Evidence): Finding => {
  const found = evidence.json(guessing, 'guesses.json', guessingSchema);
  if (!found) return inconclusive('the guesses are not among the evidence');
  const { admittedBefore, guesses, after, admittedAfter, sessionAlive } = found;
  if (!admittedBefore)
    return inconclusive('the control: the right password was not admitted before the guesses', [
      guessesPath,
    ]);
  if (guesses.length < leastGuesses)
    return inconclusive(`only ${guesses.length} passwords were guessed`, [guessesPath]);
  const unclear = guesses.find((visit) => !isRefusedSignIn(visit));
  if (unclear)
    return inconclusive(`a wrong password was not refused: ${describeVisit(unclear)}`, [
      guessesPath,
    ]);
  if (admittedAfter)
    return fail(
      'passwords can be guessed without end',
      'a lock, also for the right password',
      `the right password admitted after ${guesses.length} wrong ones`,
      [guessesPath],
    );
  if (!isRefusedSignIn(after) || !sessionAlive)
    return inconclusive(
      `it was not seen that the account is locked, and the page alive: ${describeVisit(after)}`,
      [guessesPath],
    );
  return pass(
    `after ${guesses.length} wrong passwords the right one is refused as well, while the session from before goes on`,
    [guessesPath],
  );
};

const judgeDefaults = onIntrusion(({ defaults, fixation }) => {
  const admitted = defaults.find((each) => each.admitted);
  if (admitted)
    return fail(
      'an account that products come with opens the page',
      'no such account',
      `${admitted.account}, with its usual password`,
      [intrusionPath],
    );
  if (defaults.length === 0) return inconclusive('no usual account was tried', [intrusionPath]);
  if (!fixation.admitted)
    return inconclusive('the control: the right account and password were not admitted', [
      intrusionPath,
    ]);
  const unclear = defaults.find(({ signIn }) => !isRefusedSignIn(signIn));
  return unclear
    ? inconclusive(
        `the account ${unclear.account} was not refused for its password: ${describeVisit(unclear.signIn)}`,
        [intrusionPath],
      )
    : pass(
        `${defaults.map(({ account }) => account).join(', ')} with their usual passwords are refused`,
        [intrusionPath],
      );
});

const judgeForms = onIntrusion(({ forms }, evidence) => {
  const pageAt = (name: string) => evidence.text(intrusion, `pages/number-${name}.html`);
  const [first, before, missing, wrong, right] = [
    'first',
    'before',
    'after-missing',
    'after-wrong',
    'after-right',
  ].map(pageAt);
  const paths = [intrusionPath, `evidence/${intrusion}/pages/number-before.html`];
  if ([first, before, missing, wrong, right].some((page) => page === null || page === ''))
    return inconclusive('the pages before and after the forms are not among the evidence', paths);
  if (first !== before)
    return inconclusive(
      'the page of the number changes by itself, so that it shows nothing',
      paths,
    );
  for (const [token, page] of [
    ['missing', missing],
    ['wrong', wrong],
  ] as const)
    if (page !== before)
      return fail(
        'a form is taken without the session’s own token',
        'refused, and nothing changed',
        `${forms.path} with the token ${token} changed the page of the number`,
        [...paths, `evidence/${intrusion}/pages/number-after-${token}.html`],
      );
  if (right === before)
    return inconclusive('the control: the form with its own token changed nothing', paths);
  return (
    worst(
      forms.attempts
        .filter(({ token }) => token !== 'right')
        .map(({ token, sent }) =>
          sent.outcome.kind === 'answered' && [400, 403, 419, 422].includes(sent.outcome.status)
            ? null
            : inconclusive(
                `the form with the token ${token} was not refused: ${describeVisit(sent)}`,
                [intrusionPath],
              ),
        ),
    ) ??
    pass(
      `${forms.path} without its token, and with another, is refused and changes nothing; with it, it does`,
      paths,
    )
  );
});

const judgeFixation = onIntrusion(({ fixation }) => {
  const { names, admitted, kept, stolen } = fixation;
  if (stolen)
    return fail(
      'a session begins under a cookie that somebody else chose',
      'a new cookie at each sign-in',
      `whoever planted ${names.join(', ')} sees the subscribers`,
      [intrusionPath],
    );
  if (names.length === 0)
    return inconclusive('the sign-in gave no cookie that could be planted', [intrusionPath]);
  if (!admitted)
    return inconclusive('the control: the visitor with the planted cookies was not admitted', [
      intrusionPath,
    ]);
  return kept.length === names.length
    ? fail(
        'the sign-in keeps the cookies that it was given',
        'a new cookie at each sign-in',
        `${kept.join(', ')} unchanged`,
        [intrusionPath],
      )
    : pass(`the sign-in gives ${names.join(', ')} anew; what was planted opens nothing`, [
        intrusionPath,
      ]);
});

const judgeCookies = onIntrusion(({ signIn, fixation }) => {
  const cookies = signIn.cookies.filter(
    ({ name, length }) => length > 0 && fixation.names.includes(name),
  );
  if (cookies.length === 0 || !fixation.admitted)
    return inconclusive('no sign-in that gave a cookie was seen', [intrusionPath]);
  const lacking = cookies.flatMap(({ name, secure, httpOnly, sameSite }) => [
    ...(secure ? [] : [`${name} without Secure`]),
    ...(httpOnly ? [] : [`${name} without HttpOnly`]),
    ...(sameSite === 'strict' ? [] : [`${name} with SameSite ${sameSite ?? 'unsaid'}`]),
  ]);
  return lacking.length > 0
    ? fail(
        'a session’s cookie lacks a protection',
        'Secure, HttpOnly, SameSite=Strict',
        lacking.join(', '),
        [intrusionPath],
      )
    : pass(`${cookies.map(({ name }) => name).join(', ')}: Secure, HttpOnly, SameSite=Strict`, [
        intrusionPath,
      ]);
});

const judgeScripts = onIntrusion(({ scripts }) => {
  const { injections, pages, asMarkup, asText } = scripts;
  if (asMarkup.length > 0)
    return fail(
      'a script that somebody put in is part of a page',
      'shown as text, or not at all',
      asMarkup.join(', '),
      [intrusionPath],
    );
  if (injections.length === 0) return inconclusive('no script was put in', [intrusionPath]);
  const lost = injections.find(({ status }) => status === null || status >= 500 || status === 429);
  if (lost)
    return inconclusive(`the script in the ${lost.where} met no proper answer`, [intrusionPath]);
  if (asText.length === 0 || pages.every(({ status }) => status !== 200))
    return inconclusive('the control: no page shows what was put in, so that nothing was seen', [
      intrusionPath,
    ]);
  return pass(
    `of ${injections.length} scripts that were put in none became part of a page; ${asText.length} pages show one as text`,
    [intrusionPath],
  );
});

const page = { revision: 1, claims: ['2.2.e'] } as const;
const intruding = {
  ...page,
  activities: [intrusion],
  needs: ['administer', 'enrol', 'read-token', 'revoke'],
} as const;

/** Attacks on the administration page (catalogue A2). */
export const administrationAttacks: readonly Scenario[] = [
  {
    ...page,
    id: 'attacks/A2/guessed-password',
    activities: [guessing],
    needs: ['administer'],
    judge: judgeGuesses,
  },
  { ...intruding, id: 'attacks/A2/usual-account', judge: judgeDefaults },
  { ...intruding, id: 'attacks/A2/forged-form', judge: judgeForms },
  { ...intruding, id: 'attacks/A2/planted-session', judge: judgeFixation },
  { ...intruding, id: 'attacks/A2/cookie-flags', judge: judgeCookies },
  { ...intruding, id: 'attacks/A2/planted-script', judge: judgeScripts },
];
