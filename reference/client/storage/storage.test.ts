import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import forge from 'node-forge';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthorities, type Authorities } from '../../appliance/authorities/authorities.ts';
import { parsePkcs8Envelope } from '../../core/keystore/envelope.ts';
import { toPem } from '../../core/keystore/pem.ts';
import { storedFileNames, writeStoredFile } from './files.ts';
import { openStoredKey, storeIdentity } from './storage.ts';

const openssl = spawnSync('openssl', ['version']).status === 0;
const openSslTitle = openssl ? '' : ' (skipped: openssl is not installed)';
const number = '+33612345678';
const passphrase = 'correct horse';

describe('a phone’s folder', () => {
  let authorities: Authorities;
  let privateKey: KeyObject;
  let certificate: string;
  let folder: string;
  const base = mkdtemp(join(tmpdir(), 'discretio-storage-'));
  const path = (name: string): string => join(folder, name);
  const store = (): Promise<void> =>
    storeIdentity(folder, { privateKey, passphrase, certificate, trust: authorities.trust });
  const refusal = async (
    given = passphrase,
    now = Date.now(),
  ): Promise<{ code: unknown; message: string }> => {
    try {
      await openStoredKey(folder, given, now);
    } catch (error) {
      const { message } = error as Error;
      expect(message).toMatch(/^[^\n]+$/);
      return { code: (error as Error & { code: unknown }).code, message };
    }
    throw new Error('opened');
  };

  beforeAll(async () => {
    authorities = await createAuthorities({ now: Date.now, randomBytes });
    privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    const der = await authorities.issueClientCertificate(number, new Uint8Array(publicKey));
    certificate = toPem('CERTIFICATE', der);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(await base, 'phone-'));
    await store();
  });
  afterAll(async () => rm(await base, { recursive: true }));

  it('opens with the passphrase and gives the identity', async () => {
    const opened = await openStoredKey(folder, passphrase, Date.now());
    expect(opened.number).toBe(number);
    expect(opened.privateKey.equals(privateKey)).toBe(true);
    expect(opened.certificateChain).toBe(certificate + authorities.trust.clientAuthority);
    expect(opened.trust).toEqual(authorities.trust);
  });

  it('holds exactly the five files, only for their owner, and no key in clear', async () => {
    const names = await readdir(folder);
    expect(names.sort()).toEqual(Object.values(storedFileNames).sort());
    for (const name of names) {
      expect((await stat(path(name))).mode & 0o777).toBe(0o600);
      expect(await readFile(path(name), 'utf8')).not.toContain('BEGIN PRIVATE KEY');
    }
  });

  it('protects the key as target 5.3 says, with a new salt and IV each time', async () => {
    const read = async (): Promise<ReturnType<typeof parsePkcs8Envelope>> =>
      parsePkcs8Envelope(await readFile(path(storedFileNames.privateKey), 'utf8'));
    const first = await read();
    await store();
    const second = await read();
    if (!first.ok || !second.ok) throw new Error('envelope');
    expect(first.value).toMatchObject({
      scheme: { name: 'PBES2' },
      keyDerivation: { name: 'PBKDF2' },
      prf: { name: 'hmacWithSHA256', leftOut: false },
      iterations: { count: 2048 },
      cipher: { name: 'aes-256-cbc' },
      iv: { length: 16 },
    });
    expect(first.value.salt.length).toBeGreaterThanOrEqual(8);
    expect(first.value.salt.bytes).not.toEqual(second.value.salt.bytes);
    expect(first.value.iv.bytes).not.toEqual(second.value.iv.bytes);
  });

  it('holds a key that node-forge decrypts to the same modulus', async () => {
    const pem = await readFile(path(storedFileNames.privateKey), 'utf8');
    const theirs = forge.pki.decryptRsaPrivateKey(pem, passphrase);
    const { n } = privateKey.export({ format: 'jwk' });
    expect(theirs.n.toString(16)).toBe(Buffer.from(n ?? '', 'base64url').toString('hex'));
  });

  it.skipIf(!openssl)(`is accepted by openssl pkcs8, rsa and verify${openSslTitle}`, () => {
    const pass = ['-passin', `pass:${passphrase}`];
    const run = (...args: readonly string[]): { status: number | null; stdout: string } =>
      spawnSync('openssl', args, { encoding: 'utf8' });
    const key = path(storedFileNames.privateKey);
    expect(run('pkcs8', '-in', key, ...pass).stdout).toContain('BEGIN PRIVATE KEY');
    expect(run('rsa', '-in', key, ...pass, '-check', '-noout').stdout).toContain('RSA key ok');
    expect(run('pkcs8', '-in', key, '-passin', 'pass:wrong horse').status).not.toBe(0);
    const verified = run(
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      path(storedFileNames.root),
      '-untrusted',
      path(storedFileNames.clientAuthority),
      path(storedFileNames.certificate),
    );
    expect(verified.status).toBe(0);
  });

  it.each([
    ['storage/passphrase-empty', ''],
    ['storage/passphrase-short', 'sevenxx'],
  ])('refuses to store or open with %s', async (code, given) => {
    const fresh = join(folder, 'fresh');
    const stored = storeIdentity(fresh, {
      privateKey,
      passphrase: given,
      certificate,
      trust: authorities.trust,
    });
    await expect(stored).rejects.toMatchObject({ code });
    await expect(stat(fresh)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await refusal(given)).code).toBe(code);
  });

  it('gives one answer for a wrong passphrase and a damaged key', async () => {
    const wrong = await refusal('wrong horse');
    expect(wrong.code).toBe('storage/wrong-passphrase');
    expect(wrong.message).not.toContain('wrong horse');
    const pem = await readFile(path(storedFileNames.privateKey), 'utf8');
    const lines = pem.split('\n');
    const last = lines[20] ?? '';
    lines[20] = (last.startsWith('A') ? 'B' : 'A') + last.slice(1);
    await writeFile(path(storedFileNames.privateKey), lines.join('\n'));
    const damaged = await refusal();
    expect(damaged).toEqual(wrong);
  });

  it('gives the same answer for every altered block of the key', async () => {
    const pem = await readFile(path(storedFileNames.privateKey), 'utf8');
    const der = Buffer.from(pem.replaceAll(/-----.*?-----|\s/g, ''), 'base64');
    const answers = new Set<string>();
    const sealedAt = der.length - 1216;
    for (let at = sealedAt; at < der.length; at += 16) {
      const altered = new Uint8Array(der);
      altered[at] = (altered[at] ?? 0) ^ 1;
      await writeFile(path(storedFileNames.privateKey), toPem('ENCRYPTED PRIVATE KEY', altered));
      const { code, message } = await refusal();
      answers.add(`${String(code)} ${message}`);
    }
    expect([...answers]).toEqual([expect.stringMatching(/^storage\/wrong-passphrase /)]);
  });

  it('refuses a key that does not match the certificate', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = other.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
    await writeStoredFile(folder, storedFileNames.privateKey, pem.toString());
    expect((await refusal()).code).toBe('storage/key-mismatch');
  });

  it('refuses a key in clear, and one protected otherwise', async () => {
    const clear = privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(path(storedFileNames.privateKey), clear);
    expect((await refusal()).code).toBe('storage/key-file');
    const weak = privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-128-cbc',
      passphrase,
    });
    await writeFile(path(storedFileNames.privateKey), weak);
    expect((await refusal()).code).toBe('storage/key-protection');
  });

  it.each(Object.values(storedFileNames))('refuses when %s is missing', async (name) => {
    await rm(path(name));
    expect(await refusal()).toMatchObject({
      code: 'storage/missing-file',
      message: expect.stringContaining(name),
    });
  });

  it('refuses authorities that were replaced, swapped or damaged, and an expired certificate', async () => {
    const stranger = await createAuthorities({ now: Date.now, randomBytes });
    const { trust } = authorities;
    const replaced = [
      [storedFileNames.root, stranger.trust.root, trust.root],
      [storedFileNames.clientAuthority, stranger.trust.clientAuthority, trust.clientAuthority],
      [storedFileNames.clientAuthority, trust.serverAuthority, trust.clientAuthority],
      [storedFileNames.serverAuthority, stranger.trust.serverAuthority, trust.serverAuthority],
    ] as const;
    for (const [name, text, original] of replaced) {
      await writeFile(path(name), text);
      expect((await refusal()).code).toBe('storage/chain');
      await writeFile(path(name), original);
    }
    expect((await refusal(passphrase, Date.now() + 3 * 31_536_000_000)).code).toBe('storage/chain');
    await writeFile(path(storedFileNames.root), 'no PEM');
    expect((await refusal()).code).toBe('storage/certificate-file');
  });

  it('keeps the old file and no leftovers when a file cannot be replaced', async () => {
    await rm(path(storedFileNames.root));
    await chmod(folder, 0o700);
    await writeStoredFile(folder, storedFileNames.root, 'first');
    const failing = writeStoredFile(path(storedFileNames.root), storedFileNames.root, 'second');
    await expect(failing).rejects.toMatchObject({
      code: expect.stringMatching(/^E(NOTDIR|EXIST)$/),
    });
    expect(await readFile(path(storedFileNames.root), 'utf8')).toBe('first');
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
