import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApplianceStore } from '../store/contract.ts';
import { openStore } from '../store/open.ts';
import { administer } from './control-client.ts';
import { controlPath, openControlSocket, type ControlSocket } from './control.ts';
import type { Operation, OperationEvent } from './operations.ts';

const number = '+33639980001';
const by = 'shell:tester';

let folder: string;
let state: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'control-'));
  state = join(folder, 'state');
  openStore(state, Date.now()).close();
});
afterEach(() => rmSync(folder, { recursive: true }));

const eventsOf = async (operation: Operation): Promise<readonly OperationEvent[]> => {
  const events: OperationEvent[] = [];
  for await (const event of administer(state, operation, by)) events.push(event);
  return events;
};

const endOf = async (operation: Operation): Promise<string> => {
  const end = (await eventsOf(operation)).at(-1);
  return `${end?.kind}: ${end?.text}`;
};

const actionsIn = (store: ApplianceStore): readonly string[] =>
  [...store.audit.all()].map(({ actor, action }) => `${actor} ${action}`);

/** Everything that a shell can do, in a row. */
const doEverything = async (): Promise<void> => {
  expect(await endOf({ operation: 'revoke', number, reason: 'keyCompromise' })).toMatch(
    /^done: \+33639980001 is blocked: 0 certificates revoked, 0 pending enrolments ended; /,
  );
  expect(await endOf({ operation: 'revoke', number, reason: 'unspecified' })).toMatch(
    /was blocked already/,
  );
  expect(await endOf({ operation: 'revoke', number: '0639980001', reason: 'unspecified' })).toMatch(
    /^refused: number "0639980001": is no telephone number in E.164; write \+/,
  );
  expect(await eventsOf({ operation: 'list' })).toEqual([
    { kind: 'row', text: `{"number":"${number}","blocked":true,"certificates":0,"newest":null}` },
    { kind: 'done', text: '1 number' },
  ]);
  expect(await endOf({ operation: 'release', number })).toMatch(/^done: .* may enrol again/);
  expect(await endOf({ operation: 'release', number })).toMatch(/^refused: .* is not blocked; /);
  expect(await endOf({ operation: 'add', name: 'carol' })).toMatch(
    /^done: .*shown this once: (\w{4}-){4}\w{4}$/,
  );
  expect(await endOf({ operation: 'add', name: 'carol' })).toMatch(/^refused: .*exists already; /);
  expect(await endOf({ operation: 'reset-password', name: 'dave' })).toMatch(
    /^refused: .*none of that name; /,
  );
  expect(await endOf({ operation: 'reset-password', name: 'carol' })).toMatch(
    /^done: .*shown this once: /,
  );
  const copy = join(folder, 'copy');
  expect(await endOf({ operation: 'backup', folder: copy })).toMatch(/^done: .*copy: a whole copy/);
  await expect(
    endOf({ operation: 'backup', folder: copy }).then((end) => {
      throw new Error(end);
    }),
  ).rejects.toThrow(/copy: .*the folder is not empty; choose a new one/);
  const exported = await eventsOf({ operation: 'export' });
  expect(exported.length).toBeGreaterThan(10);
  for (const { kind, text } of exported)
    if (kind === 'row')
      expect(JSON.parse(text)).toEqual({ table: expect.any(String), row: expect.any(Object) });
  expect(JSON.stringify(exported)).not.toContain('scrypt$');
};

const audited = [
  'number/revoked',
  'number/released',
  'subscribers/listed',
  'administrator/added',
  'store/backed-up',
  'store/exported',
];

describe('discretio admin on the state of an appliance that does not run', () => {
  it('does the same, audited with the operator', async () => {
    expect(await endOf({ operation: 'revoke', number, reason: 'unspecified' })).toMatch(
      /is blocked: .*; lists are published when the appliance starts$/,
    );
    expect(await endOf({ operation: 'list' })).toBe('done: 1 number');
    const store = openStore(state, Date.now());
    expect(actionsIn(store)).toEqual([`${by} number/revoked`, `${by} subscribers/listed`]);
    expect(store.audit.verify()).toMatchObject({ ok: true });
    store.close();
  });

  it('is refused while another process holds the state without listening, and where there is none', async () => {
    const held = openStore(state, Date.now());
    await expect(eventsOf({ operation: 'list' })).rejects.toThrow(
      /another instance works on this state/,
    );
    held.close();
    rmSync(state, { recursive: true });
    await expect(eventsOf({ operation: 'list' })).rejects.toThrow(
      /there is no store here; check the folder/,
    );
  });
});

describe('discretio admin through a running appliance', () => {
  let store: ApplianceStore;
  let control: ControlSocket;
  let noted: string[];
  const open = (): Promise<ControlSocket> =>
    openControlSocket(
      state,
      {
        store,
        now: Date.now,
        randomBytes: (length) => new Uint8Array(randomBytes(length)),
        published: () => Promise.resolve(),
      },
      { administered: (operation, who, done) => void noted.push(`${who} ${operation} ${done}`) },
    );
  beforeEach(async () => {
    noted = [];
    store = openStore(state, Date.now());
    control = await open();
  });
  afterEach(async () => {
    await control.close();
    store.close();
  });

  const say = async (...bytes: readonly (string | Uint8Array)[]): Promise<string> => {
    const socket = connect(controlPath(state));
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    for (const each of bytes) socket.write(each);
    socket.end();
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    return answer;
  };

  it('does everything, audited and logged with the operator, without a secret', async () => {
    await doEverything();
    const actions = actionsIn(store);
    for (const action of audited) expect(actions).toContain(`${by} ${action}`);
    expect(noted).toContain(`${by} revoke true`);
    expect(noted).toContain(`${by} backup false`);
  });

  it('can be asked by the service’s own user alone', () => {
    expect(statSync(controlPath(state)).mode & 0o777).toBe(0o600);
  });

  it('takes the place of a socket that a killed process left', async () => {
    await control.close();
    writeFileSync(controlPath(state), '');
    control = await open();
    expect(await endOf({ operation: 'list' })).toBe('done: 0 numbers');
  });

  it('needs a folder that nobody else can write and whose path is short', async () => {
    await control.close();
    chmodSync(state, 0o770);
    await expect(open()).rejects.toThrow(/other users may write in it \(mode 770\); chmod 0700/);
    chmodSync(state, 0o700);
    const long = join(folder, 'x'.repeat(100));
    await expect(
      openControlSocket(long, {} as Parameters<typeof openControlSocket>[1], {
        administered: () => undefined,
      }),
    ).rejects.toThrow(/its path is too long for a socket/);
    control = await open();
  });

  it.each([
    '{}\n',
    'x\n',
    '{"by":"a","operation":{"operation":"drop"}}\n',
    '{"by":"a\\u0000b","operation":{"operation":"list"}}\n',
    '{"by":"a","operation":{"operation":"add","name":"../../x"}}\n',
    '{"by":"a","operation":{"operation":"list"},"more":1}\n',
  ])('refuses what is no request: %j', async (text) => {
    expect(JSON.parse(await say(text))).toEqual({
      kind: 'refused',
      text: 'the request is malformed; use discretio admin of the same version',
    });
    expect(actionsIn(store)).toEqual([]);
  });

  it('reads no endless request', async () => {
    expect(await say('x'.repeat(200_000))).toBe('');
    expect(await endOf({ operation: 'list' })).toBe('done: 0 numbers');
  });

  test.prop([fc.uint8Array({ maxLength: 300 })], { numRuns: 20 })(
    'survives any bytes',
    async (bytes) => {
      await say(bytes, '\n');
      expect(statSync(controlPath(state)).isSocket()).toBe(true);
    },
  );
});
