import { randomBytes } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  hashPassword,
  oneTimePassword,
  passwordCost,
  passwordFault,
  verifyPassword,
} from './password.ts';

const cheap = { cost: 16, blockSize: 8, parallelization: 1 };
const salt = new Uint8Array(16).fill(7);

describe('passwords of administrators', () => {
  it('are stored as scrypt with parameters and salt, which verification reads back', async () => {
    const stored = await hashPassword('correct horse battery', salt, cheap);
    expect(stored).toMatch(/^scrypt\$16\$8\$1\$BwcHBwcHBwcHBwcHBwcHBw==\$[A-Za-z0-9+/]{43}=$/);
    expect(await verifyPassword('correct horse battery', stored)).toBe(true);
    expect(await verifyPassword('correct horse batterz', stored)).toBe(false);
  });

  it('match in every Unicode form of the same characters', async () => {
    const stored = await hashPassword('caf\u00e9 au lait noir', salt, cheap);
    expect(await verifyPassword('cafe\u0301 au lait noir', stored)).toBe(true);
  });

  it('cost 32 MiB unless told otherwise', async () => {
    expect(128 * passwordCost.cost * passwordCost.blockSize).toBe(32 * 1024 * 1024);
    const stored = await hashPassword('correct horse battery', salt);
    expect(await verifyPassword('correct horse battery', stored)).toBe(true);
  });

  it('of unknown names are never right, not even one that hashes to zero', async () => {
    expect(await verifyPassword('x', undefined, cheap)).toBe(false);
  });

  test.prop([fc.string()])('refuse a stored text that is none', async (text) => {
    await expect(verifyPassword('x', text)).rejects.toThrow('malformed');
  });

  it.each([
    ['short', 'password-short'],
    ['x'.repeat(129), 'password-long'],
    ['aaaaaaaaaaaaabbb', 'password-simple'],
    ['Alice-likes-cats', 'password-simple'],
    ['a quiet green river', undefined],
  ])('%j: %s', (password, fault) => expect(passwordFault(password, 'alice')).toBe(fault));

  it('of the first sign-in are 20 characters, each time others', () => {
    const passwords = new Set(Array.from({ length: 50 }, () => oneTimePassword(randomBytes)));
    expect(passwords.size).toBe(50);
    for (const password of passwords) expect(password).toMatch(/^(?:[a-z2-9]{4}-){4}[a-z2-9]{4}$/);
  });
});
