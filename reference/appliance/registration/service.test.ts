import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parsePemChain } from '../../core/keystore/pem.ts';
import { createRequest } from '../../core/pki/request.ts';
import { newTestKey, type TestKey } from '../../core/pki/testing/hierarchy.ts';
import {
  createAuthorities,
  type Authorities,
  type ServerCredentials,
} from '../authorities/authorities.ts';
import {
  startRegistrationService,
  type RegistrationRefusal,
  type RegistrationService,
} from './service.ts';

const number = '+33612345678';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

describe('registration service', () => {
  let authorities: Authorities;
  let credentials: ServerCredentials;
  let service: RegistrationService;
  let key: TestKey;
  let csr: string;
  const texts: string[] = [];
  const refusals: RegistrationRefusal[] = [];

  const start = (port = 0): Promise<RegistrationService> =>
    startRegistrationService({
      host: '127.0.0.1',
      port,
      credentials,
      authorities,
      sms: { send: (_, text) => Promise.resolve(void texts.push(text)) },
      now: Date.now,
      randomBytes,
      onRefusal: (refusal) => refusals.push(refusal),
    });
  beforeAll(async () => {
    authorities = await createAuthorities({ now: Date.now, randomBytes });
    credentials = await authorities.issueServerCertificate(['127.0.0.1']);
    key = newTestKey();
    csr = await createRequest({ commonName: number, publicKey: key.spki, sign: key.sign });
  });
  beforeEach(async () => {
    texts.length = 0;
    refusals.length = 0;
    await (service as RegistrationService | undefined)?.close();
    service = await start();
  });
  afterAll(() => service.close());

  const tls = (changes: ConnectionOptions = {}): ConnectionOptions => ({
    ...service.endpoint,
    ca: [authorities.trust.root, authorities.trust.serverAuthority],
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: 'DHE-RSA-AES256-GCM-SHA384',
    ...changes,
  });
  const send = (
    path: string,
    body: string,
    { method = 'POST', type = 'application/json' } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = request({
        ...tls(),
        path,
        method,
        agent: false,
        headers: body === '' ? {} : { 'content-type': type },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            type: answer.headers['content-type'] ?? '',
            text,
          }),
        );
      });
      outgoing.end(body);
    });
  const post = (path: string, body: unknown): Promise<Answer> => send(path, JSON.stringify(body));
  const errorOf = (answer: Answer): unknown => {
    const body = JSON.parse(answer.text) as Record<string, unknown>;
    expect(Object.keys(body)).toEqual(['error', 'message']);
    return [answer.status, body['error']];
  };
  const begin = async (): Promise<{ readonly path: string; readonly token: string }> => {
    const answer = await post('/v1/enrolments', { number, csr });
    expect(answer.status).toBe(202);
    const { id } = JSON.parse(answer.text) as { readonly id: string };
    const token = /\b[0-9]{6}\b/.exec(texts.at(-1) ?? '')?.[0] ?? '';
    return { path: `/v1/enrolments/${id}/certificate`, token };
  };

  it('answers the chain of the certificate without the root, and repeats it', async () => {
    const { path, token } = await begin();
    const first = await post(path, { token });
    expect([first.status, first.type]).toEqual([201, 'application/pem-certificate-chain']);
    expect(parsePemChain(first.text, 'CERTIFICATE')).toEqual({
      ok: true,
      value: [expect.any(Uint8Array), authorities.clientAuthority.certificate],
    });
    expect(await post(path, { token })).toEqual(first);
  });

  it('kills the token after five wrong ones, and logs each without it', async () => {
    const { path, token } = await begin();
    const wrong = token === '000000' ? '000001' : '000000';
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(errorOf(await post(path, { token: wrong }))).toEqual([403, 'enrolment/token-wrong']);
    }
    expect(errorOf(await post(path, { token }))).toEqual([410, 'enrolment/token-dead']);
    expect(refusals.map(({ code }) => code)).toEqual([
      ...Array.from({ length: 5 }, () => 'enrolment/token-wrong'),
      'enrolment/token-dead',
    ]);
    expect(JSON.stringify(refusals)).not.toMatch(new RegExp(`"${token}"|"${wrong}"`));
  });

  it('refuses what is not a request of the interface', async () => {
    const at = '/v1/enrolments';
    const unknown = `${at}/${'0'.repeat(32)}/certificate`;
    expect(errorOf(await post(at, { number }))).toEqual([400, 'http/bad-request']);
    expect(errorOf(await post(at, { number, csr, extra: 1 }))).toEqual([400, 'http/bad-request']);
    expect(errorOf(await send(at, '{'))).toEqual([400, 'http/bad-request']);
    expect(errorOf(await send(at, '{}', { type: 'text/plain' }))).toEqual([415, 'http/media-type']);
    expect(errorOf(await post(at, { csr: 'x'.repeat(16_384) }))).toEqual([413, 'http/too-large']);
    expect(errorOf(await send(at, '', { method: 'GET' }))).toEqual([404, 'http/not-found']);
    expect(errorOf(await send('/', '', { method: 'GET' }))).toEqual([404, 'http/not-found']);
    expect(errorOf(await post(unknown, { token: '123456' }))).toEqual([404, 'enrolment/unknown']);
    expect(errorOf(await post(unknown, { token: '12345' }))).toEqual([400, 'http/bad-request']);
    expect(errorOf(await post(`${at}/x/certificate`, { token: '123456' }))).toEqual([
      404,
      'http/not-found',
    ]);
    expect(errorOf(await post(at, { number: '0612345678', csr }))).toEqual([
      400,
      'enrolment/number',
    ]);
    expect(texts).toEqual([]);
  });

  it('speaks the exact profile', async () => {
    const socket = connect(tls());
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).toBe('TLSv1.2');
    expect(socket.getCipher().name).toBe('DHE-RSA-AES256-GCM-SHA384');
    expect(socket.getEphemeralKeyInfo()).toMatchObject({ type: 'DH', size: 2048 });
    socket.destroy();
  });

  it.each<[string, ConnectionOptions]>([
    [
      'TLS 1.3 alone',
      { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384' },
    ],
    ['TLS 1.1 alone', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }],
    ['AES128 alone', { ciphers: 'DHE-RSA-AES128-GCM-SHA256' }],
    ['ECDHE alone', { ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' }],
    ['RSA key exchange alone', { ciphers: 'AES256-GCM-SHA384' }],
  ])('refuses a client that offers %s', async (_, changes) => {
    const socket = connect(tls(changes));
    const [error] = (await once(socket, 'error')) as [Error & { readonly code: string }];
    expect(error.code).toMatch(/^ERR_SSL_.*(VERSION|HANDSHAKE_FAILURE)/);
    expect(refusals).toEqual([expect.objectContaining({ code: 'tls/handshake' })]);
  });

  it('does not answer plain HTTP', async () => {
    const { host, port } = service.endpoint;
    const socket = connectTcp({ host, port });
    let answer = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
    expect(answer).not.toContain('HTTP/');
  });

  it('names a busy port in one line', async () => {
    const { port } = service.endpoint;
    const message = `registration service 127.0.0.1:${port}: the port is in use; choose another or stop the program that holds it`;
    await expect(start(port)).rejects.toThrow(message);
  });

  it('closes at once though a client is connected, and lets go of the port', async () => {
    const socket = connect(tls());
    await once(socket, 'secureConnect');
    const closed = once(socket, 'close');
    socket.on('error', () => {});
    const { port } = service.endpoint;
    await service.close();
    await closed;
    service = await start(port);
    expect(service.endpoint.port).toBe(port);
  });
});
