import { getDiffieHellman } from 'node:crypto';

/** Digits of e as a fixed-point number: floor(2^bits * e), from the series of 1/n!. */
const eScaled = (bits: bigint): bigint => {
  const guard = 64n;
  let term = 1n << (bits + guard);
  let sum = 0n;
  for (let n = 1n; term > 0n; n++) {
    sum += term;
    term /= n;
  }
  return sum >> guard;
};

/** A safe prime of RFC 7919: 2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1. */
const ffdhePrime = (bits: bigint, addend: bigint): string =>
  ((1n << bits) - (1n << (bits - 64n)) + ((eScaled(bits - 130n) + addend) << 64n) - 1n).toString(
    16,
  );

/** The X of RFC 7919 appendix A, by size in bits. */
const ffdheAddends: readonly (readonly [bits: bigint, addend: bigint])[] = [
  [2048n, 560_316n],
  [3072n, 2_625_351n],
  [4096n, 5_736_041n],
];

/** The groups of RFC 2409 and RFC 3526 by size, with the numbers of the IKE registry. */
const modpGroups: readonly (readonly [bits: number, number: number])[] = [
  [768, 1],
  [1024, 2],
  [1536, 5],
  [2048, 14],
  [3072, 15],
  [4096, 16],
  [6144, 17],
  [8192, 18],
];

const named = (bits: number): ReadonlyMap<string, string> =>
  new Map([
    ...ffdheAddends
      .filter(([size]) => size === BigInt(bits))
      .map(([size, addend]) => [ffdhePrime(size, addend), `ffdhe${size}`] as const),
    ...modpGroups
      .filter(([size]) => size === bits)
      .map(([size, number]) => {
        const prime = getDiffieHellman(`modp${number}`).getPrime();
        return [prime.toString('hex'), `modp${size}`] as const;
      }),
  ]);

/** Published groups by size; each size is made when first asked for, which for the longest takes a while. */
const groups = new Map<number, ReadonlyMap<string, string>>();

/** Name of a published group by its prime (hexadecimal, any leading zeros), such as ffdhe2048 (RFC 7919) or modp2048 (RFC 3526, group 14); null for any other. */
export const knownGroup = (prime: string): string | null => {
  const digits = prime.toLowerCase().replace(/^0+/, '');
  const bits = digits.length * 4;
  if (!modpGroups.some(([size]) => size === bits)) return null;
  const known = groups.get(bits) ?? named(bits);
  groups.set(bits, known);
  return known.get(digits) ?? null;
};
