import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../core/bytes.ts';
import { spkiOf } from './authority-keys.ts';
import { holdCeremony } from './ceremony.ts';
import { openAuthorities } from './open.ts';
import { serverCredentials, type StoredServerCredentials } from './server-credentials.ts';
import { ceremonyOrder } from './testing/ceremony.ts';
import type { OnlineAuthorities } from './types.ts';

const day = 86_400_000;
const order = ceremonyOrder();
let clock = Date.now();
let authorities: OnlineAuthorities;
let first: StoredServerCredentials;
const file = join(order.folder, 'server-sip.pem');
const load = (changes: object = {}): Promise<StoredServerCredentials> =>
  serverCredentials({
    ...order,
    now: () => clock,
    server: 'sip',
    hosts: ['sip.example', '127.0.0.1'],
    authorities,
    ...changes,
  });

beforeAll(async () => {
  await holdCeremony(order);
  authorities = await openAuthorities({ ...order, now: () => clock });
  first = await load();
});
afterAll(() => rmSync(order.place, { recursive: true }));

describe('serverCredentials', () => {
  it('are made once and read again after that', async () => {
    expect(first.isNew).toBe(true);
    const again = await load();
    expect(again).toMatchObject({ isNew: false, credentials: first.credentials });
    expect(toHex(again.certificate.serial)).toBe(toHex(first.certificate.serial));
    const key = createPrivateKey(again.credentials.privateKey);
    expect(spkiOf(key)).toEqual(again.certificate.publicKey.spki);
  });

  it('lie encrypted, one file of each server', async () => {
    await load({ server: 'registration' });
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(text).not.toContain('BEGIN PRIVATE KEY');
    expect(readdirSync(order.folder).filter((name) => name.startsWith('server-'))).toEqual(
      expect.arrayContaining(['server-registration.pem', 'server-sip.pem']),
    );
    await expect(load({ server: '../sip' })).rejects.toThrow(TypeError);
  });

  it('are renewed for other hosts and in the last third of their life', async () => {
    const other = await load({ hosts: ['sip.example'] });
    expect(other.isNew).toBe(true);
    const start = clock;
    clock = start + 260 * day;
    expect((await load({ hosts: ['sip.example'] })).isNew).toBe(false);
    clock = start + 270 * day;
    const renewed = await load({ hosts: ['sip.example'] });
    expect(renewed.isNew).toBe(true);
    expect(renewed.certificate.publicKey.spki).not.toEqual(other.certificate.publicKey.spki);
    clock = start;
  });

  it('refuse a wrong passphrase, and a file that is damaged', async () => {
    await load();
    await expect(load({ passphrase: utf8('another passphrase') })).rejects.toMatchObject({
      code: 'authorities/passphrase',
    });
    writeFileSync(file, 'nonsense');
    await expect(load()).rejects.toThrow('remove it, and it is made anew');
    rmSync(file);
    expect((await load()).isNew).toBe(true);
  });
});
