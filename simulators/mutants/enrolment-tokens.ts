import { randomBytes } from 'node:crypto';
import { registering, remembering, type StartRegistration as Start } from './registering.ts';

/** Id, fault, claims, reason, and the service with the fault. */
export type EnrolmentRow = readonly [string, string, readonly string[], RegExp, Start];

/** Draws tokens, and nothing else, from a function of how many were drawn. */
const drawing = (draw: (count: number) => number): Start => {
  let count = 0;
  return registering(({ randomBytes: random }) => ({
    randomBytes: (length) => {
      if (length !== 4) return random(length);
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(draw(count++));
      return new Uint8Array(bytes);
    },
  }));
};

/** Tokens as they were sent, by enrolment; `judge` decides which is taken for the right one. */
export const withTokens = (
  judge: (given: string, own: string, all: readonly string[]) => boolean,
): Start =>
  remembering((right) => {
    const tokens = new Map<string, string>();
    return {
      begin: (enrolment) => {
        tokens.set(enrolment.id, enrolment.token);
        return right.begin(enrolment);
      },
      tryToken: (attempt) => {
        const own = tokens.get(attempt.id) ?? attempt.token;
        const isTaken = judge(attempt.token, own, [...tokens.values()]);
        return right.tryToken(isTaken ? { ...attempt, token: own } : attempt);
      },
    };
  });

/** Signs anew each time that a token is given back. */
const anewEachTime = remembering((right) => ({
  tryToken: (attempt) => {
    const outcome = right.tryToken(attempt);
    return outcome.kind === 'right' ? { ...outcome, certificate: null } : outcome;
  },
  issue: (made) => {
    const outcome = right.issue(made);
    if (outcome.kind !== 'issued') return outcome;
    return { ...outcome, certificate: { ...outcome.certificate, der: made.certificate.der } };
  },
}));

/** Forgets the limit of one kind. */
const unlimitedNumbers = remembering(() => ({ countSince: () => 0 }));
const unlimitedAddresses = registering(() => ({ perAddress: [] }));

const token = ['2.2.b', '4.b'] as const;

/** Registration services whose tokens prove less than they should. */
export const enrolmentTokenRows: readonly EnrolmentRow[] = [
  [
    'token-of-three-digits',
    'tokens have three digits that are not zero',
    token,
    /token/,
    drawing(() => randomBytes(2).readUInt16BE() % 1000),
  ],
  [
    'token-counts',
    'each token is the one before plus 1',
    token,
    /a constant step/,
    drawing((count) => 100_000 + count),
  ],
  [
    'token-never-looked-at',
    'any token is taken',
    token,
    /wrong token|counted where it does not belong|still counted/,
    withTokens(() => true),
  ],
  [
    'token-of-anybody',
    'a token is taken for whatever number',
    token,
    /counted where it does not belong: "of-another-number"|"of-an-earlier-request"/,
    withTokens((given, _own, all) => all.includes(given)),
  ],
  [
    'token-with-endless-tries',
    'tokens can be guessed without end',
    token,
    /a token still counted after/,
    remembering((right) => ({ tryToken: (attempt) => right.tryToken({ ...attempt, tries: 1e9 }) })),
  ],
  [
    'token-gives-many-certificates',
    'a token gives another certificate each time',
    token,
    /two certificates|several certificates/,
    anewEachTime,
  ],
  [
    'number-without-limit',
    'a number can be asked for without end',
    ['4.b'],
    /a number can be asked for without end/,
    unlimitedNumbers,
  ],
  [
    'address-without-limit',
    'one address can ask without end',
    ['4.b'],
    /one address can guess without end/,
    unlimitedAddresses,
  ],
];
