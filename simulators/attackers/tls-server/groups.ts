import { getDiffieHellman } from 'node:crypto';
import { fromHex } from '../../../reference/core/bytes.ts';
import { ffdhe2048, modp2048 } from '../../../reference/core/tls/profile.ts';
import { modularPower, toInteger, uint } from '../tls-client/bytes.ts';
import type { ServerGroup } from './server-model.ts';

const bytesOf = (number: bigint): Uint8Array => {
  const hex = number.toString(16);
  const parsed = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
  return parsed.ok ? parsed.value : new Uint8Array(0);
};

const group = (prime: bigint, generator: bigint, publicValue?: bigint): ServerGroup => ({
  prime: bytesOf(prime),
  generator: bytesOf(generator),
  ...(publicValue === undefined ? {} : { publicValue: bytesOf(publicValue) }),
});

const integer = (hex: string): bigint => BigInt(`0x${hex}`);
const known = integer(ffdhe2048.prime);
const published = (name: string): bigint => toInteger(getDiffieHellman(name).getPrime());

/** The prime of 768 bits (RFC 2409 section 6.1), written down: OpenSSL tests one that it does not know for 50 ms. */
const prime768 = integer(
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74' +
    '020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437' +
    '4fe1356d6d51c245e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff',
);

/** The prime of 1024 bits (RFC 2409 section 6.2), hexadecimal, written down for the same reason. */
export const prime1024 =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74' +
  '020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437' +
  '4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed' +
  'ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff';

/** A safe prime of 512 bits, made once. */
const prime512 = integer(
  'cb5b14ebed03f6c39bf2d6baea70da5c088f6f97e56a23e857896739f5f555ed' +
    'c92e412ef039ccdb7425005585266ed01b1b5293c72812b2df9359229811af4f',
);

/** A prime of 2048 bits whose generator spans a subgroup of 256 bits, in the manner of X9.42; made once as DSA parameters. */
const subgroupPrime = integer(
  'b6a624eb94ca178c209f1997cd4f0405b1bda27848744fc1ee6a5c83a2922258' +
    'bc6d44527d2aac04d610276b349badd376046cd4cad01e784ba04e81bd042bfd' +
    '7e4caa6faf3af5515f3b0fd2e984a4290af82500cc598f31e1267141c4738f8a' +
    'da0d1a7e56accdaaa1d7f52271595bdcb656c04055739171d022ab49d13f89b4' +
    'f94f89c36bdc545d609260b11643d6fb51a0db73e25b496e2ffe418e4195a723' +
    '1ab1b7decf09e06511e4c2349689985e1229dfa292777ce6c2493e0bd4bf28f9' +
    '9efc6b7babafa0ca60600ffcd4351ac49a4ae09fb5e8cb25ad15ab69fa0b85ab' +
    '378d84806d54061eeea3288e4f85b300fe7207296c7907a9460b0650d1658801',
);
const subgroupOrder = integer('845a716a6acbd64281d46233215d350abb98c8153e72dd1ef14ae48b9c803503');
const subgroupGenerator = modularPower(2n, (subgroupPrime - 1n) / subgroupOrder, subgroupPrime);
/** Of order 6144, so that a secret made of it is one of 6144, and hardly ever 1, which some libraries refuse. */
const smallOrder = modularPower(7n, (subgroupPrime - 1n) / 6_144n, subgroupPrime);

/**
 * A composite of 2048 bits that passes Miller-Rabin with every prime base up to 37, made once by Arnault's construction (1995):
 * p (61 (p-1) + 1) (101 (p-1) + 1), all three factors prime.
 */
const pseudoprimeFactor = integer(
  '588d8d17aa32a816eb97fa5429210404b0572242ae6c5d07a33310db3baed243' +
    '7d4ac47c2c0a2eecc494ab31862f2dbdf49a4e56c7b9cd0024e47b9887df3656' +
    'd16a0e642953d247a21e73a4160262a4467c6d19f3',
);
const pseudoprime =
  pseudoprimeFactor *
  (61n * (pseudoprimeFactor - 1n) + 1n) *
  (101n * (pseudoprimeFactor - 1n) + 1n);

/** The right group: ffdhe2048. */
export const rightGroup: ServerGroup = group(known, 2n);

/** Groups that no phone may take, by what is wrong with them. */
export const wrongGroups = {
  'modulus-512': group(prime512, 2n),
  'modulus-768': group(prime768, 2n),
  'modulus-1024': group(integer(prime1024), 2n),
  'modulus-3072': group(published('modp15'), 2n),
  /** Odd, of 2048 bits, divisible by 3. */
  composite: group(integer(modp2048.prime) - (integer(modp2048.prime) % 6n) - 3n, 2n),
  pseudoprime: group(pseudoprime, 2n),
  'not-safe-prime': group(subgroupPrime, 2n),
  'generator-1': group(known, 1n),
  'generator-minus-1': group(known, known - 1n),
  'small-subgroup': group(subgroupPrime, subgroupGenerator, smallOrder),
} as const satisfies Readonly<Record<string, ServerGroup>>;

/** Public values of the right group that no phone may take. */
export const wrongPublicValues = {
  'public-0': { ...rightGroup, publicValue: Uint8Array.of(0) },
  'public-1': { ...rightGroup, publicValue: Uint8Array.of(1) },
  'public-p-minus-1': { ...rightGroup, publicValue: uint(known - 1n, 256) },
  'public-p': { ...rightGroup, publicValue: uint(known, 256) },
} as const satisfies Readonly<Record<string, ServerGroup>>;
