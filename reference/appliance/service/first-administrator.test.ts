import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfiguration } from '../configuration/read.ts';
import { createMemoryStore } from '../store/open.ts';
import { greetFirstAdministrator, showOnce, warnOfUnreadable } from './first-administrator.ts';
import { settingsShown } from './settings-shown.ts';

const text = `internet: { host: 127.0.0.1 }
administration: { host: 127.0.0.1 }
state: state
authorities: { folder: a, passphrase: { file: b } }
sms: { kind: http, url: "https://gateway.example/{number}", headers: { authorization: "Bearer typed-in" }, secret: { file: c } }
`;
const world = { now: Date.now, randomBytes: (length: number) => new Uint8Array(length).fill(7) };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'first-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const greeted = async (change: string, environment: NodeJS.ProcessEnv): Promise<string> => {
  const said: string[] = [];
  const configuration = parseConfiguration('a.yaml', text + change);
  const show = showOnce(configuration, (line) => void said.push(line), environment);
  const store = createMemoryStore();
  for (let start = 0; start < 2; start += 1)
    await greetFirstAdministrator(store, folder, 'https://10.0.0.1:8443/', world, show);
  store.close();
  return said.join('');
};

describe('the first administrator’s password', () => {
  it('is shown once on the terminal', async () => {
    expect(await greeted('', {})).toMatch(
      /^discretio: first start: sign in at https:\/\/10\.0\.0\.1:8443\/ as administrator with the one-time password (\w{4}-){4}\w{4} \(shown this once\)\n$/,
    );
  });

  it.each<[string, string, NodeJS.ProcessEnv]>([
    ['the journal of systemd', '', { JOURNAL_STREAM: '8:1' }],
    ['the log', 'log: { destination: stderr }\n', {}],
  ])('is in a file of its own where standard error is %s', async (_, change, environment) => {
    const file = join(folder, 'first-password');
    expect(await greeted(change, environment)).toBe(
      `discretio: first start: the one-time password is in ${file}; read it and remove it\n`,
    );
    expect(readFileSync(file, 'utf8')).toMatch(/one-time password (\w{4}-){4}\w{4} /);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

it('the configuration is shown without what may be secret', () => {
  const shown = new Map(settingsShown(parseConfiguration('/etc/a.yaml', text)));
  expect(shown.get('internet.sip.port')).toBe('5061');
  expect(shown.get('authorities.passphrase.file')).toBe('/etc/b');
  expect(shown.get('sms.headers')).toBe('(set, not shown)');
  expect([...shown.values()].join()).not.toMatch(/typed-in/);
});

it('administrators whose second factor cannot be read are told of, with the way back in', () => {
  const store = createMemoryStore();
  store.administrators.add({ name: 'bob', passwordHash: 'h', mustChangePassword: false }, 'x', 0);
  const bob = store.administrators.list();
  const warnings: string[] = [];
  const warn = (code: string, detail: string) => void warnings.push(`${code}: ${detail}`);
  warnOfUnreadable(store, warn);
  expect(warnings).toEqual([]);
  const list: typeof store.administrators.list = () => [
    ...bob,
    ...bob.map((known) => ({ ...known, name: 'alice', totpSecret: 'unreadable' as const })),
  ];
  warnOfUnreadable({ administrators: { list } }, warn);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^administrator\/totp-unreadable: administrator alice: .*; discretio admin reset-password alice gives/,
    ),
  ]);
  store.close();
});
