import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { makeSoftToken, softHsm, softHsmTitle } from '../testing/soft-token.ts';
import { openToken, type Token } from './token.ts';

const pin = 'a long user PIN';
const settings = { module: softHsm ?? '', token: 'discretio test', pin: utf8(pin) };

describe.skipIf(softHsm === undefined)(`a PKCS #11 token${softHsmTitle}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-token-'));
  let token: Token | undefined;
  const reopen = async (changes: Partial<typeof settings> = {}): Promise<Token> => {
    await token?.close();
    token = undefined;
    token = await openToken({ ...settings, ...changes });
    return token;
  };
  beforeAll(() => makeSoftToken(folder, settings.token, pin));
  afterAll(async () => {
    await token?.close();
    rmSync(folder, { recursive: true });
  });

  it('makes a key that stays in it and signs after it is opened again', async () => {
    const made = await (await reopen()).generateKey('authority');
    const key = await (await reopen()).openKey('authority');
    expect(key.spki).toEqual(made);
    const publicKey = createPublicKey({ key: Buffer.from(made), format: 'der', type: 'spki' });
    expect(publicKey.asymmetricKeyDetails).toEqual({
      modulusLength: 2048,
      publicExponent: 65_537n,
    });
    const messages = Array.from({ length: 20 }, (_, index) => utf8(`message ${index}`));
    const signatures = await Promise.all(messages.map((message) => key.sign(message)));
    for (const [index, signature] of signatures.entries())
      expect(verify('sha256', messages[index] ?? utf8(''), publicKey, signature)).toBe(true);
  });

  it('replaces no key, and names a key that it does not hold', async () => {
    const open = await reopen();
    await expect(open.generateKey('authority')).rejects.toThrow('is called authority already');
    await expect(open.openKey('other')).rejects.toThrow('it holds no key called other');
    expect((await open.openKey('authority')).spki.length).toBe(294);
  });

  it.each([
    ['another PIN', { pin: utf8('a wrong user PIN') }, 'the PIN is wrong'],
    ['another label', { token: 'other' }, 'knows no such token'],
    ['no module', { module: '/nowhere/module.so' }, 'there is no such PKCS #11 module'],
  ])('refuses %s in one line without the PIN', async (_, changes, reason) => {
    const refusal = await reopen(changes).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'authorities/token' });
    expect(String(refusal)).toContain(reason);
    expect(String(refusal)).not.toMatch(/\n|user PIN/);
  });

  it('refuses a library that is no module', async () => {
    const file = join(folder, 'none.so');
    writeFileSync(file, 'not a library');
    await expect(reopen({ module: file })).rejects.toThrow('not a PKCS #11 module');
  });

  it('is open once in a process, and signs nothing once closed', async () => {
    const open = await reopen();
    const key = await open.openKey('authority');
    await expect(openToken(settings)).rejects.toThrow('ALREADY_INITIALIZED');
    await open.close();
    await expect(key.sign(utf8('late'))).rejects.toThrow('it has been closed');
  });
});
