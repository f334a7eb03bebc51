import { toHex } from '../../reference/core/bytes.ts';
import {
  parsePkcs8Envelope,
  type StoredKeyParameters,
} from '../../reference/core/keystore/envelope.ts';
import {
  fail,
  inconclusive,
  noting,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
  type ScenarioObservation,
} from '../campaign/scenario.ts';
import type { LocalText } from '../claims/claim.ts';
import { secretSearchSchema } from '../conformity/activities/call-evidence.ts';
import { worst } from '../conformity/views/worst.ts';
import {
  guessingSchema,
  passphrasesSchema,
  storedKeysSchema,
  storedTheftActivity,
} from './activities/stored-evidence.ts';

const folder = `evidence/${storedTheftActivity}`;

interface StoredKey {
  readonly name: string;
  readonly path: string;
  readonly parameters: StoredKeyParameters;
}

/** Every stored key with its parameters, or what is wrong with one of them. */
const storedKeys = (evidence: Evidence): readonly StoredKey[] | Finding => {
  const listed = evidence.json(storedTheftActivity, 'keys.json', storedKeysSchema);
  if (!listed || listed.length === 0) return inconclusive('no stored keys are among the evidence');
  const keys: StoredKey[] = [];
  for (const { file, phone, enrolment } of listed) {
    const text = evidence.text(storedTheftActivity, file);
    const path = `${folder}/${file}`;
    if (text === null) return inconclusive(`${file} is not among the evidence`);
    const parameters = parsePkcs8Envelope(text);
    if (!parameters.ok)
      return fail(
        `the stored key of ${phone} is no encrypted PKCS#8 key`,
        'PKCS#8 in PEM under PBES2 with PBKDF2',
        `${parameters.error.code} at ${parameters.error.offset}`,
        [path],
      );
    const name = `${phone}, enrolment ${enrolment}`;
    keys.push({ name, path, parameters: parameters.value });
  }
  return keys;
};

interface Field {
  readonly name: string;
  readonly expected: string;
  readonly isRight: (parameters: StoredKeyParameters) => boolean;
  readonly observed: (parameters: StoredKeyParameters) => string;
}

const encryption: readonly Field[] = [
  {
    name: 'scheme',
    expected: 'PBES2',
    isRight: ({ scheme }) => scheme.name === 'PBES2',
    observed: ({ scheme }) => scheme.name,
  },
  {
    name: 'cipher',
    expected: 'aes-256-cbc',
    isRight: ({ cipher }) => cipher.name === 'aes-256-cbc',
    observed: ({ cipher }) => cipher.name,
  },
  {
    name: 'IV',
    expected: '16 bytes',
    isRight: ({ iv }) => iv.length === 16,
    observed: ({ iv }) => `${iv.length} bytes`,
  },
];

const derivation: readonly Field[] = [
  {
    name: 'key derivation',
    expected: 'PBKDF2',
    isRight: ({ keyDerivation }) => keyDerivation.name === 'PBKDF2',
    observed: ({ keyDerivation }) => keyDerivation.name,
  },
  {
    name: 'iterations',
    expected: '2048 iterations',
    isRight: ({ iterations }) => iterations.count === 2048,
    observed: ({ prf, iterations }) => `${prf.name}, ${iterations.count} iterations`,
  },
  {
    name: 'salt',
    expected: '8 bytes or more',
    isRight: ({ salt }) => salt.length >= 8,
    observed: ({ salt }) => `${salt.length} bytes`,
  },
];

const functions: readonly Field[] = [
  {
    name: 'PRF',
    expected: 'hmacWithSHA256, by name',
    isRight: ({ prf }) => prf.name === 'hmacWithSHA256' && !prf.leftOut,
    observed: ({ prf }) => `${prf.name}${prf.leftOut ? ' (left out, the default)' : ''}`,
  },
];

const judgeFields =
  (fields: readonly Field[]) =>
  (evidence: Evidence): Finding => {
    const keys = storedKeys(evidence);
    if ('kind' in keys) return keys;
    for (const { name, path, parameters } of keys)
      for (const field of fields)
        if (!field.isRight(parameters))
          return fail(
            `the ${field.name} of a stored key differs (${name})`,
            field.expected,
            field.observed(parameters),
            [path],
          );
    return pass(
      `${keys.length} stored keys: ${fields.map(({ name, expected }) => `${name} ${expected}`).join(', ')}`,
      keys.map(({ path }) => path),
    );
  };

/** Two keys under one salt share what a thief computes for one; two under one IV show where they begin alike. */
const judgeFresh = (evidence: Evidence): Finding => {
  const keys = storedKeys(evidence);
  if ('kind' in keys) return keys;
  const paths = keys.map(({ path }) => path);
  for (const what of ['salt', 'iv'] as const) {
    const seen = new Map<string, string>();
    for (const { name, parameters } of keys) {
      const value = toHex(parameters[what].bytes);
      const before = seen.get(value);
      if (before !== undefined)
        return fail(
          `two stored keys have the same ${what === 'iv' ? 'IV' : what}`,
          'a fresh one for each',
          `${before} and ${name}: ${value}`,
          paths,
        );
      seen.set(value, name);
    }
  }
  const phones = new Set(keys.map(({ name }) => name.split(',')[0]));
  if (phones.size < 2 || keys.length <= phones.size)
    return inconclusive('two phones and two enrolments of one phone are needed to compare', paths);
  return pass(
    `${keys.length} keys of ${phones.size} phones under one passphrase, each with a salt and an IV of its own`,
    paths,
  );
};

const weak = ['empty', 'one-character', 'seven-characters'] as const;
const passphraseCodes = ['storage/passphrase-empty', 'storage/passphrase-short'];

const judgePassphrases = (evidence: Evidence): Finding => {
  const path = `${folder}/passphrases.json`;
  const tried = evidence.json(storedTheftActivity, 'passphrases.json', passphrasesSchema);
  if (!tried) return inconclusive('the passphrases tried are not among the evidence');
  const findings = weak.map((name): Finding | null => {
    const attempt = tried.find(({ passphrase }) => passphrase === name);
    if (!attempt) return inconclusive(`the passphrase "${name}" was not tried`, [path]);
    if (attempt.accepted)
      return fail(
        `the phone makes a key under a passphrase of no strength ("${name}")`,
        'a refusal',
        'a key and a request for a certificate',
        [path],
      );
    return passphraseCodes.some((code) => attempt.codes.includes(code))
      ? null
      : inconclusive(
          `the passphrase "${name}" was not refused for its length: ${attempt.codes.join(', ') || 'nothing logged'}`,
          [path],
        );
  });
  const control = tried.find(({ passphrase }) => passphrase === 'long');
  return (
    worst([
      ...findings,
      control?.accepted === true
        ? null
        : inconclusive('the control, a long passphrase, was not accepted', [path]),
    ]) ??
    pass('passphrases of no character, one and seven are refused; a long one is taken', [path])
  );
};

const secondsOfYear = 365.25 * 86_400;

/** How long a thief needs for every passphrase of a kind, in words. */
const timeFor = (passphrases: number, perSecond: number): LocalText => {
  const years = passphrases / perSecond / secondsOfYear;
  const days = Math.max(1, Math.round(years * 365.25));
  return years >= 2
    ? { en: `${Math.round(years)} years`, fr: `${Math.round(years)} ans` }
    : { en: `${days} days`, fr: `${days} jours` };
};

/** A measured rate (P3), to be read with O12. */
const guessCost = (rate: number, path: string): ScenarioObservation => {
  const [short, long] = [timeFor(26 ** 8, rate), timeFor(26 ** 12, rate)];
  return {
    id: 'P3/guess-cost',
    text: {
      en: `with a stolen key one core of this machine tries ${rate} passphrases a second, measured while the campaign ran: all of 8 lower-case letters take it ${short.en}, all of 12 ${long.en} (O12)`,
      fr: `avec une clé volée, un cœur de cette machine essaie ${rate} phrases secrètes par seconde, mesure faite pendant la campagne : toutes celles de 8 minuscules lui prennent ${short.fr}, celles de 12 ${long.fr} (O12)`,
    },
    evidence: [path],
  };
};

/** Common passphrases must not open the key; what a guess costs a thief is observed. */
const judgeGuessing = (evidence: Evidence): Finding => {
  const path = `${folder}/guessing.json`;
  const seen = evidence.json(storedTheftActivity, 'guessing.json', guessingSchema);
  if (!seen) return inconclusive('the guesses are not among the evidence');
  const { guesses, milliseconds, common, rightOpens } = seen;
  if (common.opened > 0)
    return fail(
      'a common passphrase opens the stolen key',
      'none of them does',
      `${common.opened} of ${common.tried}`,
      [path],
    );
  if (!rightOpens)
    return inconclusive('the control, the right passphrase, does not open the key', [path]);
  if (guesses === 0 || milliseconds <= 0) return inconclusive('no guess was measured', [path]);
  const rate = Math.round((guesses * 1000) / milliseconds);
  return noting(
    pass(`${common.tried} common passphrases do not open it; the right one does`, [path]),
    guessCost(rate, path),
  );
};

const judgeLeftovers = (evidence: Evidence): Finding => {
  const path = `${folder}/leftovers.json`;
  const search = evidence.json(storedTheftActivity, 'leftovers.json', secretSearchSchema);
  if (!search) return inconclusive('the search is not among the evidence');
  const { needles, places, found, control } = search;
  const [first] = found;
  if (first)
    return fail(
      `the ${first.needle} was found in clear`,
      'secrets found nowhere',
      `${first.encoding} in ${first.place}`,
      [path],
    );
  if (needles.length < 4 || control.planted < needles.length || control.found < control.planted)
    return inconclusive('the search does not find its own planted copies', [path]);
  if (!places.some(({ bytes }) => bytes > 0)) return inconclusive('nothing was searched', [path]);
  return pass(
    `after two enrolments and many refused openings, ${needles.length} secrets are in none of ${places.length} files and logs`,
    [path],
  );
};

const base = {
  revision: 1,
  activities: [storedTheftActivity],
  needs: ['export-stored-files', 'alter-stored-files'],
} as const;

/** What a thief makes of a phone's files (catalogue P). */
export const storedKeyAttacks: readonly Scenario[] = [
  { ...base, id: 'attacks/P1/encryption', claims: ['5.3.a'], judge: judgeFields(encryption) },
  { ...base, id: 'attacks/P1/derivation', claims: ['5.3.b'], judge: judgeFields(derivation) },
  { ...base, id: 'attacks/P1/fresh-salt-and-iv', claims: ['5.3.a', '5.3.b'], judge: judgeFresh },
  { ...base, id: 'attacks/P2/function-named', claims: ['5.3.b'], judge: judgeFields(functions) },
  { ...base, id: 'attacks/P3/weak-passphrase', claims: ['3.1.b'], judge: judgePassphrases },
  { ...base, id: 'attacks/P3/guessing', claims: ['3.1.b'], judge: judgeGuessing },
  { ...base, id: 'attacks/P4/nothing-left', claims: ['3.1.b'], judge: judgeLeftovers },
];
