import { scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { fromBase64, toBase64 } from '../../core/bytes.ts';

/** Cost of scrypt (RFC 7914 section 2): N, r and p. */
export interface PasswordCost {
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
}

/** 32 MiB and about a quarter of a second on one core. */
export const passwordCost: PasswordCost = { cost: 32_768, blockSize: 8, parallelization: 3 };

/** Shortest and longest password, in characters of its normal form. */
export const passwordLength = { least: 12, most: 128 } as const;

const hashLength = 32;
const saltLength = 16;

const derive = (password: string, salt: Uint8Array, cost: PasswordCost): Promise<Uint8Array> => {
  const options: ScryptOptions = { ...cost, maxmem: 192 * cost.cost * cost.blockSize };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, hashLength, options, (error, key) =>
      error === null ? resolve(new Uint8Array(key)) : reject(error),
    );
  });
};

/** What is stored of a password: `scrypt$N$r$p$salt$hash`, both base64. `salt`: 16 random bytes. */
export const hashPassword = async (
  password: string,
  salt: Uint8Array,
  cost: PasswordCost = passwordCost,
): Promise<string> => {
  if (salt.length !== saltLength) throw new Error(`password: the salt is not ${saltLength} bytes`);
  const hash = await derive(password, salt, cost);
  const { blockSize, parallelization } = cost;
  return `scrypt$${cost.cost}$${blockSize}$${parallelization}$${toBase64(salt)}$${toBase64(hash)}`;
};

interface StoredPassword {
  readonly cost: PasswordCost;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const form = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([^$]{1,64})\$([^$]{1,64})$/;

const parse = (stored: string): StoredPassword | undefined => {
  const [, cost, blockSize, parallelization, salt, hash] = form.exec(stored) ?? [];
  const saltBytes = fromBase64(salt ?? '');
  const hashBytes = fromBase64(hash ?? '');
  if (!saltBytes.ok || !hashBytes.ok || hashBytes.value.length !== hashLength) return undefined;
  return {
    cost: {
      cost: Number(cost),
      blockSize: Number(blockSize),
      parallelization: Number(parallelization),
    },
    salt: saltBytes.value,
    hash: hashBytes.value,
  };
};

/**
 * Whether a password is the stored one, compared in constant time. Without a stored one (an unknown name) the same work is done and
 * the answer is no. Rejects when the stored text is none of {@link hashPassword}'s.
 */
export const verifyPassword = async (
  password: string,
  stored: string | undefined,
  cost: PasswordCost = passwordCost,
): Promise<boolean> => {
  const parsed = stored === undefined ? undefined : parse(stored);
  if (stored !== undefined && parsed === undefined)
    throw new Error('password: the stored hash is malformed; reset that administrator');
  const expected = parsed ?? {
    cost,
    salt: new Uint8Array(saltLength),
    hash: new Uint8Array(hashLength),
  };
  const hash = await derive(password, expected.salt, expected.cost);
  return timingSafeEqual(hash, expected.hash) && parsed !== undefined;
};

/** Why a new password is refused. */
export type PasswordFault = 'password-short' | 'password-long' | 'password-simple';

/** Checks a new password; undefined when it may be used. */
export const passwordFault = (password: string, name: string): PasswordFault | undefined => {
  const normal = password.normalize('NFKC');
  const characters = Array.from(normal);
  if (characters.length < passwordLength.least) return 'password-short';
  if (characters.length > passwordLength.most) return 'password-long';
  const holdsName = name.length > 3 && normal.toLowerCase().includes(name.toLowerCase());
  return holdsName || new Set(characters).size < 5 ? 'password-simple' : undefined;
};

const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A one-time password: 20 characters that nobody confuses, in groups of four, 99 bits of the given source. */
export const oneTimePassword = (randomBytes: (length: number) => Uint8Array): string => {
  let text = '';
  while (text.length < 20) {
    // 248 is the greatest multiple of 31 in a byte: beyond it some characters would be likelier.
    for (const byte of randomBytes(32))
      if (byte < 248 && text.length < 20) text += alphabet[byte % alphabet.length] ?? '';
  }
  return text.replace(/.{4}(?=.)/g, '$&-');
};
