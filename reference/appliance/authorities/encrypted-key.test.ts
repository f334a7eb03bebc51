import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { parsePkcs8Envelope } from '../../core/keystore/envelope.ts';
import { openssl, openSslTitle, runOpenSsl } from '../../core/pki/testing/openssl.ts';
import { newKeyPair, spkiOf, type KeyPair } from './authority-keys.ts';
import { encryptPrivateKey, openPrivateKey, requirePassphrase } from './encrypted-key.ts';
import { passphrase } from './testing/ceremony.ts';

describe('an encrypted key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-key-'));
  let keys: KeyPair;
  let pem: string;
  beforeAll(async () => {
    keys = await newKeyPair();
    pem = await encryptPrivateKey(keys.privateKey, passphrase, randomBytes);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is PBES2 with AES-256, HMAC-SHA256 and 600,000 iterations, and opens again', async () => {
    expect(parsePkcs8Envelope(pem)).toMatchObject({
      value: {
        cipher: { name: 'aes-256-cbc' },
        prf: { name: 'hmacWithSHA256', leftOut: false },
        iterations: { count: 600_000 },
        salt: { length: 16 },
        iv: { length: 16 },
      },
    });
    expect(spkiOf(await openPrivateKey(pem, passphrase, 'k'))).toEqual(keys.spki);
  });

  it('gives one answer for a wrong passphrase and for damage, without either', async () => {
    const wrong = await openPrivateKey(pem, utf8('another passphrase'), 'k').catch(String);
    const lines = pem.split('\n');
    const line = lines[4] ?? '';
    lines[4] = (line.startsWith('A') ? 'B' : 'A') + line.slice(1);
    const damaged = await openPrivateKey(lines.join('\n'), passphrase, 'k').catch(String);
    expect(wrong).toBe(
      'Error: k: the passphrase is wrong or the file is damaged; try again or restore it',
    );
    expect(damaged).toBe(wrong);
  });

  it('is not opened where it is protected by less', async () => {
    const weak = keys.privateKey
      .export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: Buffer.from(passphrase),
      })
      .toString();
    await expect(openPrivateKey(weak, passphrase, 'k')).rejects.toMatchObject({
      code: 'authorities/key-protection',
      message: 'k: its key derivation has 2048 iterations; hold a new ceremony',
    });
    const clear = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await expect(openPrivateKey(clear, passphrase, 'k')).rejects.toThrow('not an encrypted PKCS#8');
  });

  it('wants a passphrase of 12 characters', () => {
    expect(() => requirePassphrase(utf8('elevenchars'), 'k')).toThrow('shorter than 12 characters');
    expect(() => requirePassphrase(utf8('twelve chars'), 'k')).not.toThrow();
  });

  it.skipIf(!openssl)(
    `is opened by openssl, and one of its own is opened here${openSslTitle}`,
    async () => {
      const [file, word, theirs] = ['k.pem', 'word', 'theirs.pem'].map((name) =>
        join(folder, name),
      );
      writeFileSync(file ?? '', pem);
      // The first line is for what is read, the second for what is written.
      writeFileSync(word ?? '', `${Buffer.from(passphrase).toString()}\n`.repeat(2));
      const passes = ['-passin', `file:${word}`, '-passout', `file:${word}`];
      const { status } = await runOpenSsl(
        ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA256', '-iter', '600000'],
        ['-in', file ?? '', '-out', theirs ?? ''],
        passes,
      );
      expect(status).toBe(0);
      const key = await openPrivateKey(readFileSync(theirs ?? '', 'utf8'), passphrase, 'k');
      expect(spkiOf(key)).toEqual(keys.spki);
    },
  );
});
