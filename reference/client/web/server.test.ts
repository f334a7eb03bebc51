import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectTo } from 'node:net';
import { relative, join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { buildScreen, screenSources } from './build.ts';
import { createHandset, type Handset } from './handset.ts';
import { serveScreen, type ScreenServer } from './server.ts';
import { takenOver, type ScreenMessage } from './view.ts';

const folder = mkdtempSync(join(tmpdir(), 'discretio-screen-'));
const nowhere = { host: '127.0.0.1', port: 1 };
const trust = { root: '', clientAuthority: '', serverAuthority: '' };
const number = '+33639985001';

let handset: Handset;
let server: ScreenServer;
/** The addresses that were told as next. */
const told: string[] = [];
beforeAll(async () => {
  const settings = { sip: nowhere, registration: nowhere, trust, folder, host: '127.0.0.1' };
  handset = await createHandset({
    settings,
    logs: { refusal: () => undefined },
    suggestedNumber: number,
  });
  server = await serveScreen(handset, { onOpened: (url) => told.push(url) });
}, 60_000);
afterAll(async () => {
  await server.close();
  await handset.stop();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { port } = server;
    const outgoing = request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
      );
    });
    outgoing.on('error', reject).end();
  });

/** Opens the screen with its key, as a browser does. */
const open = async (): Promise<{ readonly path: string; readonly cookie: string }> => {
  const { headers } = await get(new URL(server.url).pathname + new URL(server.url).search);
  const [setCookie] = headers['set-cookie'] ?? [];
  return { path: String(headers['location']), cookie: setCookie?.split(';')[0] ?? '' };
};

const connect = (path: string, headers: Readonly<Record<string, string>>): WebSocket =>
  new WebSocket(`ws://127.0.0.1:${server.port}${path}socket`, { headers });

const origin = (): string => `http://127.0.0.1:${server.port}`;

/** The status with which a WebSocket is refused. */
const refusalOf = async (socket: WebSocket): Promise<number | undefined> => {
  socket.on('error', () => undefined);
  const [, answer] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { readonly statusCode?: number },
  ];
  return answer.statusCode;
};

const messageOf = async (socket: WebSocket): Promise<ScreenMessage> => {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return JSON.parse(data.toString('utf8'));
};

describe('the address of a screen', () => {
  it('leads to a page of its own with a cookie for that page alone', async () => {
    const answer = await get(`/?key=${new URL(server.url).searchParams.get('key')}`);
    expect(answer.status).toBe(303);
    const path = String(answer.headers['location']);
    expect(path).toMatch(/^\/s\/[0-9a-f]{64}\/$/);
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(
        new RegExp(
          `^discretio-phone-${path.slice(3, 19)}=[0-9a-f]{64}; Path=${path}; HttpOnly; SameSite=Strict$`,
        ),
      ),
    ]);
  });

  it('opens once: who finds it afterwards needs the next, which is told', async () => {
    const old = new URL(server.url);
    expect((await get(`/${old.search}`, { 'sec-purpose': 'prefetch' })).status).toBe(403);
    const { path, cookie } = await open();
    expect(told.at(-1)).toBe(server.url);
    expect(server.url).not.toBe(old.href);
    expect((await get(`/${old.search}`)).status).toBe(403);
    for (const time of ['a reload', 'a second tab'])
      expect((await get(path, { cookie })).status, time).toBe(200);
    expect((await open()).path).not.toBe(path);
    expect((await get(path, { cookie })).status).toBe(200);
  });

  it.each([
    ['without a key', '/'],
    ['with another key', `/?key=${'0'.repeat(64)}`],
    ['with two keys', `/?key=a&key=b`],
    ['with an empty key', '/?key='],
  ])('is refused %s', async (_, path) => {
    const { status, headers, text } = await get(path);
    expect({ status, cookie: headers['set-cookie'] }).toEqual({ status: 403, cookie: undefined });
    expect(text).toContain('Open the whole address');
  });

  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '[::2]'])(
    'is refused under the name %s',
    async (host) => {
      const { search } = new URL(server.url);
      const { status, headers } = await get(`/${search}`, { host });
      expect({ status, cookie: headers['set-cookie'] }).toEqual({ status: 403, cookie: undefined });
    },
  );

  it('answers as localhost, where adb reverse leads', async () => {
    const { search } = new URL(server.url);
    expect((await get(`/${search}`, { host: 'localhost:8123' })).status).toBe(303);
  });
});

describe('the page', () => {
  it('has no inline script, and a policy that lets it load nothing from elsewhere', async () => {
    const { path, cookie } = await open();
    const { status, headers, text } = await get(path, { cookie });
    expect(status).toBe(200);
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(text).not.toMatch(/\bon[a-z]+=|style=|https?:/);
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://127.0.0.1:${server.port}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(headers['referrer-policy']).toBe('no-referrer');
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(text)?.[1] ?? '';
    const answer = await get(`${path}${script}`, { cookie });
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(answer.text.length).toBeGreaterThan(10_000);
  });

  it('stays open beside cookies that another local server set for the whole machine', async () => {
    const { path, cookie } = await open();
    const other = `discretio-phone=${'0'.repeat(64)}; discretio-phone-0123456789abcdef=1`;
    expect((await get(path, { cookie: `${cookie}; ${other}` })).status).toBe(200);
    const [before] = cookie.split('=');
    expect(before).toBe(`discretio-phone-${path.slice(3, 19)}`);
  });

  it('is closed without its cookie, with the cookie of another page, and outside its files', async () => {
    const [one, other] = [await open(), await open()];
    expect((await get(one.path)).status).toBe(403);
    expect((await get(one.path, { cookie: other.cookie })).status).toBe(403);
    expect((await get(one.path, { cookie: `${one.cookie}; ${one.cookie}` })).status).toBe(403);
    expect((await get(`/s/${'0'.repeat(64)}/`, { cookie: one.cookie })).status).toBe(403);
    expect((await get(`${one.path}../../package.json`, one)).status).toBe(404);
    expect((await get(`${one.path}%2e%2e/package.json`, one)).status).toBe(404);
  });
});

describe('the WebSocket', () => {
  it('tells the screen to the page that opened it', async () => {
    const { path, cookie } = await open();
    const socket = connect(path, { cookie, origin: origin() });
    expect((await messageOf(socket)).screen).toMatchObject({ name: 'enrol', number });
    socket.terminate();
  });

  it.each([
    ['another origin', { origin: 'http://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['no page at all', {}],
    ['an opaque origin', { origin: 'null' }],
  ])('is refused to %s', async (_, headers) => {
    const { path, cookie } = await open();
    expect(await refusalOf(connect(path, { cookie, ...headers }))).toBe(403);
  });

  it('is refused without the cookie, for another page, and under another name', async () => {
    const [one, other] = [await open(), await open()];
    const own = { origin: origin() };
    expect(await refusalOf(connect(one.path, own))).toBe(403);
    expect(await refusalOf(connect(one.path, { ...own, cookie: other.cookie }))).toBe(403);
    const host = 'evil.example';
    const rebound = { host, origin: `http://${host}`, cookie: one.cookie };
    expect(await refusalOf(connect(one.path, rebound))).toBe(403);
  });

  it('has one page at a time: the newest takes the phone', async () => {
    const { path, cookie } = await open();
    const headers = { cookie, origin: origin() };
    const first = connect(path, headers);
    await messageOf(first);
    const second = connect(path, headers);
    const [[code]] = (await Promise.all([once(first, 'close'), messageOf(second)])) as [
      [number],
      unknown,
    ];
    expect(code).toBe(takenOver);
    second.terminate();
  });

  it('says in a code what went wrong, never with the password', async () => {
    const { path, cookie } = await open();
    const socket = connect(path, { cookie, origin: origin() });
    await messageOf(socket);
    const seen: string[] = [];
    socket.on('message', (data: Buffer) => seen.push(data.toString('utf8')));
    socket.send(Buffer.alloc(320));
    socket.send('{');
    const password = 'secret enough';
    socket.send(JSON.stringify({ do: 'request-enrolment', number: '123', password }));
    await expect.poll(() => seen.at(-1)).toMatch(/"isBusy":false,"error":"enrolment\/number"/);
    expect(seen.join('')).not.toContain(password);
    socket.terminate();
  });

  it('closes on a message larger than any command', async () => {
    const { path, cookie } = await open();
    const socket = connect(path, { cookie, origin: origin() });
    socket.on('error', () => undefined);
    await messageOf(socket);
    socket.send('x'.repeat(5_000));
    expect((await once(socket, 'close'))[0]).toBe(1009);
  });
});

describe('an end that nobody hinders', () => {
  /** A client that never ends its half of a connection; what it read so far. */
  const openRaw = async (port: number, lines: readonly string[]) => {
    const socket = connectTo({ host: '127.0.0.1', port, allowHalfOpen: true });
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
    await once(socket, 'connect');
    socket.write([...lines, '', ''].join('\r\n'));
    return { socket, text: () => text };
  };
  const upgrade = (path: string, cookie: string): readonly string[] => [
    `GET ${path}socket HTTP/1.1`,
    `Host: 127.0.0.1:${server.port}`,
    `Origin: ${origin()}`,
    `Cookie: ${cookie}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
  ];

  it('a refused WebSocket is ended on both sides', async () => {
    const { socket, text } = await openRaw(server.port, upgrade(`/s/${'0'.repeat(64)}/`, 'a=b'));
    await once(socket, 'end');
    expect(text()).toMatch(/^HTTP\/1\.1 403 /);
    const keepsWriting = setInterval(() => socket.write('x'), 20);
    const [error] = (await new Promise<unknown[]>((resolve) => {
      socket.once('error', (...problem) => resolve(problem));
    }).finally(() => clearInterval(keepsWriting))) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/^(EPIPE|ECONNRESET)$/);
  });

  it('pages hear of it, and one that says nothing does not hold it up', async () => {
    const main = server;
    server = await serveScreen(handset);
    const { path, cookie } = await open();
    const silent = await openRaw(server.port, upgrade(path, cookie));
    await expect.poll(silent.text).toContain('"screen"');
    const closing = server.close();
    server = main;
    await closing;
    // A frame of the kind close, with 1001.
    expect(silent.text()).toContain('\u0088\u0002\u0003\u00e9');
    silent.socket.destroy();
  });
});

it('a port that is taken is named, with the way out', async () => {
  await expect(serveScreen(handset, { port: server.port })).rejects.toThrow(
    /cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\); choose another port/,
  );
});

it('what the screen is built from is what its hash is made of', { timeout: 60_000 }, async () => {
  const root = join(import.meta.dirname, '../../..');
  const modules = await buildScreen(join(folder, 'built'));
  const own = modules
    .map((id) => relative(root, id.replace(/\?.*/, '')))
    .filter((path) => !path.includes('node_modules') && !/^[.\0]/.test(path));
  expect(own).toEqual(
    expect.arrayContaining([
      'reference/client/audio/resampler.ts',
      'reference/client/web/screen/main.tsx',
    ]),
  );
  const sources = await screenSources();
  expect(own.filter((path) => !sources.includes(path))).toEqual([]);
});
