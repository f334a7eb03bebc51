import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttpGateway, type HttpGatewaySettings } from './http-gateway.ts';

const number = '+33612345678';
const text = `a "quoted" & <tagged> {number} 50% line\nbreak`;

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('HTTP gateway for texts', () => {
  let server: Server;
  let origin: string;
  let answer: { status: number; location?: string } | 'nothing';
  const seen: Seen[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        seen.push({
          method: request.method ?? '',
          url: request.url ?? '',
          headers: request.headers,
          body,
        });
        if (answer === 'nothing') return;
        const { status, location } = answer;
        response.writeHead(status, location === undefined ? {} : { location }).end('an answer');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    seen.length = 0;
    answer = { status: 202 };
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const gateway = (changes: Partial<HttpGatewaySettings> = {}) =>
    createHttpGateway({
      method: 'POST',
      url: `${origin}/send`,
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer {secret}' },
      body: '{"to":"{number}","message":"{text}"}',
      secret: 'k"e{text}y',
      ...changes,
    });

  it('fills JSON, header fields and nothing twice', async () => {
    await gateway().send(number, text);
    const [request] = seen;
    expect(request).toMatchObject({ method: 'POST', url: '/send' });
    expect(JSON.parse(request?.body ?? '')).toEqual({ to: number, message: text });
    expect(request?.headers.authorization).toBe('Bearer k"e{text}y');
  });

  it('fills form data', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    await gateway({ headers, body: 'to={number}&text={text}&from=Discretio' }).send(number, text);
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({
      to: number,
      text,
      from: 'Discretio',
    });
  });

  it('fills XML and plain text', async () => {
    await gateway({
      headers: { 'content-type': 'text/xml' },
      body: '<m to="{number}">{text}</m>',
    }).send(number, text);
    expect(seen[0]?.body).toBe(
      `<m to="${number}">a &quot;quoted&quot; &amp; &lt;tagged&gt; {number} 50% line\nbreak</m>`,
    );
    await gateway({ headers: { 'content-type': 'text/plain' }, body: '{number} {text}' }).send(
      number,
      text,
    );
    expect(seen[1]?.body).toBe(`${number} ${text}`);
  });

  it('fills a query by GET, and lets no value leave its place', async () => {
    const url = `${origin}/send/{number}?to={number}&text={text}`;
    await gateway({ method: 'GET', url, headers: {} }).send('+331/../../x?y#z', text);
    const asked = new URL(seen[0]?.url ?? '', origin);
    expect(asked.pathname).toBe('/send/%2B331%2F..%2F..%2Fx%3Fy%23z');
    expect([asked.searchParams.get('to'), asked.searchParams.get('text')]).toEqual([
      '+331/../../x?y#z',
      text,
    ]);
    expect(seen[0]).toMatchObject({ method: 'GET', body: '' });
  });

  it('lets no value add a header field', async () => {
    await gateway({ headers: { 'X-Text': '{text}' } }).send(number, 'one\r\nX-More: two ☎');
    expect(seen[0]?.headers).toMatchObject({ 'x-text': 'one  X-More: two' });
    expect(seen[0]?.headers['x-more']).toBeUndefined();
  });

  it.each([300, 302, 307, 308])(
    'refuses a redirect (%d) and does not follow it',
    async (status) => {
      answer = { status, location: `${origin}/elsewhere` };
      await expect(gateway().send(number, text)).rejects.toThrow(`redirects (HTTP ${status})`);
      expect(seen).toHaveLength(1);
    },
  );

  it.each([400, 401, 429, 500])(
    'rejects at HTTP %d, without text, number or secret',
    async (status) => {
      answer = { status };
      const failure = await gateway()
        .send(number, text)
        .catch((error: Error) => error.message);
      expect(failure).toBe(
        `SMS gateway ${origin}: HTTP ${status}; check the gateway and its settings`,
      );
    },
  );

  it('gives up after its deadline, and where nobody listens', async () => {
    answer = 'nothing';
    await expect(gateway({ deadline: 50 }).send(number, text)).rejects.toThrow(
      'no answer within 50 ms',
    );
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    await once(nobody, 'close');
    const url = `http://127.0.0.1:${port}/?key={secret}`;
    await expect(gateway({ url }).send(number, text)).rejects.toThrow(
      /^SMS gateway http:\/\/127[^?]+: cannot be reached; [^\n]+$/,
    );
  });

  it.each(['http://{number}.example/', 'ftp://x/', 'nonsense', 'https://user:pw@x/'])(
    'is not made for %s',
    (url) => {
      expect(() => gateway({ url })).toThrow(/^SMS gateway: the URL needs/);
    },
  );
});
