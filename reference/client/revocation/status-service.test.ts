import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createAuthorities,
  type Authorities,
  type ServerCredentials,
} from '../../appliance/authorities/authorities.ts';
import { serverTlsOptions } from '../../appliance/tls/server-options.ts';
import { newTestKey } from '../../core/pki/testing/hierarchy.ts';
import { parseCertificate, type Certificate } from '../../core/pki/certificate.ts';
import { issueCrl } from '../../core/pki/crl-issue.ts';
import { parseOcspRequest } from '../../core/pki/ocsp-request.ts';
import {
  createOcspError,
  createOcspResponse,
  type OcspStatus,
} from '../../core/pki/ocsp-response.ts';
import { createStatusService, noStatusService, type StatusService } from './status-service.ts';

const host = '127.0.0.1';
const day = 86_400_000;

type Answer = (request: IncomingMessage, response: ServerResponse, body: Uint8Array) => unknown;

const read = (der: Uint8Array): Certificate => {
  const parsed = parseCertificate(der);
  if (!parsed.ok) throw new Error(parsed.error.code);
  return parsed.value;
};

let authorities: Authorities;
let credentials: ServerCredentials;
let peer: Certificate;
let root: Certificate;
let clientAuthority: Certificate;
let serverAuthority: Certificate;
let server: Server;
/** What the service says to each path, and what it was asked. */
let answers: Record<string, Answer>;
let asked: string[];
let connections: number;
let reasons: string[];
const services: StatusService[] = [];

beforeAll(async () => {
  const random = (length: number) => new Uint8Array(randomBytes(length));
  authorities = await createAuthorities({ now: Date.now, randomBytes: random });
  peer = read(await authorities.issueClientCertificate('+33639980002', newTestKey().spki));
  credentials = await authorities.issueServerCertificate([host]);
  [root, clientAuthority, serverAuthority] = [
    read(authorities.root.certificate),
    read(authorities.clientAuthority.certificate),
    read(authorities.serverAuthority.certificate),
  ];
});

/** Answers like the appliance, with a difference. */
const ocsp =
  (status: OcspStatus, change: Partial<Parameters<typeof createOcspResponse>[0]> = {}): Answer =>
  async (_request, response, body) => {
    const request = parseOcspRequest(body);
    if (!request.ok) throw new Error(request.error.code);
    const at = Date.now();
    const { certificateIds, nonce } = request.value;
    const entries = certificateIds.map((certificateId) => ({
      certificateId,
      status,
      thisUpdate: at,
    }));
    const { sign } = authorities.clientAuthority;
    const order = { responder: clientAuthority, sign, producedAt: at, entries, nonce, ...change };
    response.setHeader('content-type', 'application/ocsp-response');
    response.end(await createOcspResponse(order));
  };

const rootList =
  (change: {
    readonly revokes?: Certificate;
    readonly ends?: number;
    readonly number?: bigint;
  }): Answer =>
  async (_request, response) => {
    const now = Date.now();
    const { revokes, ends = now + 30 * day, number = 5n } = change;
    const revoked = revokes
      ? [{ serial: revokes.serial, at: now, reason: 'cACompromise' as const }]
      : [];
    const { sign } = authorities.root;
    const dates = { thisUpdate: now - 1_000, nextUpdate: ends };
    response.setHeader('content-type', 'application/pkix-crl');
    response.end(await issueCrl({ issuer: root, sign, number, ...dates, revoked }));
  };

const status =
  (code: number): Answer =>
  (_request, response) =>
    response.writeHead(code).end();

beforeEach(async () => {
  answers = { '/v1/ocsp': ocsp({ kind: 'good' }), '/v1/crl/root.crl': rootList({}) };
  [asked, reasons, connections] = [[], [], 0];
  const tls = serverTlsOptions({
    ...credentials,
    clientTrust: [authorities.trust.root],
    requireClientCertificate: false,
  });
  server = createServer(tls, (request, response) => {
    void (async () => {
      const body = new Uint8Array(Buffer.concat(await request.toArray()));
      asked.push(request.url ?? '');
      await answers[request.url ?? '']?.(request, response, body);
    })();
  });
  server.on('secureConnection', () => (connections += 1));
  server.listen(0, host);
  await once(server, 'listening');
});
afterEach(async () => {
  for (const service of services.splice(0)) service.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  vi.useRealTimers();
});

const service = (change: { readonly port?: number; readonly deadline?: number } = {}) => {
  const { port = (server.address() as AddressInfo).port, deadline = 3_000 } = change;
  const made = createStatusService({
    connection: { endpoint: { host, port }, trust: authorities.trust },
    root,
    clientAuthority,
    serverAuthority,
    deadline,
    onUnavailable: (reason) => void reasons.push(reason),
  });
  services.push(made);
  return made;
};

describe('asking about a peer', () => {
  it.each([
    ['good', { kind: 'good' }],
    ['revoked', { kind: 'revoked', at: 0, reason: 'keyCompromise' }],
  ] as const)('hears "%s"', async (expected, said) => {
    answers['/v1/ocsp'] = ocsp(said);
    expect(await service().ask(peer)).toBe(expected);
    expect([asked, connections]).toEqual([['/v1/crl/root.crl', '/v1/ocsp'], 1]);
    expect(reasons).toEqual([]);
  });

  it('asks each time anew, with another nonce, and leaves no connection behind', async () => {
    const nonces = new Set<string>();
    answers['/v1/ocsp'] = (request, response, body) => {
      const parsed = parseOcspRequest(body);
      nonces.add(Buffer.from((parsed.ok && parsed.value.nonce) || []).toString('hex'));
      return ocsp({ kind: 'good' })(request, response, body);
    };
    const one = service();
    for (const _ of [1, 2, 3]) expect(await one.ask(peer)).toBe('good');
    expect([nonces.size, [...nonces].every((nonce) => nonce.length === 64)]).toEqual([3, true]);
    expect(asked.filter((path) => path === '/v1/crl/root.crl')).toHaveLength(1);
    const open = () =>
      new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    await vi.waitFor(async () => expect(await open()).toBe(0));
  });

  it('does not ask about what another authority issued', async () => {
    expect(await service().ask(serverAuthority)).toBe('not-consulted');
    expect(connections).toBe(0);
  });

  it('without a service there is no answer', async () => {
    const none = noStatusService((reason) => void reasons.push(reason));
    expect(await none.ask(peer)).toBe('unavailable');
    expect(reasons).toEqual(['no registration service is configured']);
  });
});

describe('an answer that tells nothing is none', () => {
  const bytes =
    (type: string, content: Uint8Array): Answer =>
    (_request, response) =>
      response.writeHead(200, { 'content-type': type }).end(content);
  const basic = 'application/ocsp-response';
  const hour = 3_600_000;

  it.each<[string, RegExp, () => Answer]>([
    ['an unknown certificate', /unknown/, () => ocsp({ kind: 'unknown' })],
    [
      'a nonce of another question',
      /ocsp-nonce/,
      () => ocsp({ kind: 'good' }, { nonce: new Uint8Array(32) }),
    ],
    ['no nonce', /ocsp-nonce/, () => ocsp({ kind: 'good' }, { nonce: undefined })],
    [
      'another authority’s signature',
      /ocsp-signature/,
      () => ocsp({ kind: 'good' }, { sign: authorities.serverAuthority.sign }),
    ],
    [
      'another authority',
      /ocsp-responder/,
      () => {
        const { sign } = authorities.serverAuthority;
        return ocsp({ kind: 'good' }, { responder: serverAuthority, sign });
      },
    ],
    [
      'an old answer',
      /ocsp-stale/,
      () => ocsp({ kind: 'good' }, { producedAt: Date.now() - hour }),
    ],
    ['tryLater', /ocsp-error/, () => bytes(basic, createOcspError('tryLater'))],
    ['noise', /refused/, () => bytes(basic, new Uint8Array(40))],
    ['another media type', /HTTP 200 "text\/plain"/, () => bytes('text/plain', new Uint8Array(4))],
    ['an answer too large', /too large/, () => bytes(basic, new Uint8Array(300_000))],
    ['HTTP 503', /HTTP 503/, () => status(503)],
    ['silence', /no answer within 400 ms/, () => () => undefined],
    ['a closed connection', /socket hang up/, () => (request) => request.socket.destroy()],
  ])('%s', async (_, reason, answer) => {
    answers['/v1/ocsp'] = answer();
    expect(await service({ deadline: 400 }).ask(peer)).toBe('unavailable');
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(reason);
    expect(reasons[0]).not.toContain('\n');
  });

  it('nobody there, and a service that does not lead to the server authority', async () => {
    const { port } = server.address() as AddressInfo;
    const other = service({ port });
    const trust = { ...authorities.trust, serverAuthority: authorities.trust.clientAuthority };
    const wary = createStatusService({
      connection: { endpoint: { host, port }, trust },
      root,
      clientAuthority,
      serverAuthority,
      onUnavailable: (reason) => void reasons.push(reason),
    });
    expect(await wary.ask(peer)).toBe('unavailable');
    expect(asked).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
    expect(await other.ask(peer)).toBe('unavailable');
    expect(reasons).toEqual([
      expect.stringMatching(/chain does not verify/),
      expect.stringMatching(/ECONNREFUSED/),
    ]);
    server.listen(0, host);
    await once(server, 'listening');
  });

  it('a phone that closes meanwhile waits for nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answers['/v1/ocsp'] = () => resolve();
    const one = service();
    const asking = one.ask(peer);
    await promise;
    one.close();
    expect(await asking).toBe('unavailable');
  });
});

describe('the list of the root', () => {
  const path = '/v1/crl/root.crl';

  it('that revokes the client authority makes every peer revoked, without a question', async () => {
    answers[path] = rootList({ revokes: clientAuthority });
    expect(await service().ask(peer)).toBe('revoked');
    expect(asked).toEqual([path]);
  });

  it.each<[string, RegExp, () => Answer]>([
    [
      'that revokes the server authority',
      /revoked the server/,
      () => rootList({ revokes: serverAuthority }),
    ],
    ['that is not there', /HTTP 404/, () => status(404)],
    ['that has ended', /crl-expired/, () => rootList({ ends: Date.now() - 5_000 })],
  ])('%s: no answer', async (_, reason, answer) => {
    answers[path] = answer();
    expect(await service().ask(peer)).toBe('unavailable');
    expect(reasons).toEqual([expect.stringMatching(reason)]);
    expect(asked).toEqual([path]);
  });

  it('is fetched again after a day; until its end the old one serves where no better comes', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const one = service();
    const lists = () => asked.filter((asking) => asking === path).length;
    expect([await one.ask(peer), lists()]).toEqual(['good', 1]);
    vi.setSystemTime(Date.now() + day + 1);
    answers[path] = rootList({ number: 4n, revokes: clientAuthority });
    expect([await one.ask(peer), lists()]).toEqual(['good', 2]);
    answers[path] = rootList({ number: 6n, revokes: clientAuthority });
    expect([await one.ask(peer), lists()]).toEqual(['revoked', 3]);
    vi.setSystemTime(Date.now() + 31 * day);
    answers[path] = status(500);
    expect(await one.ask(peer)).toBe('unavailable');
  });
});
