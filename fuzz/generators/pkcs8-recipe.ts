import { concat } from '../../reference/core/bytes.ts';
import {
  derElement,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  unsignedBytes,
} from '../../reference/core/pki/der-write.ts';
import { derTag } from '../../reference/core/pki/der.ts';
import { smallRandom, type SmallRandom } from './small-random.ts';

/** An algorithm: its object identifier and, where files are met with it, its name. */
export interface Algorithm {
  readonly oid: string;
  readonly name: string;
}

/** Every field of an EncryptedPrivateKeyInfo, to be written as it is (RFC 5958 section 3, RFC 8018 appendix A). */
export interface Recipe {
  readonly scheme: Algorithm;
  readonly derivation: Algorithm;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly keyLength: number | null;
  /** Null leaves it out. */
  readonly prf: Algorithm | null;
  readonly prfHasNull: boolean;
  readonly cipher: Algorithm;
  /** Null writes no parameters; `wrapped` puts it into a SEQUENCE, as authenticated modes do. */
  readonly iv: Uint8Array | null;
  readonly ivWrapped: boolean;
  readonly encryptedKey: Uint8Array;
}

const named = (table: string): readonly Algorithm[] =>
  table
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', oid = ''] = line.trim().split(' ');
      return { name, oid };
    });

/** Schemes; the first is the one that a phone writes, as in each table here. */
export const schemes = named(`
  PBES2 1.2.840.113549.1.5.13
  pbeWithMD5AndDES-CBC 1.2.840.113549.1.5.3
  pbeWithSHAAnd3-KeyTripleDES-CBC 1.2.840.113549.1.12.1.3
  PBMAC1 1.2.840.113549.1.5.14
  1.2.3.4.5 1.2.3.4.5`);

export const derivations = named(`
  PBKDF2 1.2.840.113549.1.5.12
  scrypt 1.3.6.1.4.1.11591.4.11
  2.999.1 2.999.1`);

/** Pseudorandom functions with the digest that node:crypto knows them by in `prfDigests`. */
export const prfs = named(`
  hmacWithSHA256 1.2.840.113549.2.9
  hmacWithSHA1 1.2.840.113549.2.7
  hmacWithSHA224 1.2.840.113549.2.8
  hmacWithSHA384 1.2.840.113549.2.10
  hmacWithSHA512 1.2.840.113549.2.11
  hmacWithSHA512-256 1.2.840.113549.2.13
  hmacWithSHA3-256 2.16.840.1.101.3.4.2.14
  hmacWithMD5 1.3.6.1.5.5.8.1.1
  1.2.840.113549.2.99 1.2.840.113549.2.99`);

export const ciphers = named(`
  aes-256-cbc 2.16.840.1.101.3.4.1.42
  aes-192-cbc 2.16.840.1.101.3.4.1.22
  aes-128-cbc 2.16.840.1.101.3.4.1.2
  des-ede3-cbc 1.2.840.113549.3.7
  aes-256-ecb 2.16.840.1.101.3.4.1.41
  aes-256-gcm 2.16.840.1.101.3.4.1.46
  des-cbc 1.3.14.3.2.7
  camellia-256-cbc 1.2.392.200011.61.1.1.1.4
  1.2.840.113549.3.99 1.2.840.113549.3.99`);

const iterationCounts = [
  2048,
  0,
  1,
  2,
  127,
  128,
  255,
  256,
  1000,
  2047,
  2049,
  4096,
  32_767,
  32_768,
  65_535,
  65_536,
  10_000_000,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 47 - 1,
  2 ** 47,
  2 ** 53,
];
const saltLengths = [8, 16, 0, 1, 7, 9, 31, 32, 64, 127, 128, 300];
const ivLengths = [16, 8, 0, 1, 12, 15, 17, 32];
const keyLengths = [32, 16, 24, 0, 8, 31, 33, 2 ** 31 - 1, 2 ** 47];
const encryptedLengths = [48, 64, 16, 8, 24, 0, 1, 47, 112, 1232];

/** Mostly the first, which is the usual one. */
const mostly = <Value>(
  values: readonly [Value, ...Value[]] | readonly Value[],
  random: SmallRandom,
  usual = 4,
): Value => {
  const at = random.below(usual) > 0 ? 0 : random.below(values.length);
  const value = values[at];
  if (value === undefined) throw new RangeError('an empty table');
  return value;
};

/** The recipe of a seed: every field is the usual one more often than not, so that most recipes are wrong in one place or none. */
export const recipeOf = (seed: number): Recipe => {
  const random = smallRandom(seed);
  const octets = (length: number): Uint8Array => random.octets(length);
  const [scheme, derivation] = [mostly(schemes, random, 12), mostly(derivations, random, 12)];
  return {
    scheme,
    derivation,
    salt: octets(mostly(saltLengths, random, 2)),
    iterations: mostly(iterationCounts, random, 2),
    keyLength: random.below(4) > 0 ? null : mostly(keyLengths, random, 3),
    prf: random.below(6) === 0 ? null : mostly(prfs, random, 3),
    prfHasNull: random.below(16) > 0,
    cipher: mostly(ciphers, random, 3),
    iv: random.below(24) === 0 ? null : octets(mostly(ivLengths, random)),
    ivWrapped: random.below(24) === 0,
    encryptedKey: octets(mostly(encryptedLengths, random, 3)),
  };
};

const none = new Uint8Array();

const integer = (value: number): Uint8Array => derInteger(unsignedBytes(BigInt(value)));

const derivationParameters = (recipe: Recipe): Uint8Array => {
  const { salt, iterations, keyLength, prf, prfHasNull } = recipe;
  if (recipe.derivation.name === 'scrypt')
    return derSequence(
      derOctetString(salt),
      integer(iterations),
      integer(8),
      integer(1),
      keyLength === null ? none : integer(keyLength),
    );
  const writtenPrf =
    prf && derSequence(derObjectIdentifier(prf.oid), prfHasNull ? derElement(derTag.null) : none);
  return derSequence(
    derOctetString(salt),
    integer(iterations),
    keyLength === null ? none : integer(keyLength),
    writtenPrf ?? none,
  );
};

/** The DER of a recipe, without the parser's help. */
export const writeRecipe = (recipe: Recipe): Uint8Array => {
  const { scheme, salt, iterations, iv, ivWrapped, encryptedKey } = recipe;
  const writtenIv = iv && (ivWrapped ? derSequence(derOctetString(iv)) : derOctetString(iv));
  const parameters =
    scheme.name === 'PBES2'
      ? derSequence(
          derSequence(derObjectIdentifier(recipe.derivation.oid), derivationParameters(recipe)),
          derSequence(derObjectIdentifier(recipe.cipher.oid), writtenIv ?? none),
        )
      : derSequence(derOctetString(salt), integer(iterations));
  return derSequence(
    derSequence(derObjectIdentifier(scheme.oid), parameters),
    derOctetString(concat(encryptedKey)),
  );
};
