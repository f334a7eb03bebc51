import { checkPrime, createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { toHex } from '../../reference/core/bytes.ts';
import { minimal, modularPower, toInteger } from '../../simulators/attackers/tls-client/bytes.ts';
import { knownGroup } from '../wire/tls/groups.ts';
import type { DhGroupFacts } from './facts-model.ts';

type GroupAnalysis = Omit<DhGroupFacts, 'seenIn'>;

/** Bits beyond which primality takes too long to be worth an answer. */
const longestTested = 8_192;
const smoothBound = 65_536;

const isPrime = promisify(checkPrime) as (candidate: bigint) => Promise<boolean>;

/** SHA-256 of further published moduli: RFC 5114, and the two largest of RFC 7919. */
const fingerprints: ReadonlyMap<string, string> = new Map([
  ['44c55cfee5c075927cf682da5b681bdecbd5c3eb0784c14f5dce7610f0ef133d', 'rfc5114-1024-160'],
  ['bfe545862ca102ad1eeddb5fbfa5bf855ac4995c56a8b408ce3fe099dce93a9d', 'rfc5114-2048-224'],
  ['0b7835722cb619827610c2549fdda5587421686c4409a13865e76225522ddcc9', 'rfc5114-2048-256'],
  ['227ac9066b3ddd9e193670cda2388fa884f65ba0cf98b742d1fe77a6687c79c7', 'ffdhe6144'],
  ['770b14efaf6f049929c523113b3fa99a8d11dab1b18af3609590122075d19833', 'ffdhe8192'],
]);

const nameOf = (prime: Uint8Array): string | null =>
  knownGroup(toHex(prime)) ??
  fingerprints.get(createHash('sha256').update(prime).digest('hex')) ??
  null;

/** The part of n made of primes below 2^16, each to its full power. */
const smoothPart = (n: bigint): bigint => {
  let rest = n;
  let smooth = 1n;
  for (let factor = 2n; factor < smoothBound && rest > 1n; factor += factor === 2n ? 1n : 2n)
    while (rest % factor === 0n) {
      rest /= factor;
      smooth *= factor;
    }
  return smooth;
};

const generatorFault = (
  prime: bigint,
  generator: bigint,
  safe: boolean,
): GroupAnalysis['generatorFault'] => {
  if (prime < 5n || generator % prime <= 1n) return 'zero-or-one';
  if (generator % prime === prime - 1n) return 'minus-one';
  if (safe) return null;
  return modularPower(generator, smoothPart(prime - 1n), prime) === 1n ? 'small-order' : null;
};

/**
 * Size, name, primality (OpenSSL's test with random bases, so that no modulus can be made to fool it) and generator of a
 * group as a server sent it. The moduli of published groups are known to be safe primes or prime, and are not tested again.
 */
export const analyseGroup = async (
  primeBytes: Uint8Array,
  generatorBytes: Uint8Array,
): Promise<GroupAnalysis> => {
  const bytes = minimal(primeBytes);
  const prime = toInteger(bytes);
  const bits = bytes.length === 0 ? 0 : bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24;
  const name = nameOf(bytes);
  const published = name !== null;
  const testable = bits > 2 && bits <= longestTested;
  const [whole, half] =
    published || !testable
      ? [published || null, published ? !name.startsWith('rfc5114') : null]
      : await Promise.all([isPrime(prime), isPrime(prime >> 1n)]);
  const safe = whole === null || half === null ? null : whole && half;
  return {
    prime: prime.toString(16),
    generator: toInteger(generatorBytes).toString(16),
    bits,
    name,
    isPrime: whole,
    isSafePrime: safe,
    generatorFault:
      bits > longestTested ? null : generatorFault(prime, toInteger(generatorBytes), safe === true),
  };
};
