import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cookieNames } from './cookies.ts';
import { securityHeaders } from './guard.ts';
import { startAdminService } from './service.ts';
import { tokenIn, type Visitor } from './testing/visitor.ts';
import { startAdminWorld, type AdminWorld } from './testing/world.ts';

let world: AdminWorld;
let alice: Visitor;
beforeAll(async () => {
  world = await startAdminWorld();
});
beforeEach(async () => {
  alice = await world.signedIn();
  world.refusals.length = 0;
});
afterAll(() => world.close());

describe('answers', () => {
  const hasHeaders = (headers: Readonly<Record<string, unknown>>): void => {
    for (const [name, value] of Object.entries(securityHeaders)) expect(headers[name]).toBe(value);
  };

  it('have a policy without scripts, foreign sources and frames', () => {
    expect(securityHeaders['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
  });

  it.each([
    ['GET', '/', 200],
    ['GET', '/audit/export.csv', 200],
    ['HEAD', '/', 200],
    ['GET', '/nothing', 404],
    ['GET', '/%zz', 400],
    ['GET', '/subscribers/nobody', 404],
    ['GET', '/certificates/0', 404],
    ['PUT', '/', 405],
    ['DELETE', '/subscribers', 405],
    ['POST', '/audit', 405],
    ['GET', '/sign-out', 405],
    ['HEAD', '/sign-out', 405],
    ['OPTIONS', '/', 405],
    ['TRACE', '/', 405],
    ['PROPFIND', '/', 404],
  ])('%s %s: %i with every header', async (method, path, status) => {
    const headers = { origin: `https://127.0.0.1:${world.service.endpoint.port}` };
    const answer = await alice.send(method, path, { headers });
    expect(answer.status).toBe(status);
    hasHeaders(answer.headers);
    expect(answer.headers['allow'] ?? '').toMatch(status === 405 ? /^(?:GET|POST)\b/ : /^$/);
    expect(answer.text).not.toMatch(/<script|javascript:| on[a-z]+=/i);
  });

  it.each([
    ['too large', 'x'.repeat(20_000), 'application/x-www-form-urlencoded', 413],
    ['of another type', '{}', 'application/json', 415],
    ['with a field twice', 'token=1&token=2', 'application/x-www-form-urlencoded', 400],
    [
      'with too many fields',
      Array.from({ length: 17 }, (_, index) => `f${index}=1`).join('&'),
      'application/x-www-form-urlencoded',
      400,
    ],
  ])('a body %s is refused', async (_, body, type, status) => {
    const answer = await alice.post('/language', body, { 'content-type': type });
    expect(answer.status).toBe(status);
    hasHeaders(answer.headers);
  });

  it('to what is no HTTP, too large a head or no host have every header too', async () => {
    const answerTo = async (bytes: string): Promise<string> => {
      const socket = connect({ ...world.service.endpoint, ...world.tls });
      await once(socket, 'secureConnect');
      socket.write(bytes);
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      await once(socket, 'close');
      return text;
    };
    const policy = `content-security-policy: ${securityHeaders['content-security-policy']}`;
    for (const [bytes, status] of [
      ['nonsense\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
      ['GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 421],
      ['GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nexpect: 7\r\nconnection: close\r\n\r\n', 417],
    ] as const) {
      const text = await answerTo(bytes);
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(text.toLowerCase()).toContain(policy.toLowerCase());
    }
  });

  it('tell nobody outside why the state failed, only its code', async () => {
    const failing = await startAdminWorld();
    try {
      const visitor = await failing.signedIn();
      failing.store.close();
      const answer = await visitor.get('/');
      expect(answer.status).toBe(503);
      expect(answer.text).toContain('store/closed');
      expect(failing.refusals.map(({ code }) => code)).toEqual(['admin/failed']);
    } finally {
      await failing.service.close();
    }
  });
});

describe('the transport', () => {
  const handshake = async (options: object): Promise<string> => {
    const socket = connect({ ...world.service.endpoint, ...world.tls, ...options });
    try {
      await once(socket, 'secureConnect');
      return `${socket.getProtocol()} ${socket.getCipher().name}`;
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'refused';
    } finally {
      socket.destroy();
    }
  };

  it('is TLS 1.3, or 1.2 with ECDHE and AEAD, and nothing else', async () => {
    expect(await handshake({})).toBe('TLSv1.3 TLS_AES_256_GCM_SHA384');
    const old = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };
    expect(await handshake(old)).toBe('TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384');
    for (const ciphers of [
      'DHE-RSA-AES256-GCM-SHA384',
      'ECDHE-RSA-AES256-SHA384',
      'AES256-GCM-SHA384',
    ])
      expect(await handshake({ ...old, ciphers })).toMatch(/^(?:ERR_SSL|ECONNRESET)/);
    expect(
      await handshake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
    ).toMatch(/^(?:ERR_SSL|ECONNRESET)/);
  });

  it('names the port that is in use', async () => {
    const { port } = world.service.endpoint;
    await expect(
      startAdminService({
        host: '127.0.0.1',
        port,
        credentials: await world.authorities.issueServerCertificate(['127.0.0.1']),
        store: world.store,
        live: { calls: () => [], registrations: () => [] },
        configuration: [],
        authorities: [],
        backupFolder: null,
        now: Date.now,
        randomBytes: (length) => new Uint8Array(length),
      }),
    ).rejects.toThrow(`administration service 127.0.0.1:${port}: the port is in use`);
  });

  it('cuts off who is slow and limits who asks too often', async () => {
    const strict = await startAdminWorld({
      limits: { request: 200, requestBurst: 3, requestRate: 0.001, signInBurst: 1 },
    });
    try {
      const socket = connect({ ...strict.service.endpoint, ...strict.tls });
      await once(socket, 'secureConnect');
      socket.write('POST /sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\n');
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      await once(socket, 'close');
      expect(text).toMatch(/^HTTP\/1.1 408 /);
      const visitor = strict.visitor();
      const form = { name: 'x', password: 'y' };
      expect((await visitor.post('/sign-in', form)).status).toBe(403);
      const limited = await visitor.post('/%73ign-in', form);
      expect([limited.status, limited.headers['retry-after']]).toEqual([429, '60']);
      expect((await visitor.get('/')).status).toBe(303);
      expect((await visitor.get('/')).status).toBe(429);
      expect(strict.refusals.map(({ code }) => code)).toEqual([
        'admin/form-token',
        'admin/sign-in-rate',
        'admin/rate',
      ]);
    } finally {
      await strict.close();
    }
  });
});

describe('the language', () => {
  it('follows the browser until it is chosen', async () => {
    const visitor = world.visitor();
    const french = { 'accept-language': 'fr-FR,fr;q=0.9' };
    const first = await visitor.get('/sign-in', french);
    expect(first.text).toContain('<html lang="fr">');
    expect(first.text).toContain('Se connecter');
    const next = '/sign-in?next=%2Faudit';
    const chosen = await visitor.post('/language', {
      token: tokenIn(first.text),
      language: 'en',
      next,
    });
    expect([chosen.status, chosen.location]).toEqual([303, next]);
    expect((await visitor.get('/sign-in', french)).text).toContain('<html lang="en">');
  });

  it('is never one that there is not', async () => {
    const { text } = await alice.get('/');
    const answer = await alice.post('/language', {
      token: tokenIn(text),
      language: 'xx"><b>',
      next: '/',
    });
    expect(answer.headers['set-cookie']).toBeUndefined();
    alice.cookies.set(cookieNames.language, '"><script>');
    expect((await alice.get('/')).text).toContain('<html lang="en">');
  });
});
