import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import { constants } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createAuthorities,
  type Authorities,
} from '../../reference/appliance/authorities/authorities.ts';
import type { Endpoint } from './endpoint.ts';
import { closedEndpoint, listen, type TestServer } from './testing/tcp-server.ts';
import { requestPage, type WebRequest } from './web-client.ts';
import { floodRegistration } from './web-flood.ts';

let authorities: Authorities;
let strict: TestServer;
let old: TestServer;
const host = '127.0.0.1';

const server = async (options: object): Promise<Server> => {
  const { privateKey, certificateChain } = await authorities.issueServerCertificate([host]);
  return createServer(
    { key: privateKey, cert: certificateChain, ...options },
    (request, response) => {
      if (request.url === '/never') return;
      response.setHeader('set-cookie', ['a=1', 'b=2; Secure']);
      response.writeHead(request.method === 'POST' ? 429 : 200).end('päge');
    },
  );
};

beforeAll(async () => {
  const bytes = (length: number) => new Uint8Array(randomBytes(length));
  authorities = await createAuthorities({ now: Date.now, randomBytes: bytes });
  strict = await listen(await server({ minVersion: 'TLSv1.2' }));
  old = await listen(
    await server({
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
      secureOptions: constants.SSL_OP_NO_TICKET,
    }),
  );
});
afterAll(async () => {
  await strict.stop();
  await old.stop();
});

const ask = (endpoint: Endpoint, more: Partial<WebRequest> = {}) =>
  requestPage({
    endpoint,
    trust: authorities.trust.root,
    method: 'GET',
    path: '/',
    headers: {},
    deadlineMs: 5_000,
    ...more,
  });

describe('a request for a page', () => {
  it('gives the page with what the connection was', async () => {
    expect(await ask(strict.endpoint)).toEqual({
      kind: 'answered',
      status: 200,
      location: null,
      setCookies: ['a=1', 'b=2; Secure'],
      body: 'päge',
      protocol: 'TLSv1.3',
      suite: 'TLS_AES_256_GCM_SHA384',
    });
    expect(await ask(strict.endpoint, { version: 'TLSv1.2' })).toMatchObject({
      protocol: 'TLSv1.2',
    });
  });

  it('can offer an old version: spoken where it is, refused by its alert where it is not', async () => {
    expect(await ask(old.endpoint, { version: 'TLSv1.1' })).toMatchObject({ protocol: 'TLSv1.1' });
    expect(await ask(strict.endpoint, { version: 'TLSv1.1' })).toEqual({
      kind: 'failed',
      reason: 'TLS alert 70',
    });
  });

  it('refuses a page of other authorities, names a closed port, and meets its deadline', async () => {
    const bytes = (length: number) => new Uint8Array(randomBytes(length));
    const others = await createAuthorities({ now: Date.now, randomBytes: bytes });
    expect(await ask(strict.endpoint, { trust: others.trust.root })).toMatchObject({
      kind: 'failed',
    });
    expect(await ask(await closedEndpoint())).toEqual({ kind: 'failed', reason: 'ECONNREFUSED' });
    expect(await ask(strict.endpoint, { path: '/never', deadlineMs: 100 })).toEqual({
      kind: 'deadline',
    });
  });
});

describe('a flood', () => {
  it('counts its answers, and the failures where nobody answers', async () => {
    const registration = await closedEndpoint();
    const { trust } = authorities;
    const order = { number: '+33639980053', parallel: 2, duration: 20 };
    const found = await floodRegistration({ ...order, target: { registration, trust } });
    expect(Object.keys(found.answers)).toEqual(['failed']);
    expect(found.answers['failed']).toBeGreaterThanOrEqual(2);
  });
});
