import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdCeremony } from '../../reference/appliance/authorities/ceremony.ts';
import { parseTargetFile } from './read.ts';
import { readTrust } from './trust.ts';

let folder = '';
const hold = (name: string): Promise<unknown> =>
  holdCeremony({
    rootFolder: join(folder, `${name}-root`),
    folder: join(folder, name),
    rootPassphrase: Buffer.from('the passphrase of the root'),
    passphrase: Buffer.from('the passphrase of the others'),
    now: Date.now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trust-'));
  await Promise.all([hold('one'), hold('other')]);
  writeFileSync(join(folder, 'text.pem'), 'no certificate\n');
  const both = ['root', 'client-authority'].map((name) =>
    readFileSync(join(folder, 'one', `${name}.pem`), 'utf8'),
  );
  writeFileSync(join(folder, 'both.pem'), both.join(''));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const trustOf = (
  trust: { readonly root?: string; readonly client?: string; readonly server?: string },
  now = Date.now(),
) => {
  const { root = 'one/root.pem', client = 'one/client-authority.pem' } = trust;
  const { server = 'one/server-authority.pem' } = trust;
  const read = parseTargetFile(
    join(folder, 'target.yaml'),
    `name: trial
appliance:
  kind: external
  sip: { host: 127.0.0.1, port: 5061 }
  registration: { host: 127.0.0.1, port: 443 }
  relay: { host: 127.0.0.1, first: 1, last: 2 }
  tokens: { from: operator }
  capture: { from: files }
  trust:
    root: ${root}
    clientAuthority: ${client}
    serverAuthority: ${server}
`,
  );
  const { appliance } = read.description;
  if (appliance.kind !== 'external') throw new Error('not what was written');
  return readTrust(read, appliance, now);
};

const years = (count: number) => count * 365 * 24 * 3_600_000;

describe('the trust certificates of an external appliance', () => {
  it('are those of one hierarchy, as the files have them', () => {
    const { root, clientAuthority } = trustOf({});
    const read = (name: string) => readFileSync(join(folder, 'one', `${name}.pem`), 'utf8');
    expect([root, clientAuthority]).toEqual([read('root'), read('client-authority')]);
  });

  it.each([
    [
      'a file that is not there',
      { root: 'none.pem' },
      0,
      /:10: appliance\.trust\.root: the file none\.pem cannot be read \(ENOENT\)/,
    ],
    [
      'a file that is no PEM',
      { client: 'text.pem' },
      0,
      /trust\.clientAuthority: text\.pem is no PEM certificate \(pem-begin\)/,
    ],
    [
      'a file of several',
      { root: 'both.pem' },
      0,
      /trust\.root: both\.pem holds several certificates/,
    ],
    [
      'an authority as root',
      { root: 'one/server-authority.pem' },
      0,
      /trust\.root: \S+ is not its own issuer: it is no root/,
    ],
    [
      'another hierarchy’s authority',
      { server: 'other/server-authority.pem' },
      0,
      /:12: appliance\.trust\.serverAuthority: \S+ was not issued by one\/root\.pem/,
    ],
    ['what is over', {}, years(100), /trust\.root: \S+ is not within its dates/],
  ])('%s is refused by field', (_what, trust, later, line) => {
    expect(() => trustOf(trust, Date.now() + later)).toThrow(line);
  });
});
