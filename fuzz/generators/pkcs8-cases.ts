import * as fc from 'fast-check';
import { fromBase64 } from '../../reference/core/bytes.ts';
import { toPem } from '../../reference/core/keystore/pem.ts';
import { clearKey, fixtureKeys, fixturePassphrase } from '../fixtures.ts';
import { cipherKeyLengths, encrypted, prfDigests } from '../oracles/key-opening.ts';
import { derGrammar } from './der-mutations.ts';
import type { MutatedCase } from './mutations.ts';
import { ciphers, prfs, recipeOf, writeRecipe, type Recipe } from './pkcs8-recipe.ts';
import { smallRandom } from './small-random.ts';

/** A stored key: every field from a seed; a file with changes; or a key that really opens, with a right or wrong passphrase. */
export type Pkcs8Case =
  | { readonly kind: 'recipe'; readonly seed: number; readonly armour: number }
  | { readonly kind: 'changed'; readonly made: MutatedCase; readonly armour: number }
  | {
      readonly kind: 'opened';
      readonly seed: number;
      readonly wrong: boolean;
      readonly change: number;
    };

/** What a case is made into. */
export interface MadeKey {
  readonly der: Uint8Array;
  readonly pem: string;
  /** Whether the armour is strict PEM with the right label. */
  readonly tidy: boolean;
  readonly recipe: Recipe | null;
  readonly passphrase: string | null;
}

const label = 'ENCRYPTED PRIVATE KEY';

const derOf = (pem: string): Uint8Array => {
  const body = pem.replaceAll(/-----[^-]+-----|\s/g, '');
  const der = fromBase64(body);
  if (!der.ok) throw new TypeError('a fixture is no PEM; write it again');
  return der.value;
};

const real = fixtureKeys.filter((pem) => pem.includes(label)).map(derOf);
const bases = [
  ...real,
  derOf(clearKey),
  ...Array.from({ length: 12 }, (_, seed) => writeRecipe(recipeOf(seed + 1))),
];
const grammar = derGrammar(bases);
const clear = derOf(clearKey);

type ArmourChange = (pem: string) => string;

const swap =
  (from: string | RegExp, to: string): ArmourChange =>
  (pem) =>
    pem.replace(from, to);

/** Faults of the armour; each makes the text something that a strict reader refuses. */
const armourChanges: readonly ArmourChange[] = [
  swap('ENCRYPTED PRIVATE', 'PRIVATE'),
  swap(/ENCRYPTED PRIVATE KEY/g, 'PRIVATE KEY'),
  swap(/ENCRYPTED PRIVATE KEY/g, 'CERTIFICATE'),
  swap(/ENCRYPTED PRIVATE KEY/g, 'OPENSSH PRIVATE KEY'),
  swap(/ENCRYPTED PRIVATE KEY/g, 'encrypted private key'),
  swap('-----BEGIN', '----BEGIN'),
  swap(/-----END.*\n/, ''),
  swap(/-----\n$/, '----\n'),
  swap(/-----\n$/, '-----x\n'),
  swap(/\n(.)/, '$1'),
  swap(/\n(.{9})/, '\n$1\n'),
  swap(/\n/, '\n\n'),
  swap(/\n/, '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n'),
  swap(/\n/, '\n '),
  swap(/\n(.)/, '\n-'),
  swap(/(.)\n-----END/, '$1=\n-----END'),
  (pem) => `note\n${pem}`,
  (pem) => pem + pem,
  (pem) => pem.repeat(9),
  (pem) => `${pem}${' '.repeat(66_000)}`,
  () => '',
];

/** Numbers from 0: 0 leaves the armour alone, the last ones end lines with CR LF, which RFC 7468 section 3 allows. */
const armours = armourChanges.length + 2;

const armoured = (
  der: Uint8Array,
  armour: number,
): { readonly pem: string; readonly tidy: boolean } => {
  const pem = toPem(label, der);
  if (armour === 0) return { pem, tidy: true };
  if (armour >= armours - 1) return { pem: pem.replaceAll('\n', '\r\n'), tidy: true };
  return { pem: armourChanges[armour - 1]?.(pem) ?? pem, tidy: false };
};

const openable = {
  prfs: prfs.filter(({ name }) => prfDigests[name] !== undefined && name !== 'hmacWithSHA1'),
  ciphers: ciphers.filter(({ name }) => cipherKeyLengths[name] !== undefined),
};

const at = <Value>(values: readonly Value[], index: number): Value => {
  const value = values[index % values.length];
  if (value === undefined) throw new RangeError('an empty table');
  return value;
};

const openedKey = ({ seed, wrong, change }: Pkcs8Case & { readonly kind: 'opened' }): MadeKey => {
  const random = smallRandom(seed);
  const leftOut = random.below(5) === 0;
  const [prf, cipher] = [
    at(openable.prfs, random.below(99)),
    at(openable.ciphers, random.below(99)),
  ];
  const usual = { ...recipeOf(0), salt: random.octets(random.below(20)) };
  const iv = random.octets(cipher.name === 'des-ede3-cbc' ? 8 : 16);
  const order = {
    passphrase: fixturePassphrase,
    salt: usual.salt,
    iterations: 1 + random.below(4),
    prf: leftOut ? 'hmacWithSHA1' : prf.name,
    cipher: cipher.name,
    iv,
  };
  const recipe: Recipe = {
    scheme: { name: 'PBES2', oid: '1.2.840.113549.1.5.13' },
    derivation: { name: 'PBKDF2', oid: '1.2.840.113549.1.5.12' },
    salt: order.salt,
    iterations: order.iterations,
    keyLength: random.below(3) === 0 ? (cipherKeyLengths[cipher.name] ?? null) : null,
    prf: leftOut ? null : prf,
    prfHasNull: true,
    cipher,
    iv,
    ivWrapped: false,
    encryptedKey: encrypted(clear, order),
  };
  const der = writeRecipe(recipe);
  const place = change % (der.length * 16);
  if (place < der.length) der[place] = (der[place] ?? 0) ^ (1 << (change % 7));
  const passphrase = wrong ? 'battery staple' : fixturePassphrase;
  return {
    der,
    pem: toPem(label, der),
    tidy: true,
    recipe: place < der.length ? null : recipe,
    passphrase,
  };
};

/** The key of a case. */
export const keyOf = (made: Pkcs8Case): MadeKey => {
  if (made.kind === 'opened') return openedKey(made);
  const recipe = made.kind === 'recipe' ? recipeOf(made.seed) : null;
  const der = made.kind === 'recipe' ? writeRecipe(recipeOf(made.seed)) : grammar.bytes(made.made);
  return { der, ...armoured(der, made.armour), recipe, passphrase: null };
};

/** Most armours are right. */
const armour = fc.nat({ max: armours * 4 }).map(
  (number) => (number <= armours ? number : 0),
  (number) => number as number,
);

const seeds = fc.nat({ max: 0x3fff_ffff });

/** Cases; without `opens` none derives a key. */
export const pkcs8Cases = (opens: boolean): fc.Arbitrary<Pkcs8Case> =>
  fc.oneof(
    {
      weight: 28,
      arbitrary: fc
        .tuple(seeds, armour)
        .map(([seed, number]): Pkcs8Case => ({ kind: 'recipe', seed, armour: number })),
    },
    {
      weight: 34,
      arbitrary: fc
        .tuple(grammar.cases, armour)
        .map(([made, number]): Pkcs8Case => ({ kind: 'changed', made, armour: number })),
    },
    {
      weight: opens ? 2 : 0,
      arbitrary: fc
        .tuple(seeds, fc.boolean(), fc.nat({ max: 0xffff }))
        .map(([seed, wrong, change]): Pkcs8Case => ({ kind: 'opened', seed, wrong, change })),
    },
  );
