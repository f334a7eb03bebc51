import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { softHsm, softHsmTitle } from '../reference/appliance/authorities/testing/soft-token.ts';
import { openssl, openSslTitle } from '../reference/core/pki/testing/openssl.ts';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'discretio-authorities-'));
const at = (name: string): string => join(folder, name);

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> =>
  new Promise((resolve) => {
    const env = { ...process.env, ...environment };
    execFile(program, words, { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

const discretio = (
  words: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<Outcome> => run(process.execPath, [join(root, 'cli.ts'), ...words], environment);

const create = (name: string, ...more: readonly string[]): readonly string[] => [
  'authorities',
  'create',
  '--root-out',
  at(`${name}-root`),
  '--out',
  at(name),
  ...more,
];
const passphrases = ['--root-passphrase-file', at('root-word'), '--passphrase-file', at('word')];

beforeAll(() => {
  writeFileSync(at('word'), 'what opens the authorities\n', { mode: 0o600 });
  writeFileSync(at('root-word'), 'what opens the root\n', { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('discretio authorities create', () => {
  it('makes both folders and says what to keep where', async () => {
    const { code, stdout } = await discretio(create('one', ...passphrases, '--name', 'Example'));
    expect(code).toBe(0);
    expect(stdout).toContain('root: Example Root Authority, until');
    expect(stdout).toContain(`${at('one-root')}: the root.`);
    expect(readdirSync(at('one'))).not.toContain('root.key');
    expect(readdirSync(at('one-root'))).toContain('root.key');
  });

  it('takes passphrases from the environment and from systemd', async () => {
    writeFileSync(at('discretio-root-passphrase'), 'what opens the root', { mode: 0o440 });
    const { code, stdout } = await discretio(create('two', '--json'), {
      DISCRETIO_AUTHORITIES_PASSPHRASE_FILE: at('word'),
      CREDENTIALS_DIRECTORY: folder,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ root: { name: 'Discretio Root Authority' } });
  });

  it.each([
    ['without passphrases', ['three'], 'passphrase: none given'],
    ['over what is there', ['one', ...passphrases], 'nothing is ever overwritten'],
    ['with half a token', ['three', ...passphrases, '--token', 'x'], 'give both or none'],
    ['with a wildcard', ['three', ...passphrases, '--host', '*.example'], 'not a name or address'],
  ])('refuses to work %s', async (_, [name = '', ...words], reason) => {
    const { code, stdout, stderr } = await discretio(create(name, ...words));
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(reason);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(stderr).not.toContain('what opens');
  });

  it('refuses a passphrase that everybody may read', async () => {
    writeFileSync(at('open-word'), 'what opens the authorities');
    chmodSync(at('open-word'), 0o644);
    const words = ['--root-passphrase-file', at('root-word'), '--passphrase-file', at('open-word')];
    const { code, stderr } = await discretio(create('three', ...words));
    expect(code).toBe(64);
    expect(stderr).toContain('chmod 600');
    expect(existsSync(at('three'))).toBe(false);
  });
});

describe('docs/authorities.md', () => {
  /** The commands of the page, those for a token apart. */
  const scriptOf = (kind: '' | ' token'): string => {
    const page = readFileSync(join(root, 'docs/authorities.md'), 'utf8');
    const blocks = [...page.matchAll(/```sh( token)?\n([\s\S]*?)```/g)];
    const chosen = blocks.filter(([, tag = '']) => tag === kind).map(([, , block]) => block ?? '');
    expect(chosen.length).toBeGreaterThan(0);
    return ['set -e', 'npx() { shift; "$NODE" "$CLI" "$@"; }', ...chosen].join('\n');
  };
  const environment = { NODE: process.execPath, CLI: join(root, 'cli.ts') };

  it.skipIf(!openssl)(`has commands that run${openSslTitle}`, async () => {
    const { code, stdout, stderr } = await run('sh', ['-c', scriptOf('')], environment);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('appliance/client-authority.pem: OK');
    expect(stdout).toContain('appliance/server-authority.pem: OK');
    expect(stdout).toContain('DNS:sip.example.org');
  });

  it.skipIf(!openssl || softHsm === undefined)(
    `has commands for a token that run${softHsmTitle}${openSslTitle}`,
    async () => {
      writeFileSync(at('softhsm2.conf'), `directories.tokendir = ${folder}\n`);
      const script = scriptOf(' token').replace(/\S*libsofthsm2\.so/, softHsm ?? '');
      writeFileSync(at('authorities-passphrase'), 'a PIN of the token\n', { mode: 0o600 });
      writeFileSync(at('root-passphrase'), 'what opens the root\n', { mode: 0o600 });
      const { code, stdout } = await run('sh', ['-c', script], {
        ...environment,
        SOFTHSM2_CONF: at('softhsm2.conf'),
      });
      expect(code).toBe(0);
      expect(stdout).toContain('The keys are in the token');
      expect(readdirSync(at('token-appliance'))).toContain('token.json');
    },
  );
});
