import type { z } from 'zod';
import { secretSearchSchema } from '../../conformity/activities/call-evidence.ts';
import {
  without,
  withJson,
  withOutcome,
  withText,
  type Alteration,
} from '../../testing/altered.ts';
import { failing, noted, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  alterationsSchema,
  guessingSchema,
  passphrasesSchema,
  storedKeysSchema,
  storedTheftActivity as activity,
  type Alteration as Tried,
} from '../activities/stored-evidence.ts';

const keyFile = 'keys/spare-1.pem';

/** The DER of a stored key changed, as hexadecimal. */
const inKeyFile = (change: (hex: string) => string): Alteration =>
  withText(activity, keyFile, (text) => {
    const hex = Buffer.from(text.replaceAll(/-----.*?-----|\s/g, ''), 'base64').toString('hex');
    const altered = change(hex);
    if (altered === hex) throw new Error('the stored key is not of the form that is altered');
    const lines = Buffer.from(altered, 'hex')
      .toString('base64')
      .match(/.{1,64}/g);
    return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines?.join('\n') ?? ''}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
  });

/** Some of its bytes replaced by as many others. */
const inKey = (from: string, to: string): Alteration => inKeyFile((hex) => hex.replace(from, to));

/** AlgorithmIdentifier of HMAC-SHA256, and the five lengths around it. */
const functionElement = '300c06082a864886f70d02090500';
const lengthsAround = /^3082(....)30(..)(0609[0-9a-f]{18})30(..)30(..)(0609[0-9a-f]{18})30(..)/;

/** The function left out, and every length around it made right. */
const withoutFunction = inKeyFile((hex) => {
  const shorter = (length = ''): string =>
    (parseInt(length, 16) - functionElement.length / 2).toString(16).padStart(length.length, '0');
  return hex
    .replace(functionElement, '')
    .replace(
      lengthsAround,
      (_all, a, b, scheme, c, d, derivation, e) =>
        `3082${shorter(a)}30${shorter(b)}${scheme}30${shorter(c)}30${shorter(d)}${derivation}30${shorter(e)}`,
    );
});

const encryption = 'attacks/P1/encryption';
const derivation = 'attacks/P1/derivation';
const fresh = 'attacks/P1/fresh-salt-and-iv';
const named = 'attacks/P2/function-named';

/** Object identifiers of the file, and what else stands there. */
const der = {
  aes256: '60864801650304012a',
  aes192: '608648016503040116',
  iterations2048: '02020800',
  iterations1024: '02020400',
  sha256: '2a864886f70d0209',
  sha384: '2a864886f70d020a',
  sha512: '2a864886f70d020b',
} as const;

type KeyList = z.infer<typeof storedKeysSchema>;

const inList = (change: (keys: KeyList) => KeyList): Alteration =>
  withJson(activity, 'keys.json', storedKeysSchema, change);

const keyCases: readonly JudgeCase[] = [
  failing(encryption, 'AES-192', /the cipher of a stored key/, inKey(der.aes256, der.aes192)),
  failing(
    derivation,
    '1024 iterations',
    /the iterations of a stored key/,
    inKey(der.iterations2048, der.iterations1024),
  ),
  failing(named, 'no function named', /the PRF of a stored key/, withoutFunction),
  failing(named, 'HMAC-SHA384', /the PRF of a stored key/, inKey(der.sha256, der.sha384)),
  failing(named, 'HMAC-SHA512', /the PRF of a stored key/, inKey(der.sha256, der.sha512)),
  failing(
    fresh,
    'the same key file twice',
    /the same salt/,
    inList((keys) => keys.map((key) => ({ ...key, file: keyFile }))),
  ),
  undecided(
    fresh,
    'one phone only',
    /are needed to compare/,
    inList((keys) => keys.filter(({ phone }) => phone === 'stolen')),
  ),
  undecided(
    fresh,
    'one enrolment of each phone',
    /are needed to compare/,
    inList((keys) => keys.filter(({ enrolment }) => enrolment === 1)),
  ),
  ...[encryption, derivation, fresh, named].flatMap((scenario) => [
    failing(
      scenario,
      'a key in clear',
      /no encrypted PKCS#8/,
      withText(activity, keyFile, (text) => text.replaceAll('ENCRYPTED ', '')),
    ),
    undecided(scenario, 'a key missing', /not among the evidence/, without(activity, keyFile)),
    undecided(scenario, 'no list', /no stored keys/, without(activity, 'keys.json')),
    undecided(
      scenario,
      'an activity that failed',
      /activity stored-theft/,
      withOutcome(activity, { status: 'failed', reason: 'no SMS' }),
    ),
  ]),
];

const weak = 'attacks/P3/weak-passphrase';
const guessing = 'attacks/P3/guessing';
const left = 'attacks/P4/nothing-left';

const inPassphrase = (
  name: string,
  change: Partial<z.infer<typeof passphrasesSchema>[number]>,
): Alteration =>
  withJson(activity, 'passphrases.json', passphrasesSchema, (tried) =>
    tried.map((each) => (each.passphrase === name ? { ...each, ...change } : each)),
  );

const inGuessing = (change: Partial<z.infer<typeof guessingSchema>>): Alteration =>
  withJson(activity, 'guessing.json', guessingSchema, (seen) => ({ ...seen, ...change }));

const inSearch = (change: Partial<z.infer<typeof secretSearchSchema>>): Alteration =>
  withJson(activity, 'leftovers.json', secretSearchSchema, (seen) => ({ ...seen, ...change }));

const secretCases: readonly JudgeCase[] = [
  ...['empty', 'one-character', 'seven-characters'].flatMap((name) => [
    failing(
      weak,
      `the passphrase "${name}" taken`,
      /of no strength/,
      inPassphrase(name, { accepted: true }),
    ),
    undecided(
      weak,
      `the passphrase "${name}" refused for something else`,
      /not refused for its length/,
      inPassphrase(name, { codes: ['enrolment/answer'] }),
    ),
    undecided(
      weak,
      `the passphrase "${name}" not tried`,
      /was not tried/,
      withJson(activity, 'passphrases.json', passphrasesSchema, (tried) =>
        tried.filter(({ passphrase }) => passphrase !== name),
      ),
    ),
  ]),
  undecided(weak, 'the control refused', /the control/, inPassphrase('long', { accepted: false })),
  undecided(weak, 'no attempts', /not among the evidence/, without(activity, 'passphrases.json')),
  failing(
    guessing,
    'a common passphrase',
    /opens the stolen key/,
    inGuessing({ common: { tried: 10, opened: 1 } }),
  ),
  undecided(
    guessing,
    'a key that the right one does not open',
    /the control/,
    inGuessing({ rightOpens: false }),
  ),
  noted(
    guessing,
    'a thousand guesses in two seconds',
    /^P3\/guess-cost: .* tries 500 passphrases a second/,
    inGuessing({ guesses: 1_000, milliseconds: 2_000 }),
  ),
  undecided(guessing, 'no guess', /no guess/, inGuessing({ guesses: 0 })),
  undecided(guessing, 'no evidence', /not among the evidence/, without(activity, 'guessing.json')),
  failing(
    left,
    'a passphrase in a file',
    /was found in clear/,
    inSearch({ found: [{ needle: 'passphrase', place: 'log', encoding: 'raw' }] }),
  ),
  undecided(
    left,
    'a search that finds nothing',
    /planted/,
    inSearch({ control: { planted: 24, found: 20 } }),
  ),
  undecided(left, 'a search for nothing', /planted/, inSearch({ needles: [] })),
  undecided(left, 'a search in nothing', /nothing was searched/, inSearch({ places: [] })),
  undecided(left, 'no evidence', /not among the evidence/, without(activity, 'leftovers.json')),
];

const inTried = (name: string, change: Partial<Tried>): Alteration =>
  withJson(activity, 'alterations.json', alterationsSchema, (tried) =>
    tried.map((each) => (each.alteration === name ? { ...each, ...change } : each)),
  );

const notTried = (name: string): Alteration =>
  withJson(activity, 'alterations.json', alterationsSchema, (tried) =>
    tried.filter(({ alteration }) => alteration !== name),
  );

const places = [
  'salt',
  'iv',
  'first-block',
  'modulus',
  'private-exponent',
  'first-prime',
  'coefficient',
  'last-block-but-one',
  'last-block',
];

const changes: Readonly<Record<string, readonly string[]>> = {
  'attacks/P5/key': [
    'key-of-another',
    'key-of-the-thief',
    'key-with-fewer-iterations',
    'key-cut',
    ...places.map((place) => `bit-in-${place}`),
  ],
  'attacks/P5/certificate': ['certificate-of-another', 'certificate-altered', 'certificate-cut'],
  'attacks/P5/authorities': [
    'root-replaced',
    'client-authority-replaced',
    'server-authority-replaced',
    'authorities-exchanged',
  ],
};

const oracle = 'attacks/P6/one-answer';

const alterationCases: readonly JudgeCase[] = [
  ...Object.entries(changes).flatMap(([scenario, names]) => [
    ...names.flatMap((name) => [
      failing(scenario, `opened with "${name}"`, /goes on with/, inTried(name, { unlocked: true })),
      undecided(scenario, `"${name}" not tried`, /was not tried/, notTried(name)),
      undecided(
        scenario,
        `"${name}" refused for something else`,
        /not refused for its fault/,
        inTried(name, { codes: ['storage/passphrase-empty'] }),
      ),
    ]),
    failing(
      scenario,
      'a connection all the same',
      /goes on with/,
      inTried(names[0] ?? '', { connections: 1 }),
    ),
    failing(
      scenario,
      'registered all the same',
      /goes on with/,
      inTried(names[0] ?? '', { registered: true }),
    ),
    tolerated(
      scenario,
      'a connection of a phone that an earlier file had opened',
      /stays shut/,
      inTried(names[0] ?? '', { connections: 1, openBefore: true }),
    ),
    undecided(
      scenario,
      'a control that does not open',
      /the control/,
      inTried('none', { unlocked: false }),
    ),
    undecided(
      scenario,
      'a control that does not connect',
      /the control/,
      inTried('none', { connections: 0 }),
    ),
    undecided(scenario, 'no control', /the control/, notTried('none')),
    undecided(
      scenario,
      'no evidence',
      /not among the evidence/,
      without(activity, 'alterations.json'),
    ),
  ]),
  failing(
    oracle,
    'another message for damage',
    /answered differently/,
    inTried('bit-in-iv', { message: 'phone stolen: unlocking: bad ASN.1' }),
  ),
  failing(
    oracle,
    'another code for damage',
    /answered differently/,
    inTried('bit-in-modulus', { codes: ['storage/key-mismatch'] }),
  ),
  failing(
    oracle,
    'a wrong passphrase that opens',
    /opens all the same/,
    inTried('wrong-passphrase', { unlocked: true, message: '' }),
  ),
  failing(
    oracle,
    'damage that opens',
    /opens all the same/,
    inTried('bit-in-private-exponent', { unlocked: true, message: '' }),
  ),
  undecided(oracle, 'no wrong passphrase', /no wrong passphrase/, notTried('wrong-passphrase')),
  undecided(oracle, 'no damage of the IV', /was not tried/, notTried('bit-in-iv')),
  undecided(
    oracle,
    'a control that does not open',
    /the control/,
    inTried('none', { unlocked: false }),
  ),
  undecided(oracle, 'no evidence', /not among the evidence/, without(activity, 'alterations.json')),
];

/** What a thief of a phone's files can come to. */
export const storedCases: readonly JudgeCase[] = [...keyCases, ...secretCases, ...alterationCases];
