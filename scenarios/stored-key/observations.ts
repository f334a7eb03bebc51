import { toHex } from '../../reference/core/bytes.ts';
import type { ProtectionFacts } from '../../reference/core/keystore/protection-facts.ts';
import { observations as catalogue } from '../claims/observations.ts';
import type { GuessCost, StoredKeyEvidence, StoredKeyFile } from './evidence.ts';

/** Something worth knowing that is no verdict. */
export interface Observation {
  readonly id: string;
  readonly text: string;
  /** A measured quantity, with its unit. */
  readonly value?: number;
  readonly unit?: string;
}

/** Fewest characters of a passphrase that are not remarked on: what the reference's own phone demands. */
const shortPassphrase = 8;

/** The protections of a file's encrypted keys. */
export const protectionsOf = ({ facts }: StoredKeyFile): readonly ProtectionFacts[] =>
  facts.objects.flatMap(({ content }) =>
    content.kind === 'encrypted-pkcs8' && content.protection ? [content.protection] : [],
  );

/** Salts or IVs that files with different encrypted keys have in common; copies of one file have nothing to hide. */
const shared = (files: readonly StoredKeyFile[], field: 'salt' | 'iv'): readonly Observation[] => {
  const entries = files.flatMap((file) =>
    protectionsOf(file).flatMap((protection) => {
      const octets = protection[field];
      if (octets === null || octets.length === 0) return [];
      const key = toHex(protection.encryptedKey.bytes);
      return [{ name: file.name, value: toHex(octets.bytes), key }];
    }),
  );
  const meaning =
    field === 'salt'
      ? 'one guess of a passphrase serves for all of them, so salts are not chosen at random'
      : 'IVs are not chosen at random';
  return [...Map.groupBy(entries, ({ value }) => value).values()]
    .filter((group) => new Set(group.map(({ key }) => key)).size > 1)
    .map((group) => ({
      id: `P1/shared-${field}`,
      text: `${group.map(({ name }) => name).join(', ')}: different keys under the same ${field === 'salt' ? 'salt' : 'IV'}: ${meaning}; the target does not say how they are chosen`,
    }));
};

const passphraseObservations = ({
  files,
  passphraseLength,
}: StoredKeyEvidence): readonly Observation[] => {
  const openedWith = (what: string): readonly string[] =>
    files
      .filter(({ openings }) =>
        openings.some((opening) => opening.kind === 'opened' && opening.with === what),
      )
      .map(({ name }) => name);
  const empty = openedWith('empty passphrase').map((name) => ({
    id: 'P3/empty-passphrase',
    text: `${name}: opens with an empty passphrase: it is as good as in clear`,
  }));
  if (passphraseLength === null || passphraseLength >= shortPassphrase) return empty;
  const short = openedWith('passphrase').map((name) => ({
    id: 'P3/short-passphrase',
    text: `${name}: its passphrase has ${passphraseLength} characters; fewer than ${shortPassphrase} are soon guessed`,
    value: passphraseLength,
    unit: 'characters',
  }));
  return [...empty, ...short];
};

const costObservation = ({ prf, iterations, milliseconds }: GuessCost): Observation => ({
  id: 'P3/guess-cost',
  text: `one offline guess of a passphrase (PBKDF2, ${prf}, ${iterations} iterations) takes ${milliseconds.toPrecision(3)} ms on one core of this machine: ${Math.round(1000 / milliseconds)} guesses a second`,
  value: milliseconds,
  unit: 'ms',
});

/** What is worth knowing of the files and is no verdict: weak passphrases, shared salts and IVs, what a guess costs, line ends. Pure. */
export const observationsOf = (evidence: StoredKeyEvidence): readonly Observation[] => {
  const { files, guessCosts } = evidence;
  const derived = files
    .flatMap(protectionsOf)
    .some(({ prf, iterations }) => prf !== null && iterations?.count === 2048);
  const lineEnds = files
    .filter(({ facts }) => facts.carriageReturns)
    .map(({ name }) => ({
      id: 'line-ends',
      text: `${name}: lines end with CR LF, which RFC 7468 section 3 allows`,
    }));
  return [
    ...passphraseObservations(evidence),
    ...shared(files, 'salt'),
    ...shared(files, 'iv'),
    ...guessCosts.map(costObservation),
    ...catalogue
      .filter(({ id }) => derived && id === 'O12')
      .map(({ id, text }) => ({ id, text: text.en })),
    ...lineEnds,
  ];
};
