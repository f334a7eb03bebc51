import { X509Certificate } from 'node:crypto';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../../reference/core/bytes.ts';
import { freshKey } from '../certificate-forger.ts';
import type { Endpoint } from '../endpoint.ts';
import { createTestAuthorities, issueClient } from '../testing/authorities.ts';
import { hasOpenssl, startOpensslServer } from '../testing/openssl-server.ts';
import { listen } from '../testing/tcp-server.ts';
import type { ClientIdentity, ClientSettings } from './client-model.ts';
import { converse, type Conversation, type ConversationScript } from './conversation.ts';
import type { HelloSettings } from './hello.ts';

const authorities = createTestAuthorities();
const key = freshKey();
const identity: ClientIdentity = {
  chain: [issueClient(authorities, '+33612345678', key), authorities.clientAuthority.certificate],
  privateKey: key,
};
const reason = hasOpenssl ? '' : ' (skipped: no openssl program)';
const exact = ['-tls1_2', '-cipher', 'DHE-RSA-AES256-GCM-SHA384'] as const;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});
const openssl = async (...options: readonly string[]): Promise<Endpoint> => {
  const server = await startOpensslServer(authorities, options);
  stops.push(server.stop);
  return server.endpoint;
};
const node = async (
  options: TlsOptions = {},
  serve: (socket: TLSSocket) => void = (socket) => void socket.pipe(socket),
): Promise<Endpoint> => {
  const server = await listen(
    createServer(
      {
        key: authorities.server.key,
        cert: authorities.server.chain,
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
        ciphers: 'DHE-RSA-AES256-GCM-SHA384',
        dhparam: 'auto',
        ...options,
      },
      (socket) => {
        socket.on('error', () => undefined);
        serve(socket);
      },
    ).on('tlsClientError', () => undefined),
  );
  stops.push(server.stop);
  return server.endpoint;
};

const hello = (changes: Partial<HelloSettings> = {}): HelloSettings => ({
  version: 0x0303,
  suites: [0x009f],
  host: '127.0.0.1',
  ...changes,
});
const untilEstablished: ConversationScript = ({ kind }) =>
  kind === 'established' ? 'done' : new Uint8Array(0);
const talk = (
  endpoint: Endpoint,
  settings: Partial<Omit<ClientSettings, 'random'>> = {},
  script: ConversationScript = untilEstablished,
): Promise<Conversation> =>
  converse({ endpoint, settings: { hello: hello(), ...settings }, deadlineMs: 3_000, script });
const kinds = ({ events }: Conversation): readonly string[] => events.map(({ kind }) => kind);
const alerts = ({ events }: Conversation) =>
  events.flatMap((event) => (event.kind === 'alert' ? [event.description] : []));

const echo: ConversationScript = (event, client) => {
  if (event.kind === 'established')
    return client.say({ kind: 'application-data', bytes: utf8('hello over the wire') });
  return event.kind === 'application-data' ? 'done' : new Uint8Array(0);
};

describe('a whole handshake with node:tls', () => {
  it.each([true, false])('carries data both ways, extended master secret %s', async (extended) => {
    const found = await talk(
      await node(),
      { hello: hello({ extendedMasterSecret: extended }) },
      echo,
    );
    expect(kinds(found)).toEqual([
      'server-hello',
      'server-hello-done',
      'established',
      'application-data',
    ]);
    expect(found.seen.negotiatedExtendedMasterSecret).toBe(extended);
    expect(found.seen.parametersSigned).toBe(true);
    expect(found.seen.certificates).toHaveLength(2);
    const data = found.events.find((event) => event.kind === 'application-data');
    expect(latin1(data?.bytes ?? new Uint8Array(0))).toBe('hello over the wire');
  });

  it('shows its certificate and proves its key where one is required', async () => {
    const subjects: string[] = [];
    const ca = [authorities.trust.root, authorities.trust.clientAuthority];
    const endpoint = await node({ requestCert: true, rejectUnauthorized: true, ca }, (socket) => {
      subjects.push(new X509Certificate(socket.getPeerCertificate().raw).subject);
      socket.pipe(socket);
    });
    const found = await talk(endpoint, { identity }, echo);
    expect(kinds(found)).toContain('application-data');
    expect(subjects).toEqual(['CN=\\+33612345678']);
    expect(found.seen.certificateRequest?.authorities.length).toBeGreaterThan(0);
    const without = await talk(endpoint, {}, echo);
    expect(kinds(without)).not.toContain('application-data');
  });

  it('carries a message longer than one record', async () => {
    const length = 40_000;
    let received = 0;
    const found = await talk(await node(), {}, (event, client) => {
      if (event.kind === 'established')
        return client.say({ kind: 'application-data', bytes: new Uint8Array(length).fill(65) });
      if (event.kind === 'application-data') received += event.bytes.length;
      return received >= length ? 'done' : new Uint8Array(0);
    });
    expect(found.end).toEqual({ kind: 'done' });
    expect(received).toBe(length);
  });
});

describe.skipIf(!hasOpenssl)(`a whole handshake with openssl s_server${reason}`, () => {
  it.each([
    ['-serverpref'],
    ['-no_ticket'],
    ['-sigalgs', 'RSA-PSS+SHA256'],
    ['-sigalgs', 'RSA+SHA512'],
  ])('completes with %s', async (...options) => {
    const found = await talk(await openssl(...exact, ...options));
    expect(found.end).toEqual({ kind: 'done' });
    expect(kinds(found)).toContain('established');
    expect(found.session?.master).toHaveLength(48);
  });

  it('completes with a certificate that the server requires, and is refused without', async () => {
    const endpoint = await openssl(...exact, '-Verify', '3');
    expect(kinds(await talk(endpoint, { identity }))).toContain('established');
    const without = await talk(endpoint);
    expect(kinds(without)).not.toContain('established');
    expect(alerts(without)).toEqual([40]);
  });

  it('resumes by identifier and by ticket', async () => {
    for (const options of [['-no_ticket'], []]) {
      const endpoint = await openssl(...exact, ...options);
      const ticket = options.length === 0 ? { ticket: new Uint8Array(0) } : {};
      const first = await talk(endpoint, { hello: hello(ticket) });
      const { session } = first;
      expect(session).not.toBeNull();
      if (!session) continue;
      expect(session.ticket === null).toBe(options.length > 0);
      const second = await talk(endpoint, {
        hello: hello(
          session.ticket ? { ticket: session.ticket } : { sessionId: session.sessionId },
        ),
        resume: session,
      });
      expect(second.events.at(-1)).toEqual({ kind: 'established', resumed: true });
    }
  });

  it('reads the flight of other suites and versions without completing', async () => {
    const all = ['-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'];
    const endpoint = await openssl(...all);
    const read = (version: number, suite: number) =>
      talk(endpoint, { hello: hello({ version, suites: [suite] }) }, ({ kind }) =>
        kind === 'server-hello-done' ? 'done' : new Uint8Array(0),
      );
    expect((await read(0x0301, 0x0039)).seen.keyExchange?.kind).toBe('dh');
    expect((await read(0x0302, 0xc014)).seen.keyExchange?.kind).toBe('ecdh');
    const anonymous = await read(0x0303, 0x00a7);
    expect(anonymous.seen.keyExchange).toMatchObject({ kind: 'dh', signed: null });
    expect(anonymous.seen.certificates).toEqual([]);
    expect((await read(0x0303, 0x009d)).seen.keyExchange).toBeNull();
  });
});

describe('faults put in by hooks', () => {
  it('a wrong Finished is refused, and the same run without it completes', async () => {
    const endpoint = await node();
    const found = await talk(endpoint, {
      hooks: {
        outgoing: (message) =>
          message.kind === 'finished'
            ? [{ ...message, verifyData: message.verifyData.map((byte) => byte ^ 1) }]
            : [message],
      },
    });
    expect(kinds(found)).not.toContain('established');
    expect(alerts(found)).toEqual([51]);
    expect(kinds(await talk(endpoint))).toContain('established');
  });

  it('a flipped tag, an altered nonce and another premaster are refused as bad records', async () => {
    const endpoint = await node();
    const faults: readonly NonNullable<ClientSettings['hooks']>[] = [
      {
        sealed: (bytes, { protection }) =>
          protection === null
            ? bytes
            : bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)),
      },
      {
        record: (record) =>
          record.protection === null
            ? [record]
            : [{ ...record, protection: { ...record.protection, sequence: 9n } }],
      },
      { premaster: (secret) => secret.map((byte) => byte ^ 1) },
    ];
    for (const hooks of faults) expect(alerts(await talk(endpoint, { hooks }))).toEqual([20]);
  });

  it('a message left out is refused as unexpected', async () => {
    const found = await talk(await node(), {
      hooks: {
        outgoing: (message) => (message.kind === 'client-key-exchange' ? [] : [message]),
      },
    });
    expect(alerts(found)).toEqual([10]);
  });
});
