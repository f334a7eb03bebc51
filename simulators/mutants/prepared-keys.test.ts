import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareKeys, type PreparedKeys } from './prepared-keys.ts';

/** Asks for keys in every way that there is, and prints the fingerprint of each that fits what was asked. */
const script = `
import { createHash, generateKeyPair, generateKeyPairSync } from 'node:crypto';
import { promisify } from 'node:util';
const usual = { modulusLength: 2048 };
const pairs = [
  generateKeyPairSync('rsa', usual),
  generateKeyPairSync('rsa', { ...usual, publicExponent: 65537 }),
  await promisify(generateKeyPair)('rsa', usual),
  await new Promise((resolve, reject) => generateKeyPair('rsa', usual, (error, publicKey, privateKey) => error ? reject(error) : resolve({ publicKey, privateKey }))),
];
const small = generateKeyPairSync('rsa', { modulusLength: 1024, publicExponent: 3 });
const curve = (await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })).privateKey;
const text = generateKeyPairSync('rsa', { ...usual, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
const told = pairs.map(({ publicKey, privateKey }) => {
  const { modulusLength, publicExponent } = privateKey.asymmetricKeyDetails;
  if (modulusLength !== 2048 || publicExponent !== 65537n || privateKey.type !== 'private') throw new Error('not what was asked for');
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex');
});
console.log(JSON.stringify({ told, small: String(small.privateKey.asymmetricKeyDetails.modulusLength), curve: curve.asymmetricKeyType, text: typeof text.privateKey }));
`;

let folder = '';
let prepared: PreparedKeys;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'discretio-prepared-'));
  prepared = await prepareKeys(folder, 6);
});
afterAll(() => rm(folder, { recursive: true }));

const ask = async (environment: Readonly<Record<string, string>>) => {
  const words = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    env: { ...process.env, ...environment },
  });
  return JSON.parse(stdout) as { readonly told: readonly string[] };
};

describe('keys that are made once for many runs', () => {
  it('are given once in a run, whichever of its processes asks, and new ones when all are gone', async () => {
    const one = await prepared.environmentFor('one');
    const first = await Promise.all([ask(one), ask(one)]);
    const all = first.flatMap(({ told }) => told);
    expect(new Set(all).size).toBe(8);
    const again = await ask(await prepared.environmentFor('two'));
    expect(again.told.every((key) => all.includes(key))).toBe(true);
    expect(new Set(again.told).size).toBe(4);
  });

  it('take no other’s place: of another size, curve or format', async () => {
    expect(await ask(await prepared.environmentFor('three'))).toMatchObject({
      small: '1024',
      curve: 'ec',
      text: 'string',
    });
  });
});
