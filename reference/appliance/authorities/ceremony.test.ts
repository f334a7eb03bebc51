import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../core/bytes.ts';
import { parsePem, toPem } from '../../core/keystore/pem.ts';
import { parseCertificate } from '../../core/pki/certificate.ts';
import { findRevoked, parseCrl, type Crl } from '../../core/pki/crl.ts';
import { encryptPrivateKey, openPrivateKey } from './encrypted-key.ts';
import { holdCeremony, type CeremonyOrder } from './ceremony.ts';
import { openAuthorities } from './open.ts';
import { renewRootList } from './root-list.ts';
import { ceremonyOrder, passphrase, rootPassphrase } from './testing/ceremony.ts';
import { makeSoftToken, softHsm, softHsmTitle } from './testing/soft-token.ts';

const day = 86_400_000;
const order = ceremonyOrder();
const { place, folder, rootFolder } = order;
const pemOf = (name: string): string => readFileSync(join(folder, name), 'utf8');
const derOf = (pem: string, label: string): Uint8Array => {
  const der = parsePem(pem, label);
  if (!der.ok) throw new Error(der.error.code);
  return der.value;
};
const crlOf = (pem: string): Crl => {
  const crl = parseCrl(derOf(pem, 'X509 CRL'));
  if (!crl.ok) throw new Error(crl.error.code);
  return crl.value;
};
const problemOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work;
    return 'done';
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).not.toMatch(/\n|what opens/);
    return (error as Error & { code: unknown }).code;
  }
};

let record: Awaited<ReturnType<typeof holdCeremony>>;
beforeAll(async () => {
  record = await holdCeremony(order);
});
afterAll(() => rmSync(place, { recursive: true }));

describe('holdCeremony', () => {
  it('tells names, fingerprints and ends', () => {
    const certificate = parseCertificate(derOf(pemOf('root.pem'), 'CERTIFICATE'));
    expect(record.root).toMatchObject({ name: 'Discretio Root Authority' });
    expect(record.root.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(certificate).toMatchObject({ value: { notAfter: record.root.notAfter } });
    expect(record.rootListUntil).toBeGreaterThan(Date.now() + 399 * day);
  });

  const refused: readonly (readonly [string, Partial<CeremonyOrder>, string])[] = [
    ['a folder that holds something', { rootFolder }, 'authorities/exists'],
    ['the appliance’s folder of another ceremony', { folder }, 'authorities/exists'],
    ['one folder for both', { rootFolder: join(place, 'n') }, 'authorities/folder'],
    ['one folder inside the other', { rootFolder: join(place, 'n', 'root') }, 'authorities/folder'],
    ['a short passphrase', { passphrase: utf8('short') }, 'authorities/passphrase'],
    ['a short passphrase of the root', { rootPassphrase: utf8('short') }, 'authorities/passphrase'],
    ['the same passphrase twice', { rootPassphrase: passphrase }, 'authorities/passphrase'],
  ];
  it.each(refused)('refuses %s and makes nothing', async (_, changes, code) => {
    const before = readdirSync(place).toSorted();
    const fresh = { ...order, rootFolder: join(place, 'm'), folder: join(place, 'n') };
    expect(await problemOf(holdCeremony({ ...fresh, ...changes }))).toBe(code);
    expect(readdirSync(place).toSorted()).toEqual(before);
  });
});

describe('openAuthorities', () => {
  const broken = join(place, 'broken');
  const now = Date.now;
  const openBroken = (at = now): Promise<unknown> =>
    openAuthorities({ ...order, now: at, folder: broken });
  const take = (): void => {
    mkdirSync(broken);
    for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(broken, name));
  };
  const put = (name: string, text: string): void => writeFileSync(join(broken, name), text);
  afterEach(() => rmSync(broken, { recursive: true, force: true }));

  it('takes a copy', async () => {
    take();
    expect(await problemOf(openBroken())).toBe('done');
  });

  it('refuses the root’s key in the appliance’s folder', async () => {
    take();
    copyFileSync(join(rootFolder, 'root.key'), join(broken, 'root.key'));
    expect(await problemOf(openBroken())).toBe('authorities/root-key-present');
  });

  it('refuses a wrong passphrase', async () => {
    const wrong = openAuthorities({ ...order, passphrase: rootPassphrase });
    expect(await problemOf(wrong)).toBe('authorities/passphrase');
  });

  it.each(['root.pem', 'root.crl', 'client-authority.pem', 'server-authority.key'])(
    'refuses a folder without %s, or with it cut off',
    async (name) => {
      take();
      put(name, pemOf(name).slice(0, 200));
      expect(await problemOf(openBroken())).toMatch(
        /^authorities\/(file|root-list|key-protection)$/,
      );
      rmSync(join(broken, name));
      expect(await problemOf(openBroken())).toBe('authorities/missing-file');
    },
  );

  it('refuses authorities changed about, another key, and another time', async () => {
    take();
    put('client-authority.pem', pemOf('server-authority.pem'));
    expect(await problemOf(openBroken())).toBe('authorities/chain');
    put('client-authority.pem', pemOf('client-authority.pem'));
    put('client-authority.key', pemOf('server-authority.key'));
    expect(await problemOf(openBroken())).toBe('authorities/key-mismatch');
    put('client-authority.key', pemOf('client-authority.key'));
    expect(await problemOf(openBroken(() => Date.now() - day))).toBe('authorities/chain');
    expect(await problemOf(openBroken(() => Date.now() + 3651 * day))).toBe('authorities/chain');
    expect(await problemOf(openBroken(() => Date.now() + 500 * day))).toBe('done');
  });

  it('refuses a key whose private numbers were changed', async () => {
    take();
    const key = await openPrivateKey(pemOf('client-authority.key'), passphrase, 'k');
    const jwk = key.export({ format: 'jwk' });
    const damaged = { ...jwk, d: jwk.dp ?? '', dp: jwk.dq ?? '' };
    const privateKey = createPrivateKey({ key: damaged, format: 'jwk' });
    put('client-authority.key', await encryptPrivateKey(privateKey, passphrase, randomBytes));
    expect(await problemOf(openBroken())).toBe('authorities/key-mismatch');
  });
});

describe('renewRootList', () => {
  const renew = (changes: object = {}) =>
    renewRootList({ rootFolder, passphrase: rootPassphrase, now: Date.now(), ...changes });

  it('counts on and takes the list into the root’s folder', async () => {
    const before = crlOf(readFileSync(join(rootFolder, 'root.crl'), 'utf8'));
    const list = await renew();
    expect(crlOf(list.pem).number).toBe(before.number + 1n);
    expect(readFileSync(join(rootFolder, 'root.crl'), 'utf8')).toBe(list.pem);
  });

  it('revokes an authority for good, which then is not opened', async () => {
    const pem = pemOf('client-authority.pem');
    const certificate = parseCertificate(derOf(pem, 'CERTIFICATE'));
    if (!certificate.ok) throw new Error(certificate.error.code);
    const { serial } = certificate.value;
    expect(findRevoked(crlOf((await renew({ revoke: [pem] })).pem), serial)).toMatchObject({
      reason: 'cACompromise',
    });
    const later = crlOf((await renew()).pem);
    expect([...later.revoked.keys()]).toEqual([toHex(serial)]);
    const copy = join(place, 'copy');
    mkdirSync(copy);
    for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(copy, name));
    copyFileSync(join(rootFolder, 'root.crl'), join(copy, 'root.crl'));
    expect(await problemOf(openAuthorities({ ...order, folder: copy }))).toBe(
      'authorities/revoked',
    );
  });

  it('refuses a wrong passphrase, and what the root has not issued', async () => {
    expect(await problemOf(renew({ passphrase }))).toBe('authorities/passphrase');
    const root = pemOf('root.pem');
    expect(await problemOf(renew({ revoke: [root] }))).toBe('authorities/file');
    expect(await problemOf(renew({ revoke: [toPem('CERTIFICATE', new Uint8Array(9))] }))).toBe(
      'authorities/file',
    );
    expect(await problemOf(renew({ rootFolder: folder }))).toBe('authorities/missing-file');
  });
});

describe.skipIf(softHsm === undefined)(`a ceremony with a token${softHsmTitle}`, () => {
  it('makes keys that only the token holds, and opens them by its PIN', async () => {
    const pin = 'a PIN of the token';
    const withToken: CeremonyOrder = {
      ...order,
      rootFolder: join(place, 'token-root'),
      folder: join(place, 'token-appliance'),
      passphrase: utf8(pin),
      token: { module: softHsm ?? '', token: 'discretio' },
    };
    makeSoftToken(place, 'discretio', pin);
    await holdCeremony(withToken);
    expect(readdirSync(withToken.folder)).toContain('token.json');
    expect(readdirSync(withToken.folder).filter((name) => name.endsWith('.key'))).toEqual([]);
    const opened = await openAuthorities(withToken);
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    const leaf = parseCertificate(await opened.issueClientCertificate('+33612345678', spki));
    expect(leaf.ok).toBe(true);
    expect(await problemOf(openAuthorities(withToken))).toBe('authorities/token');
    await opened.close();
    const wrong = openAuthorities({ ...withToken, passphrase: utf8('a wrong PIN here') });
    expect(await problemOf(wrong)).toBe('authorities/token');
    const again = { ...withToken, rootFolder: join(place, 'r2'), folder: join(place, 'a2') };
    expect(await problemOf(holdCeremony(again))).toBe('authorities/token');
    expect(existsSync(again.folder)).toBe(false);
  });
});
