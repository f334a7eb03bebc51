import { once } from 'node:events';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseConfiguration } from '../configuration/read.ts';
import { createLog } from '../logging/log.ts';
import { openStore } from '../store/open.ts';
import { openServiceAuthorities } from './authorities.ts';
import { startService } from './compose.ts';
import { makeServiceFolder, type ServiceFolder } from './testing/world.ts';

const year = 365 * 86_400_000;

let place: ServiceFolder;
beforeAll(async () => {
  place = await makeServiceFolder();
});
afterEach(() => rmSync(join(place.folder, 'state'), { recursive: true, force: true }));
afterAll(() => place.remove());

const at = (name: string): string => join(place.folder, name);

/** Why the appliance does not start; it is stopped when it does. */
const problemOf = async (text = place.text(), now: () => number = Date.now): Promise<string> => {
  const log = createLog({ write: () => undefined }, 'info');
  const configuration = parseConfiguration(place.file, text);
  try {
    const world = { log, now, showPassword: () => undefined };
    await (await startService(configuration, world)).stop();
    return 'it starts';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('a start that cannot be says why in one line', () => {
  it('when the clock is before the certificates or an authority has ended', async () => {
    expect(await problemOf(place.text(), () => 1000)).toMatch(
      /^clock: this system says 1970-01-01T00:00, but the certificate of the root begins \d{4}-\S+ \(UTC\); set the clock$/,
    );
    expect(await problemOf(place.text(), () => Date.now() + 11 * year)).toMatch(
      /^certificate of the client authority: it ended \d{4}-\d\d-\d\d, and this system says \S+; hold a new ceremony/,
    );
  });

  it('without the passphrase, with a wrong one, or with one that everybody may read', async () => {
    const withFile = (name: string): string => place.text('file: passphrase', `file: ${name}`);
    expect(await problemOf(withFile('none'))).toBe(
      `passphrase of the authorities ${at('none')}: there is no such file; make it, with mode 0600`,
    );
    writeFileSync(at('open'), 'correct horse battery staple');
    chmodSync(at('open'), 0o644);
    expect(await problemOf(withFile('open'))).toMatch(/every user of this system may open it/);
    writeFileSync(at('wrong'), 'some other passphrase\n', { mode: 0o600 });
    const reason = await problemOf(withFile('wrong'));
    expect(reason).toMatch(/-authority\.key: /);
    expect(reason).not.toMatch(/some other passphrase|\n/);
  });

  it('without the authorities', async () => {
    expect(await problemOf(place.text('folder: authorities', 'folder: nowhere'))).toMatch(
      /nowhere\S*: it is missing; give the folder that `discretio authorities create/,
    );
  });

  it('on a state that another process holds', async () => {
    const held = openStore(at('state'), Date.now());
    expect(await problemOf()).toBe(
      `store ${at('state')}: another instance works on this state; stop it first`,
    );
    held.close();
  });

  it('on a damaged or misplaced state, or one that other users may write', async () => {
    openStore(at('state'), Date.now()).close();
    writeFileSync(at('state/store.sqlite'), 'this is no database, '.repeat(1000));
    expect(await problemOf()).toMatch(/^store \S+: .*restore a backup into a new folder$/);
    rmSync(at('state'), { recursive: true });
    writeFileSync(at('state'), 'a file');
    expect(await problemOf()).toMatch(
      /^store \S+: it is no folder, or lies in none; name another$/,
    );
    rmSync(at('state'));
    mkdirSync(at('state'));
    chmodSync(at('state'), 0o777);
    expect(await problemOf()).toMatch(/other users may write in it \(mode 777\); chmod 0700$/);
  });

  it('with an SMPP password that no centre takes', async () => {
    writeFileSync(at('smsc'), 'more than eight\n', { mode: 0o600 });
    const sms =
      'sms: { kind: smpp, host: smsc.example, systemId: a, sender: b, password: { file: smsc } }';
    expect(await problemOf(place.text('sms: { kind: simulated }', sms))).toBe(
      'password of the SMS centre: SMPP takes at most 8 bytes; ask the centre for another',
    );
  });

  it('on a port in use; and nothing runs on, so that it starts once the port is free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    // The measurements come last: everything else ran by then.
    const text = place.text('metrics: { port: 0 }', `metrics: { port: ${port} }`);
    expect(await problemOf(text)).toBe(
      `metrics 127.0.0.1 port ${port}: the port is in use; stop the program that holds it or choose another`,
    );
    await new Promise((resolve) => {
      other.close(resolve);
    });
    expect(await problemOf(text)).toBe('it starts');
  });
});

it('an authority that ends soon is a warning', async () => {
  const warnings: string[] = [];
  const opened = await openServiceAuthorities(
    parseConfiguration(place.file, place.text()),
    {
      now: () => Date.now() + 10 * year - 40 * 86_400_000,
      randomBytes: (length) => new Uint8Array(length),
    },
    (code, detail) => void warnings.push(`${code}: ${detail}`),
  );
  expect(warnings).toEqual([
    expect.stringMatching(/^certificate\/ends: certificate of the client authority ends \S+; hold/),
    expect.stringMatching(/^certificate\/ends: certificate of the server authority ends/),
  ]);
  await opened.authorities.close();
});
