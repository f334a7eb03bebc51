import { fail, inconclusive, type Finding, type Scenario } from '../campaign/scenario.ts';
import type { SignallingAttempt } from './activities/signalling-evidence.ts';
import { refusedAlike, replyText, requestScenario, type Control } from './signalling-judges.ts';

const identity = { statuses: [403], codes: ['sip/identity'] } as const;

const callers = [
  'from-another',
  'from-longer',
  'from-shorter',
  'from-escaped',
  'from-own-name-only',
  'from-sips',
  'from-without-user',
  'from-anonymous',
] as const;

const invite: Control = { attempt: 'invite', must: 'reach' };
const register: Control = { attempt: 'register', must: '200' };
const wildcard: Control = { attempt: 'wildcard', must: '200' };

/** However many contacts are asked for, the newest alone is kept (I-9). */
const judgeFlood = (attempts: readonly SignallingAttempt[], path: string): Finding | null => {
  const flood = attempts.find(({ attempt }) => attempt === 'contact-flood');
  if (!flood) return inconclusive('"contact-flood" was not tried', [path]);
  const { reply } = flood;
  if (reply.kind !== 'answered')
    return inconclusive(`the flood of contacts came out as ${reply.kind}`, [path]);
  return reply.status < 300 && reply.contacts > 1
    ? fail(
        'one number holds many contacts',
        'one contact, the newest, or a refusal',
        `${reply.contacts} contacts kept`,
        [path],
      )
    : null;
};

/** A message is what its Content-Length says, however it is cut into packets. */
const judgeLengths = (attempts: readonly SignallingAttempt[], path: string): Finding | null => {
  const long = attempts.find(({ attempt }) => attempt === 'length-too-long');
  if (!long) return inconclusive('"length-too-long" was not tried', [path]);
  if (long.reply.kind === 'answered' && long.reply.status < 300)
    return fail(
      'a message was taken for whole whose rest had not come',
      'no answer before the rest, or a refusal',
      replyText(long),
      [path],
    );
  const short = attempts.find(({ attempt }) => attempt === 'length-too-short');
  if (!short) return inconclusive('"length-too-short" was not tried', [path]);
  return short.codes.includes('sip/content-length') || short.codes.includes('sip/start-line')
    ? null
    : inconclusive(`what stood behind a message was not refused: ${replyText(short)}`, [path]);
};

const unreadable = { statuses: [400, 413, 500, 513], mayClose: true } as const;

/** Attacks on the signalling by an enrolled user, one request at a time (catalogue S). */
export const signallingAttacks: readonly Scenario[] = [
  requestScenario(
    'S1/caller-is-certificate',
    ['5.2.a', '2.2.c'],
    'identities.json',
    refusedAlike(callers, identity),
    [invite],
  ),
  requestScenario(
    'S2/registration-of-another',
    ['5.2.a', '2.2.d'],
    'identities.json',
    [
      ...refusedAlike(
        [
          'to-another',
          'as-another',
          'as-another-with-password',
          'contact-of-another',
          'wildcard-of-another',
        ],
        identity,
      ),
      { attempt: 'wildcard-with-contact', statuses: [400], codes: ['sip/contact'] },
    ],
    [register, wildcard, { attempt: 'invite-own', must: 'reach' }],
    judgeFlood,
  ),
  requestScenario(
    'S12/connection-of-another',
    ['5.2.a'],
    'identities.json',
    refusedAlike(['register-borrowed', 'invite-borrowed'], identity),
    [
      { attempt: 'register-own', must: '200' },
      { attempt: 'invite-own', must: 'reach' },
    ],
  ),
  requestScenario(
    'S10/hops-and-routes',
    ['2.2.d'],
    'identities.json',
    [
      { attempt: 'max-forwards-used-up', statuses: [483], codes: ['sip/max-forwards'] },
      { attempt: 'max-forwards-not-a-number', statuses: [400], codes: ['sip/max-forwards'] },
      { attempt: 'max-breadth-used-up', statuses: [440], codes: ['sip/max-breadth'] },
      { attempt: 'route-elsewhere', statuses: [403, 404], codes: ['sip/foreign-route'] },
      { attempt: 'domain-elsewhere', statuses: [403, 404], codes: ['sip/unknown-number'] },
    ],
    [invite],
  ),
  requestScenario(
    'S5/smuggling',
    ['5.2.a'],
    'forms.json',
    [
      ...refusedAlike(['from-twice', 'from-twice-first', 'from-compact-beside'], {
        statuses: [400],
        codes: ['sip/from'],
      }),
      ...refusedAlike(['from-behind-line-feed', 'from-behind-carriage-return'], {
        ...unreadable,
        codes: ['sip/line-end'],
      }),
      { attempt: 'from-behind-zero-byte', ...unreadable, codes: ['sip/from', 'sip/header'] },
      { attempt: 'length-twice', ...unreadable, codes: ['sip/content-length'] },
      { attempt: 'request-in-body', ...identity },
    ],
    [invite],
  ),
  requestScenario(
    'S7/malformed-to-and-via',
    ['2.2.c'],
    'forms.json',
    [
      ...refusedAlike(['to-twice', 'to-twice-empty-tag', 'to-empty-tag'], {
        ...unreadable,
        codes: ['sip/to'],
      }),
      ...refusedAlike(
        [
          'via-empty',
          'via-cut',
          'via-without-transport',
          'via-empty-branch',
          'via-open-bracket',
          'via-port-too-large',
        ],
        { ...unreadable, codes: ['sip/via'] },
      ),
    ],
    [invite],
  ),
  requestScenario(
    'S9/lengths',
    ['2.2.c'],
    'forms.json',
    refusedAlike(['length-beyond-64-bits', 'length-negative', 'length-not-a-number'], {
      ...unreadable,
      codes: ['sip/content-length', 'sip/too-large'],
    }),
    [
      { attempt: 'options', must: '200' },
      { attempt: 'byte-by-byte', must: '200' },
    ],
    judgeLengths,
  ),
];
