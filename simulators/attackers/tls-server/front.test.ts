import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../reference/core/bytes.ts';
import type { Endpoint } from '../endpoint.ts';
import { startTcpServer, type TestServer } from '../testing/tcp-server.ts';
import { clientFaults, type HonestClient } from '../tls-client/faults.ts';
import { overlongHeartbeat } from '../tls-client/heartbeat.ts';
import { attempt, secondHello, type Trial } from '../tls-client/trial.ts';
import { startTlsFront, type TlsFrontOptions } from './front.ts';
import { createHierarchy, type Hierarchy } from './hierarchy.ts';
import { serverFaults } from './server-faults.ts';

const host = '127.0.0.1';
const honest: HonestClient = {
  hello: { version: 0x0303, suites: [0x009f], host },
  identity: null,
  rogue: null,
};
let hierarchy: Hierarchy;
let service: TestServer;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  hierarchy = createHierarchy(host);
  service = await startTcpServer((socket) => {
    socket.on('data', () => socket.write('served\r\n'));
  });
  stops.push(() => service.stop());
});
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

const front = async (
  settings: Partial<TlsFrontOptions['settings']> = {},
  react?: TlsFrontOptions['react'],
): Promise<Endpoint> => {
  const started = await startTlsFront({
    host,
    settings: { ...serverFaults(hierarchy).right, ...settings },
    open: () => connect(service.endpoint),
    ...(react ? { react } : {}),
  });
  stops.push(() => started.close());
  return started.endpoint;
};
const trial = (endpoint: Endpoint, changes: Partial<Trial> = {}): Trial => ({
  endpoint,
  settings: { hello: honest.hello },
  request: () => utf8('hello\r\n'),
  deadlineMs: 5_000,
  quietMs: 150,
  ...changes,
});

describe('a front of the record level', () => {
  it('carries what comes inside TLS to the service and back', async () => {
    const endpoint = await front();
    const { outcome } = await attempt(trial(endpoint, { answers: 3 }));
    expect(outcome).toMatchObject({ established: true, answer: 'served', end: 'done' });
  });

  it('that looks at no public value is caught', async () => {
    const fault = clientFaults(honest).find(({ name }) => name === 'public-1');
    const { outcome } = await attempt(
      trial(await front(), fault ? { settings: fault.settings } : {}),
    );
    expect([fault?.name, outcome.answer]).toEqual(['public-1', 'served']);
  });

  it('that reuses its Diffie-Hellman value is caught', async () => {
    const exponent = new Uint8Array(randomBytes(64));
    const endpoint = await front({
      random: (length) => (length === 64 ? exponent : new Uint8Array(randomBytes(length))),
    });
    const values = [];
    for (let turn = 0; turn < 3; turn++)
      values.push((await attempt(trial(endpoint))).outcome.group?.publicValue);
    expect(new Set(values).size).toBe(1);
    expect(values[0]).toMatch(/^[0-9a-f]{500,}$/);
  });

  it('refuses whom its hooks refuse, with their alert, before its Finished', async () => {
    const endpoint = await front({
      hooks: { refusal: ({ publicValue }) => (publicValue === null ? null : 47) },
    });
    const { outcome } = await attempt(trial(endpoint));
    expect(outcome).toMatchObject({
      established: false,
      alerts: [{ level: 2, description: 47 }],
    });
  });

  it('turns a second ClientHello down', async () => {
    const endpoint = await front();
    const { outcome } = await attempt(
      trial(endpoint, {
        instead: {
          on: 'established',
          say: (client) => secondHello(client, honest.hello, 'bound'),
        },
      }),
    );
    expect(outcome).toMatchObject({ hellos: 1, alerts: [{ level: 1, description: 100 }] });
  });

  it('that answers heartbeats of false length is caught', async () => {
    const endpoint = await front({}, ({ kind }) =>
      kind === 'heartbeat' ? [{ ...overlongHeartbeat, type: 2 }] : [],
    );
    const { outcome } = await attempt(
      trial(endpoint, {
        instead: { on: 'established', say: (client) => client.say(overlongHeartbeat) },
      }),
    );
    expect(outcome.heartbeats).toBe(1);
  });
});
