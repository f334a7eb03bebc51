import type { z } from 'zod';
import {
  all,
  without,
  withJson,
  withOutcome,
  withText,
  type Alteration,
} from '../../testing/altered.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { floodSchema } from '../activities/administration-flood.ts';
import {
  guessingSchema,
  intrusionSchema,
} from '../activities/administration-intrusion-evidence.ts';

type Intrusion = z.infer<typeof intrusionSchema>;
type Guessing = z.infer<typeof guessingSchema>;
type Flood = z.infer<typeof floodSchema>;
type Outcome = Guessing['after']['outcome'];

const inIntrusion = (change: (found: Intrusion) => unknown): Alteration =>
  withJson('administration-intrusion', 'intrusion.json', intrusionSchema, change);

const inGuesses = (change: (found: Guessing) => unknown): Alteration =>
  withJson('administration-guessing', 'guesses.json', guessingSchema, change);

const inFlood = (change: (found: Flood) => unknown): Alteration =>
  withJson('registration-flood', 'flood.json', floodSchema, change);

const answered = (status: number, asksPassword = false): Outcome => ({
  kind: 'answered',
  status,
  protocol: 'TLSv1.3',
  suite: 'TLS_AES_256_GCM_SHA384',
  asksPassword,
});

const missing = (id: string, activity: string, file: string): readonly JudgeCase[] => [
  undecided(id, 'no evidence', /not among the evidence/, without(activity, file)),
  undecided(
    id,
    'evidence of the wrong shape',
    /not among the evidence/,
    withText(activity, file, () => '[]'),
  ),
  undecided(
    id,
    'an activity that failed',
    new RegExp(`activity ${activity}`),
    withOutcome(activity, { status: 'failed', reason: 'no page' }),
  ),
];

const missingIntrusion = (id: string): readonly JudgeCase[] =>
  missing(id, 'administration-intrusion', 'intrusion.json');

const guessed = 'attacks/A2/guessed-password';

const guessCases: readonly JudgeCase[] = [
  ...missing(guessed, 'administration-guessing', 'guesses.json'),
  failing(
    guessed,
    'the right password admitted after the guesses',
    /without end/,
    inGuesses((found) => ({ ...found, admittedAfter: true })),
  ),
  undecided(
    guessed,
    'the right password not admitted before',
    /the control/,
    inGuesses((found) => ({ ...found, admittedBefore: false })),
  ),
  undecided(
    guessed,
    'fewer guesses',
    /only 5 passwords/,
    inGuesses((found) => ({ ...found, guesses: found.guesses.slice(1) })),
  ),
  undecided(
    guessed,
    'the page gone after the guesses',
    /not seen that the account/,
    inGuesses((found) => ({ ...found, sessionAlive: false })),
  ),
  undecided(
    guessed,
    'the last answer another page',
    /not seen that the account/,
    inGuesses((found) => ({ ...found, after: { ...found.after, outcome: answered(200) } })),
  ),
  undecided(
    guessed,
    'a guess that met no answer',
    /a wrong password was not refused/,
    inGuesses((found) => {
      const [first] = found.guesses;
      if (first) first.outcome = { kind: 'deadline' };
    }),
  ),
  undecided(
    guessed,
    'held off by the limit of an address, which tells nothing of the account',
    /not seen that the account/,
    inGuesses((found) => ({ ...found, after: { ...found.after, outcome: answered(429) } })),
  ),
];

const usual = 'attacks/A2/usual-account';

const usualCases: readonly JudgeCase[] = [
  ...missingIntrusion(usual),
  failing(
    usual,
    'an account admitted',
    /that products come with/,
    inIntrusion((found) => {
      const last = found.defaults.at(-1);
      if (last) last.admitted = true;
    }),
  ),
  undecided(
    usual,
    'none tried',
    /no usual account/,
    inIntrusion((found) => ({ ...found, defaults: [] })),
  ),
  undecided(
    usual,
    'too many tries from one address',
    /was not refused for its password/,
    inIntrusion((found) => {
      const [first] = found.defaults;
      if (first) first.signIn.outcome = answered(429);
    }),
  ),
  undecided(
    usual,
    'the right account not admitted',
    /the control/,
    inIntrusion((found) => {
      found.fixation.admitted = false;
    }),
  ),
];

const form = 'attacks/A2/forged-form';
const pageName = (name: string): string => `pages/number-${name}.html`;

/** A page of the number as another was. */
const asPage =
  (name: string, other: string): Alteration =>
  (evidence) =>
    withText(
      'administration-intrusion',
      pageName(name),
      () => evidence.text('administration-intrusion', pageName(other)) ?? '',
    )(evidence);

const formCases: readonly JudgeCase[] = [
  ...missingIntrusion(form),
  ...(['missing', 'wrong'] as const).flatMap((token) => [
    failing(
      form,
      `the form with the token ${token} did what it is for`,
      /without the session’s own token/,
      asPage(`after-${token}`, 'after-right'),
    ),
    undecided(
      form,
      `no page after the token ${token}`,
      /not among the evidence/,
      without('administration-intrusion', pageName(`after-${token}`)),
    ),
    undecided(
      form,
      `the form with the token ${token} answered as if taken`,
      /was not refused/,
      inIntrusion((found) => {
        for (const attempt of found.forms.attempts)
          if (attempt.token === token) attempt.sent.outcome = answered(200);
      }),
    ),
  ]),
  undecided(
    form,
    'a page that changes by itself',
    /changes by itself/,
    withText('administration-intrusion', pageName('first'), (text) => `${text} `),
  ),
  undecided(form, 'the right token in vain', /the control/, asPage('after-right', 'before')),
];

const planted = 'attacks/A2/planted-session';

const fixation = (change: Partial<Intrusion['fixation']>): Alteration =>
  inIntrusion((found) => ({ ...found, fixation: { ...found.fixation, ...change } }));

const fixationCases: readonly JudgeCase[] = [
  ...missingIntrusion(planted),
  failing(
    planted,
    'the planted cookie opens the page',
    /somebody else chose/,
    fixation({ stolen: true }),
  ),
  failing(
    planted,
    'the cookie kept',
    /keeps the cookies/,
    fixation({ names: ['session'], kept: ['session'] }),
  ),
  undecided(planted, 'no cookie given', /no cookie/, fixation({ names: [], kept: [] })),
  undecided(planted, 'not admitted', /the control/, fixation({ admitted: false })),
];

const flags = 'attacks/A2/cookie-flags';

/** The session's cookie as it was set, changed. */
const sessionCookie = (change: Partial<Intrusion['signIn']['cookies'][number]>): Alteration =>
  inIntrusion((found) => {
    for (const cookie of found.signIn.cookies) if (cookie.length > 0) Object.assign(cookie, change);
  });

const flagCases: readonly JudgeCase[] = [
  ...missingIntrusion(flags),
  failing(flags, 'without Secure', /lacks a protection/, sessionCookie({ secure: false })),
  failing(flags, 'without HttpOnly', /lacks a protection/, sessionCookie({ httpOnly: false })),
  failing(flags, 'with SameSite=Lax', /lacks a protection/, sessionCookie({ sameSite: 'lax' })),
  failing(flags, 'without SameSite', /lacks a protection/, sessionCookie({ sameSite: null })),
  undecided(flags, 'no cookie', /no sign-in/, sessionCookie({ length: 0 })),
  undecided(flags, 'not admitted', /no sign-in/, fixation({ admitted: false })),
];

const script = 'attacks/A2/planted-script';

const scripts = (change: Partial<Intrusion['scripts']>): Alteration =>
  inIntrusion((found) => ({ ...found, scripts: { ...found.scripts, ...change } }));

const scriptCases: readonly JudgeCase[] = [
  ...missingIntrusion(script),
  failing(script, 'a script in a page', /is part of a page/, scripts({ asMarkup: ['/audit'] })),
  undecided(script, 'none put in', /no script/, scripts({ injections: [] })),
  undecided(
    script,
    'an injection that met a fault',
    /no proper answer/,
    scripts({ injections: [{ where: 'account of a sign-in', status: 500 }] }),
  ),
  undecided(
    script,
    'an injection without an answer',
    /no proper answer/,
    scripts({ injections: [{ where: 'account of a sign-in', status: null }] }),
  ),
  undecided(script, 'shown nowhere', /the control/, scripts({ asText: [] })),
  undecided(
    script,
    'no page opened',
    /the control/,
    scripts({ pages: [{ path: '/', status: 404 }] }),
  ),
];

const flood = 'attacks/A4/registration-flood';
const silent = { heard: false, endedBy: null, took: null } as const;

const floodCases: readonly JudgeCase[] = [
  ...missing(flood, 'registration-flood', 'flood.json'),
  failing(
    flood,
    'no call during it',
    /stops calls/,
    inFlood((found) => ({ ...found, during: silent })),
  ),
  failing(
    flood,
    'a call refused during it',
    /stops calls/,
    inFlood((found) => ({ ...found, during: { ...silent, endedBy: 'sip/503' } })),
  ),
  undecided(
    flood,
    'no call after it either',
    /none after it/,
    inFlood((found) => ({ ...found, during: silent, after: silent })),
  ),
  undecided(
    flood,
    'no call before it',
    /the control/,
    inFlood((found) => ({ ...found, before: silent })),
  ),
  undecided(
    flood,
    'a trickle',
    /no flood/,
    inFlood((found) => ({ ...found, flood: { ...found.flood, answers: { '202': 3 } } })),
  ),
  undecided(
    flood,
    'no call before it, and none during it',
    /the control/,
    all(
      inFlood((found) => ({ ...found, before: silent })),
      inFlood((found) => ({ ...found, during: silent })),
    ),
  ),
];

/** Attempts on the administration page, and a flood. */
export const administrationAttackCases: readonly JudgeCase[] = [
  ...guessCases,
  ...usualCases,
  ...formCases,
  ...fixationCases,
  ...flagCases,
  ...scriptCases,
  ...floodCases,
];
