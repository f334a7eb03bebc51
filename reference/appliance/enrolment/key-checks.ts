import type { WeakKeyList } from './debian-weak-keys.ts';

/** What makes an RSA key of the right size unfit. */
export type KeyWeakness = 'small-factor' | 'roca' | 'close-primes' | 'debian';

const primesUpTo = (limit: number): readonly number[] => {
  const found: number[] = [];
  for (let candidate = 3; candidate <= limit; candidate += 2) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
};

/** The odd primes of the product M over which the flawed library of CVE-2017-15361 built primes for moduli of 2048 bits. */
const rocaLimit = 701;
const smallPrimes = primesUpTo(997);

/** For each prime the residues that are powers of 65537, the only ones a flawed modulus can have. */
const rocaResidues = smallPrimes
  .filter((prime) => prime <= rocaLimit)
  .map((prime) => {
    const residues = new Set<number>();
    for (let power = 1; !residues.has(power); power = (power * 65_537) % prime) residues.add(power);
    return { prime, residues };
  });

const squareRoot = (value: bigint): bigint => {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
};

/** Squares have few residues: most others are told without a root. */
const squareTests = [64, 63, 65, 11].map((modulus) => ({
  modulus: BigInt(modulus),
  squares: new Set(
    Array.from({ length: modulus }, (_, index) => BigInt((index * index) % modulus)),
  ),
}));

const isSquare = (value: bigint): boolean => {
  if (value < 0n) return false;
  for (const { modulus, squares } of squareTests) if (!squares.has(value % modulus)) return false;
  const root = squareRoot(value);
  return root * root === value;
};

/** Fermat's factoring: finds primes that differ by little more than the fourth root of the modulus, at once. */
const fermatRounds = 100;

const hasClosePrimes = (modulus: bigint): boolean => {
  const floor = squareRoot(modulus);
  let middle = floor * floor === modulus ? floor : floor + 1n;
  let difference = middle * middle - modulus;
  for (let round = 0; round < fermatRounds; round += 1) {
    if (isSquare(difference)) return true;
    difference += 2n * middle + 1n;
    middle += 1n;
  }
  return false;
};

/**
 * Known ways in which a modulus of 2048 bits can be factored: a factor below 1000; CVE-2017-15361 (ROCA), by its published
 * fingerprint (a sound key matches by chance once in more than 2^100); primes close together; the keys of Debian's generator of 2006 to 2008
 * (CVE-2008-0166), where a list of them is given. About 1 ms.
 */
export const findWeakness = (
  modulus: Uint8Array,
  debian: WeakKeyList | undefined,
): KeyWeakness | undefined => {
  const value = BigInt(`0x${Buffer.from(modulus).toString('hex')}`);
  const residue = (prime: number): number => Number(value % BigInt(prime));
  if ((value & 1n) === 0n || smallPrimes.some((prime) => residue(prime) === 0)) {
    return 'small-factor';
  }
  if (rocaResidues.every(({ prime, residues }) => residues.has(residue(prime)))) return 'roca';
  if (hasClosePrimes(value)) return 'close-primes';
  return debian?.has(modulus) === true ? 'debian' : undefined;
};
