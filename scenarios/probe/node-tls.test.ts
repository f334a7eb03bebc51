import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { serverTlsOptions, type ServerTls } from '../../reference/appliance/tls/server-options.ts';
import { exactTlsProfile } from '../../reference/core/tls/profile.ts';
import {
  listen,
  startTcpServer,
  type TestServer,
} from '../../simulators/attackers/testing/tcp-server.ts';
import { judgeProbe } from './judge.ts';
import { authorities, identity, kindsOf, observed, probe } from './testing/servers.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});
const kept = async (starting: Promise<TestServer>) => {
  const server = await starting;
  stops.push(server.stop);
  return server.endpoint;
};

const { trust } = authorities;
const reference = (changes: Partial<ServerTls> = {}) =>
  serverTlsOptions({
    privateKey: authorities.server.key,
    certificateChain: authorities.server.chain,
    clientTrust: [trust.root, trust.clientAuthority],
    requireClientCertificate: false,
    ...changes,
  });

const sipServer = (changes: Partial<ServerTls>) =>
  kept(
    listen(
      createServer(reference(changes), (socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.write('SIP/2.0 405 Method Not Allowed\r\n\r\n'));
      }).on('tlsClientError', () => undefined),
    ),
  );
const all = (kind: string) => ({
  '5.1.a': kind,
  '5.1.b': kind,
  '5.1.c': kind,
  '5.1.k': kind,
  '6.1.a': kind,
});

describe('node:tls with the exact profile', () => {
  it('as SIP port: everything passes with a client certificate; without, only the inside is unseen', async () => {
    const endpoint = await sipServer({ requireClientCertificate: true });
    const having = await probe(endpoint, { identity });
    expect(kindsOf(having)).toEqual({ ...all('pass'), '2.1.d': 'pass' });
    expect(having.identifiedHandshake?.answerLine).toBe('SIP/2.0 405 Method Not Allowed');
    expect(having.features).toMatchObject({
      clientRenegotiation: { answer: 'no' },
      resumptionByTicket: { answer: 'no' },
      earlyChangeCipherSpec: { answer: 'no' },
      compression: { answer: 'no' },
    });
    const without = await probe(endpoint);
    expect(kindsOf(without)).toEqual({ ...all('pass'), '2.1.d': 'warn' });
    expect(without.anonymousHandshake).toMatchObject({ certificateRequested: true });
  });

  it('as registration port', async () => {
    const server = createHttpsServer(reference(), (_request, response) => response.end('enrol'));
    const endpoint = await kept(listen(server.on('tlsClientError', () => undefined)));
    const facts = await probe(endpoint, {
      service: 'registration',
      authorities: [new X509Certificate(trust.root)],
    });
    expect(new Set(Object.values(kindsOf(facts)))).toEqual(new Set(['pass']));
    expect(facts.certificates.leadsToAuthority).toBe(true);
    const stranger = [new X509Certificate(trust.clientAuthority)];
    const other = await probe(endpoint, { service: 'registration', authorities: stranger });
    expect(other.certificates.leadsToAuthority).toBe(false);
  });

  it('another suite beside it fails 5.1.k by name', async () => {
    const suites = [
      ...exactTlsProfile.suites,
      { name: 'ECDHE-RSA-AES256-GCM-SHA384', code: 0xc030 },
    ];
    const endpoint = await sipServer({ profile: { ...exactTlsProfile, suites } });
    const facts = await probe(endpoint);
    expect(judgeProbe(facts).find(({ claim }) => claim === '5.1.k')).toMatchObject({
      kind: 'fail',
      observed: 'TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
    });
  });

  it('renegotiation and tickets are seen when allowed', async () => {
    const profile = { ...exactTlsProfile, tickets: true, renegotiation: true };
    const facts = await probe(await sipServer({ profile }));
    expect(facts.features?.resumptionByTicket.answer).toBe('yes');
    expect(observed(facts, 'T10')).toHaveLength(2);
  });
});

describe('SIP and HTTP in clear', () => {
  it.each([
    ['sip', 'SIP/2.0 200 OK\r\n\r\n', '2.1.d', 'fail'],
    ['registration', 'HTTP/1.1 200 OK\r\n\r\n', '2.1.c', 'fail'],
    ['registration', 'HTTP/1.1 400 This is an HTTPS port\r\n\r\n', '2.1.c', 'pass'],
  ] as const)('%s answered %j', async (service, answer, claim, kind) => {
    const inside = service === 'sip' ? answer : 'HTTP/1.1 200 OK\r\n\r\n';
    const secure = createServer(reference(), (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(inside));
    }).on('tlsClientError', () => undefined);
    const endpoint = await kept(
      startTcpServer((socket) => {
        socket.once('data', (first) => {
          if (first[0] !== 22) return void socket.end(answer);
          socket.pause();
          socket.unshift(first);
          secure.emit('connection', socket);
        });
      }),
    );
    expect(kindsOf(await probe(endpoint, { service }))[claim]).toBe(kind);
  });
});
