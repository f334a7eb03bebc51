import crypto, { type KeyObject } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * For `node --import`, in the runs of a matrix alone: whoever asks for an RSA key of 2048 bits gets one of those that
 * prepared-keys.ts made, which no other part of the same run has got or will get. Another size, exponent or format is made anew,
 * and so is every key once all are taken. A run cannot tell: its keys are its own, and no two runs meet.
 */

const { DISCRETIO_PREPARED_KEYS: keys = '', DISCRETIO_TAKEN_KEYS: taken = '' } = process.env;

const { generateKeyPair, generateKeyPairSync } = crypto;
const generate = promisify(generateKeyPair) as (...words: unknown[]) => Promise<Pair>;

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const usual = 65_537;

/** Whether this asks for a key like those that were made. */
const isUsual = (type: unknown, options: unknown): boolean =>
  type === 'rsa' &&
  typeof options === 'object' &&
  options !== null &&
  'modulusLength' in options &&
  options.modulusLength === 2048 &&
  (!('publicExponent' in options) || options.publicExponent === usual) &&
  Object.keys(options).every((name) => name === 'modulusLength' || name === 'publicExponent');

let next = 0;

/** Takes the next key, for all processes of the run; null where none is left. */
const take = (): Pair | null => {
  for (;;) {
    const file = `${next}.der`;
    next += 1;
    try {
      closeSync(openSync(join(taken, file), 'wx'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      return null;
    }
    try {
      const key = readFileSync(join(keys, file));
      const privateKey = crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' });
      return { privateKey, publicKey: crypto.createPublicKey(privateKey) };
    } catch {
      return null;
    }
  }
};

const supplied = (type: unknown, options: unknown): Pair | null =>
  isUsual(type, options) ? take() : null;

const inTurn = async (...words: unknown[]): Promise<Pair> =>
  supplied(words[0], words[1]) ?? generate(...words);

const withCallback = (...words: unknown[]): void => {
  const [type, options, callback] = words;
  const pair = typeof callback === 'function' ? supplied(type, options) : null;
  if (pair === null || typeof callback !== 'function') {
    Reflect.apply(generateKeyPair, crypto, words);
    return;
  }
  setImmediate(() => {
    Reflect.apply(callback, undefined, [null, pair.publicKey, pair.privateKey]);
  });
};

Object.assign(crypto, {
  generateKeyPairSync: (...words: unknown[]): unknown =>
    supplied(words[0], words[1]) ?? Reflect.apply(generateKeyPairSync, crypto, words),
  generateKeyPair: Object.assign(withCallback, { [promisify.custom]: inTurn }),
});
syncBuiltinESMExports();
