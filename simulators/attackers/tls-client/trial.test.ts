import { randomBytes } from 'node:crypto';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../reference/core/bytes.ts';
import { forgeAuthority, forgeClient, toPem } from '../certificate-forger.ts';
import type { Endpoint } from '../endpoint.ts';
import { listen, startTcpServer } from '../testing/tcp-server.ts';
import { startTlsFlood } from '../tls-flood.ts';
import { createHierarchy, type Hierarchy } from '../tls-server/hierarchy.ts';
import { startHostileServer } from '../tls-server/hostile-server.ts';
import { serverFaults } from '../tls-server/server-faults.ts';
import { createTlsServer } from '../tls-server/server.ts';
import type { ClientIdentity } from './client-model.ts';
import { clientFaults, clientOddities, type HonestClient } from './faults.ts';
import { overlongHeartbeat } from './heartbeat.ts';
import { attempt, secondHello, type RenegotiationBinding, type Trial } from './trial.ts';

const host = '127.0.0.1';
let hierarchy: Hierarchy;
let honest: HonestClient;
/** node:tls with what the target asks for. */
let strict: Endpoint;
/** The testbed's own server, which looks at nothing but the Finished. */
let lax: Endpoint;
const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

const nodeServer = async (renegotiates: boolean): Promise<Endpoint> => {
  const { server: own, trust } = hierarchy;
  const server = createServer(
    {
      key: own.key.export({ type: 'pkcs8', format: 'pem' }),
      cert: toPem('CERTIFICATE', own.certificate) + trust.serverAuthority,
      ca: [trust.root, trust.clientAuthority],
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      ciphers: 'DHE-RSA-AES256-GCM-SHA384',
      dhparam: 'auto',
      requestCert: true,
      // SSL_OP_NO_RENEGOTIATION
      secureOptions: renegotiates ? 0 : 0x4000_0000,
    },
    (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write('served\r\n'));
    },
  );
  server.on('tlsClientError', () => undefined);
  const { endpoint, stop } = await listen(server);
  stops.push(stop);
  return endpoint;
};

beforeAll(async () => {
  hierarchy = createHierarchy(host);
  const { clientAuthority } = hierarchy;
  const forged = forgeAuthority(clientAuthority.certificate);
  const of = (authority: typeof forged): ClientIdentity => {
    const { certificate, key } = forgeClient('+33639980138', authority.key, authority.certificate);
    return { chain: [certificate, authority.certificate], privateKey: key };
  };
  honest = {
    hello: { version: 0x0303, suites: [0x009f], host },
    identity: of(clientAuthority),
    rogue: of(forged),
  };
  strict = await nodeServer(false);
  const hostile = await startHostileServer(host, serverFaults(hierarchy).right);
  stops.push(() => hostile.close());
  lax = hostile.endpoint;
});

const options = () =>
  'OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TLS x;branch=z9hG4bKx\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n';
const trial = (endpoint: Endpoint, changes: Partial<Trial> = {}): Trial => ({
  endpoint,
  settings: { hello: honest.hello, ...(honest.identity ? { identity: honest.identity } : {}) },
  request: () => utf8(options()),
  deadlineMs: 5_000,
  quietMs: 150,
  ...changes,
});

describe('a sound server', () => {
  it('serves an honest client, and refuses every fault', async () => {
    const { outcome } = await attempt(trial(strict, { answers: 3 }));
    expect(outcome).toMatchObject({
      established: true,
      answer: 'served',
      certificateRequested: true,
    });
    expect(new Set(outcome.nonces).size).toBe(4);
    for (const { name, stage, settings } of clientFaults(honest)) {
      const { outcome: found } = await attempt(trial(strict, { settings }));
      expect([name, found.answer]).toEqual([name, null]);
      expect([name, stage === 'handshake' && found.established]).toEqual([name, false]);
      const refused = found.alerts.some(({ level }) => level === 2) || found.end === 'closed';
      expect([name, refused]).toEqual([name, true]);
    }
  });

  it('serves every oddity', async () => {
    for (const { name, settings } of clientOddities(honest)) {
      const { outcome } = await attempt(trial(strict, { settings }));
      expect([name, outcome.answer]).toEqual([name, 'served']);
    }
  });

  it('takes no further hello', async () => {
    for (const binding of ['bound', 'unbound', 'scsv', 'wrong-binding'] as const)
      expect((await attempt(renegotiating(strict, binding))).outcome).toMatchObject({
        hellos: 1,
        answer: 'served',
      });
  });
});

const renegotiating = (endpoint: Endpoint, binding: RenegotiationBinding): Trial =>
  trial(endpoint, {
    instead: { on: 'established', say: (client) => secondHello(client, honest.hello, binding) },
  });

describe('a server with a fault', () => {
  it.each([
    'public-0',
    'public-1',
    'public-p',
    'public-p-plus-1',
    'certificate-absent',
    'certificate-empty',
    'certificate-rogue',
    'verify-altered',
    'verify-omitted',
    'verify-other-key',
    'verify-other-transcript',
    'initial-hello-bound',
  ])('is caught by "%s"', async (name) => {
    const fault = clientFaults(honest).find((each) => each.name === name);
    const { outcome } = await attempt(trial(lax, fault ? { settings: fault.settings } : {}));
    expect([fault?.name, outcome.established, outcome.answer]).toEqual([
      name,
      true,
      'SIP/2.0 200 OK',
    ]);
  });

  it('is caught renegotiating', async () => {
    const { outcome } = await attempt(renegotiating(await nodeServer(true), 'bound'));
    expect(outcome.hellos).toBe(2);
  });

  it('is caught answering a heartbeat, in the handshake and after', async () => {
    const { server: own } = hierarchy;
    const { endpoint, stop } = await startTcpServer((socket) => {
      const machine = createTlsServer({
        ...serverFaults(hierarchy).right,
        privateKey: own.key,
        random: (length) => new Uint8Array(randomBytes(length)),
      });
      socket.on('data', (chunk) => {
        const { send, events } = machine.receive(chunk);
        socket.write(send);
        if (events.some(({ kind }) => kind === 'heartbeat'))
          socket.write(machine.say({ ...overlongHeartbeat, type: 2 }));
      });
    });
    stops.push(stop);
    for (const moment of ['server-hello-done', 'established'] as const) {
      const { outcome } = await attempt(
        trial(endpoint, {
          settings: {
            hello: { ...honest.hello, heartbeat: true },
            stopAtServerHelloDone: moment === 'server-hello-done',
          },
          instead: { on: moment, say: (client) => client.say(overlongHeartbeat) },
        }),
      );
      expect([moment, outcome.heartbeats]).toEqual([moment, 1]);
    }
  });
});

describe('a flood', () => {
  it('stands until it is stopped, or the server ends it', async () => {
    const flood = await startTlsFlood({ endpoint: strict, connections: 9, deadlineMs: 2_000 });
    expect(flood.counts()).toEqual({ opened: 9, ended: 0, open: 9 });
    flood.stop();
    await expect.poll(() => flood.counts().open).toBe(0);
    const closing = await startTcpServer((socket) => socket.destroy());
    const refused = await startTlsFlood({
      endpoint: closing.endpoint,
      connections: 3,
      deadlineMs: 2_000,
    });
    await expect.poll(() => refused.counts()).toEqual({ opened: 3, ended: 3, open: 0 });
    await closing.stop();
  });
});
