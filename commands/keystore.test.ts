import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  hex,
  openssl,
  openSslTitle,
  tlv,
  identifier,
  integer,
} from '../reference/core/keystore/testing/encrypted-keys.ts';
import { toPem } from '../reference/core/keystore/pem.ts';
import { spawnSync } from 'node:child_process';
import { addKeystoreCommand } from './keystore.ts';
import { CommandProblem } from './command-problem.ts';

const passphrase = 'tralala-itou';
let folder = '';
const at = (name: string): string => join(folder, name);

const encrypted = (key: KeyObject, word = passphrase): string =>
  key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: word }).toString();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keystore-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  const slow = tlv(
    0x30,
    tlv(
      0x30,
      identifier('pbes2'),
      tlv(
        0x30,
        tlv(0x30, identifier('pbkdf2'), tlv(0x30, tlv(4, new Uint8Array(8)), integer(0x7fffffff))),
        tlv(0x30, identifier('aes256Cbc'), tlv(4, new Uint8Array(16))),
      ),
    ),
    tlv(4, new Uint8Array(32)),
  );
  const jwk = privateKey.export({ format: 'jwk' });
  const damaged = { ...jwk, d: jwk.dp ?? '', dp: jwk.dq ?? '' };
  const files: Readonly<Record<string, string | Uint8Array>> = {
    'key.pem': encrypted(privateKey),
    'small.pem': encrypted(small),
    'other.pem': encrypted(other),
    'ec.pem': encrypted(ec),
    'empty-word.pem': encrypted(privateKey, ''),
    'clear.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'slow.pem': toPem('ENCRYPTED PRIVATE KEY', slow),
    'store.jks': hex('feedfeed'),
    empty: '',
    huge: new Uint8Array(65_537),
    word: `${passphrase}\r\nsecond line\n`,
    'word-alone': passphrase,
    'wrong-word': 'wrong\n',
    'empty-word': '\nx\n',
    'long-word': 'x'.repeat(1025),
    'damaged.pem': encrypted(createPrivateKey({ key: damaged, format: 'jwk' })),
    'jwk.json': JSON.stringify(jwk),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(at(name), content);
  await mkdir(at('folder'));
  if (!openssl) return;
  const make = (...words: readonly string[]) => spawnSync('openssl', [...words], { cwd: folder });
  make('req', '-x509', '-key', 'clear.pem', '-subj', '/CN=x', '-days', '2', '-out', 'cert.pem');
  make('x509', '-in', 'cert.pem', '-outform', 'DER', '-out', 'cert.der');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `discretio keystore`; file names are those of the test's folder. */
const run = async (...words: readonly string[]) => {
  let code = -1;
  const program = new Command('discretio');
  addKeystoreCommand(program, (exit) => (code = exit));
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const paths = words.map((word) => (word.startsWith('--') ? word : at(word)));
  await program.parseAsync(['keystore', ...paths], { from: 'user' });
  const output = printed.mock.calls.join('\n');
  printed.mockRestore();
  return { code, output: output.replaceAll(`${folder}/`, '') };
};

const problemOf = async (...words: readonly string[]) => {
  const error: unknown = await run(...words).catch((reason: unknown) => reason);
  if (!(error instanceof CommandProblem)) throw new Error('no problem');
  return { code: error.exitCode, message: error.message.replaceAll(`${folder}/`, '') };
};

interface Printed {
  readonly verdicts: readonly {
    readonly claim: string;
    readonly kind: string;
    readonly reason?: string;
  }[];
  readonly observations: readonly { readonly id: string; readonly unit?: string }[];
}
const json = async (...words: readonly string[]) => {
  const { code, output } = await run(...words, '--json');
  const printed = JSON.parse(output) as Printed;
  const kinds = printed.verdicts.map(({ claim, kind }) => `${claim} ${kind}`).join(', ');
  return { code, kinds, output, ...printed };
};

describe('discretio keystore', () => {
  it('shows every parameter, and what cannot be told without the passphrase', async () => {
    const { code, output } = await run('key.pem');
    expect(code).toBe(2);
    for (const text of [
      /✓ cipher +aes-256-cbc \(2\.16\.840\.1\.101\.3\.4\.1\.42\) +der \d+ +5\.3\.a pass/,
      /✓ PRF +hmacWithSHA256 \(1\.2\.840\.113549\.2\.9\) +der \d+ +5\.3\.b pass/,
      /✓ iterations +2048 +der \d+/,
      /✓ IV +16 bytes +der \d+/,
      /✓ salt +\d+ bytes +der 34/,
      /✓ encrypted key +\d+ bytes/,
      /\? 6\.1\.a inconclusive {2}public keys are 2048 bits.*\n +Reason: key\.pem: .*give --passphrase-file FILE/,
      /3 pass, 1 inconclusive\. Exit code: 2$/,
    ])
      expect(output).toMatch(text);
  });

  it('judges the key once it is open', async () => {
    const { code, kinds, output, observations } = await json(
      'key.pem',
      '--passphrase-file',
      'word',
    );
    expect([code, kinds]).toEqual([0, '5.3.a pass, 5.3.b pass, 6.1.a pass, 6.1.c pass']);
    expect(JSON.parse(output)).toEqual({
      tool: 'discretio',
      version: expect.any(String),
      input: 'key.pem',
      verdicts: expect.any(Array),
      observations: expect.any(Array),
      exit: 0,
    });
    expect(observations).toMatchObject([{ id: 'P3/guess-cost', unit: 'ms' }, { id: 'O12' }]);
    expect(output).not.toContain(passphrase);
    expect((await run('key.pem', '--passphrase-file', 'word-alone')).code).toBe(0);
  });

  it('is inconclusive with a wrong passphrase, and says so', async () => {
    const { code, kinds, output } = await json('key.pem', '--passphrase-file', 'wrong-word');
    expect([code, kinds]).toEqual([2, '5.3.a pass, 5.3.b pass, 6.1.a inconclusive, 6.1.c pass']);
    expect(output).toContain('the passphrase is wrong or the file is damaged');
    expect(output).not.toContain('"wrong"');
  });

  it.each<[string, string, number, string]>([
    ['small.pem', '6.1.a', 1, 'RSA 1024, exponent 65537'],
    ['ec.pem', '6.1.a', 1, 'EC (prime256v1)'],
    ['clear.pem', '5.3.a', 1, 'PKCS#8 in clear'],
    ['store.jks', '5.3.b', 1, 'Java key store (JKS)'],
    ['jwk.json', '6.1.c', 1, 'neither PEM nor DER'],
    ['slow.pem', '6.1.a', 1, 'would take too long'],
  ])('%s: %s', async (name, claim, code, text) => {
    const printed = await json(name, '--passphrase-file', 'word');
    const verdict = printed.verdicts.find((one) => one.claim === claim);
    expect(printed.code).toBe(code);
    expect(verdict?.reason).toContain(text);
  });

  it('remarks on a key that opens with nothing, whatever passphrase is given', async () => {
    for (const words of [['empty-word.pem'], ['empty-word.pem', '--passphrase-file', 'word']]) {
      const { code, observations } = await json(...words);
      expect([code, observations[0]?.id]).toEqual([0, 'P3/empty-passphrase']);
    }
  });

  it('names the file that fails among several, failures last', async () => {
    const { code, output } = await run('clear.pem', 'key.pem', '--passphrase-file', 'word');
    expect(code).toBe(1);
    expect(output).toMatch(/Reason: clear\.pem: format PKCS#8 in clear/);
    expect(output.indexOf('✗ 5.3.a')).toBeGreaterThan(output.indexOf('✓ 6.1.a'));
    expect(output).toMatch(/At least one claim fails\. 2 pass, 2 fail\. Exit code: 1$/);
  });

  it.skipIf(!openssl)(`compares key and certificate${openSslTitle}`, async () => {
    const word = ['--passphrase-file', 'word'];
    for (const cert of ['cert.pem', 'cert.der']) {
      const same = await json('key.pem', ...word, '--cert', cert);
      expect([same.code, same.kinds.slice(0, 10)]).toEqual([0, '3.1.a pass']);
    }
    for (const key of ['other.pem', 'damaged.pem']) {
      const differs = await json(key, ...word, '--cert', 'cert.pem');
      expect([differs.code, differs.kinds.slice(0, 10)]).toEqual([1, '3.1.a fail']);
    }
    const closed = await json('key.pem', '--cert', 'cert.pem');
    expect([closed.code, closed.kinds.slice(0, 18)]).toEqual([2, '3.1.a inconclusive']);
    expect(closed.verdicts[0]?.reason).toContain('give --passphrase-file FILE');
    const alone = await json('cert.pem');
    expect(alone.kinds).toBe('5.3.a inconclusive, 5.3.b inconclusive, 6.1.a pass, 6.1.c pass');
  });

  it.each<[readonly string[], string]>([
    [['empty'], 'empty: it is empty; name the file of a stored key'],
    [['folder'], 'folder: it is a folder; name the file of a stored key'],
    [['missing'], 'missing: there is no such file; name the file of a stored key'],
    [['huge'], 'huge: it is longer than 64 KiB, as no key is; name the file of a stored key'],
    [
      ['key.pem', '--passphrase-file', 'missing'],
      '--passphrase-file missing: there is no such file',
    ],
    [['key.pem', '--passphrase-file', 'empty-word'], 'empty-word: its first line is empty; name a'],
    [['key.pem', '--passphrase-file', 'empty'], 'empty: its first line is empty; name a file'],
    [['key.pem', '--passphrase-file', 'long-word'], 'its first line is longer than 1024 bytes'],
    [['key.pem', '--cert', 'key.pem'], '--cert key.pem: it holds no certificate that can be read'],
    [['key.pem', '--cert', 'folder'], '--cert folder: it is a folder; name a file with the'],
  ])('%j ends with one line', async (words, text) => {
    const { code, message } = await problemOf(...words);
    expect(code).toBe(64);
    expect(message).toContain(text);
    expect(message).not.toContain('\n');
  });
});
