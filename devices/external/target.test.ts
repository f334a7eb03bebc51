import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  makeServiceFolder,
  serveHere,
  type ServedHere,
  type ServiceFolder,
} from '../../reference/appliance/service/testing/world.ts';
import type { Operator } from '../person/operator.ts';
import { TargetFileError, TargetUnavailable } from './problem.ts';
import { loadTargetFile } from './target.ts';

const silent = join(import.meta.dirname, 'testing/silent-phones.ts');
const nobody: Operator = { ask: () => Promise.reject(new Error('nobody is here')) };

let [place, other]: (ServiceFolder | undefined)[] = [];
let served: ServedHere | undefined;
let folder = '';
beforeAll(async () => {
  [place, other] = await Promise.all([makeServiceFolder(), makeServiceFolder()]);
  served = await serveHere(place);
  folder = mkdtempSync(join(tmpdir(), 'target-'));
});
afterAll(async () => {
  await served?.service.stop();
  place?.remove();
  other?.remove();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  delete process.env['TRIAL_PASSWORD'];
});

interface Change {
  readonly more?: string;
  readonly phones?: string;
  readonly capture?: string;
  readonly trust?: string;
  readonly sip?: number;
}

const load = (change: Change = {}) => {
  const { more = '', phones = '', capture = '{ from: interface, name: lo }', sip } = change;
  const ports = served?.service.ports;
  const trust = join(change.trust ?? place?.folder ?? '', 'authorities');
  const file = join(folder, 'target.yaml');
  writeFileSync(
    file,
    `name: trial
appliance:
  kind: external
  sip: { host: 127.0.0.1, port: ${sip ?? ports?.sip} }
  registration: { host: 127.0.0.1, port: ${ports?.registration} }
  relay: { host: 127.0.0.1, first: 20000, last: 20099 }
  trust: { root: ${trust}/root.pem, clientAuthority: ${trust}/client-authority.pem, serverAuthority: ${trust}/server-authority.pem }
  tokens: { from: operator }
  capture: ${capture}
${more}
${phones}`,
  );
  return loadTargetFile(file, nobody);
};

describe('an external target', () => {
  it('says where it stands, and claims only what its file gives', async () => {
    const target = await load();
    expect(target.external).toEqual({
      interface: 'lo',
      address: '127.0.0.1',
      hosts: ['127.0.0.1'],
      capture: { from: 'interface' },
      reach: expect.any(Function),
    });
    expect([...target.capabilities].toSorted()).toEqual(
      [
        'alter-stored-files',
        'call',
        'enrol',
        'export-stored-files',
        'hold',
        'key-agreement-log',
        'media-keys',
        'read-token',
        'show-identifiers',
        'tls-key-log',
      ].toSorted(),
    );
    // A person types the tokens in.
    expect(target.activityLimit).toBeGreaterThan(60_000);
  });

  it('has the capabilities of each way that its file names', async () => {
    const more = `  revocation: { by: command, revoke: [a, '{number}'], release: [b, '{number}'] }
  refusals: { command: [cat, log] }
  firewall: { command: [nft] }`;
    const { capabilities } = await load({ more });
    expect(
      ['revoke', 'refusal-log', 'show-firewall'].map((each) =>
        [...capabilities].includes(each as never),
      ),
    ).toEqual([true, true, true]);
  });

  it('of a mixed pair has keys by the phone that logs them, and screens only where both have', async () => {
    const phones = `phones: { bob: { kind: file, path: ${silent} }, carol: person }\n`;
    const { capabilities } = await load({ phones, more: '  refusals: { command: [cat, log] }' });
    expect([...capabilities].toSorted()).toEqual(
      [
        'call',
        'enrol',
        'hold',
        'key-agreement-log',
        'media-keys',
        'read-token',
        'show-identifiers',
        'tls-key-log',
      ].toSorted(),
    );
  });

  it('gives the account of its page, with the password of a file or a variable', async () => {
    const page = (password: string) =>
      `  administration: { host: 127.0.0.1, port: 8443, trust: ${place?.folder}/authorities/root.pem, account: eva, password: ${password} }`;
    writeFileSync(join(folder, 'password'), 'from a file\nmore\n');
    process.env['TRIAL_PASSWORD'] = 'from a variable';
    const passwords = ['{ file: password }', '{ environment: TRIAL_PASSWORD }'].map(
      async (password) => {
        const target = await load({ more: page(password) });
        const site = { folder: async () => folder, address: () => '127.0.0.1', ownsHost: false };
        return (await (await target.startAppliance(site)).administration?.())?.password;
      },
    );
    expect([await passwords[0], await passwords[1]]).toEqual(['from a file', 'from a variable']);
    delete process.env['TRIAL_PASSWORD'];
    await expect(load({ more: page('{ environment: TRIAL_PASSWORD }') })).rejects.toThrow(
      /appliance\.administration\.password: the variable TRIAL_PASSWORD is not set; put the password there/,
    );
  });

  it('is not contacted before somebody asks for it, so that it can be authorised first', async () => {
    let connections = 0;
    const server = createServer(() => (connections += 1)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.on('connection', (socket) => socket.destroy());
    const { external } = await load({ sip: port });
    expect(connections).toBe(0);
    await external?.reach().catch(() => undefined);
    expect(connections).toBe(1);
    server.close();
  });

  it('that does not answer is named, and is no fault of the file', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const reaching = (await load({ sip: port })).external?.reach();
    await expect(reaching).rejects.toThrow(TargetUnavailable);
    await expect(reaching).rejects.toThrow(
      `target, SIP service at 127.0.0.1:${port}: it cannot be reached (ECONNREFUSED); start it, or mend the address`,
    );
  });

  it('with the trust of another appliance is refused before anything is done', async () => {
    const { external } = await load({ trust: other?.folder ?? '' });
    await expect(external?.reach()).rejects.toThrow(
      /(SIP|registration) service at \S+: its certificate does not lead to the trust of the target's file/,
    );
  });

  it.each([
    [
      'an interface that is not there',
      { capture: '{ from: interface, name: none9 }' },
      /appliance\.capture\.name: there is no interface none9/,
    ],
    [
      'a module that is not there',
      { phones: 'phones: { bob: { kind: file, path: none.ts } }\n' },
      /phones\.bob\.path: none\.ts cannot be read \(ENOENT\)/,
    ],
    [
      'a module of something else',
      { phones: `phones: { bob: { kind: file, path: ${import.meta.dirname}/problem.ts } }\n` },
      /exports no startPhone\(site, name, appliance\) beside a Set named capabilities/,
    ],
    [
      'a module of another language',
      { phones: 'phones: { bob: { kind: file, path: bob.py } }\n' },
      /bob\.py is no TypeScript or JavaScript file/,
    ],
  ])('%s is refused by field', async (_what, change, line) => {
    const loading = load(change);
    await expect(loading).rejects.toThrow(TargetFileError);
    await expect(loading).rejects.toThrow(line);
  });

  it('of a person’s phone against an appliance that only lives in the run is refused', async () => {
    const file = join(folder, 'reference.yaml');
    writeFileSync(file, 'name: x\nappliance: { kind: reference }\nphones: { bob: person }\n');
    await expect(loadTargetFile(file, nobody)).rejects.toThrow(
      /:3: phones: a person’s phone cannot/,
    );
  });
});
