import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AdminContext } from './context.ts';
import { cookieNames } from './cookies.ts';
import { allRoutes } from './routes.ts';
import { sessionTimes } from './sessions.ts';
import { tokenIn, type Visitor } from './testing/visitor.ts';
import { startAdminWorld, worldPassword, type AdminWorld } from './testing/world.ts';

const number = '+33612345678';
const pages = [
  '/',
  '/subscribers',
  `/subscribers/${number}`,
  `/subscribers/${number}/revoke`,
  `/subscribers/${number}/release`,
  '/enrolments',
  '/certificates',
  '/certificates/ab',
  '/certificates/ab/revoke',
  '/audit',
  '/audit/verify',
  '/audit/export.jsonl',
  '/audit/export.csv',
  '/configuration',
  '/backups',
  '/administrators',
  '/administrators/alice/remove',
  '/account',
];
const posts: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  [`/subscribers/${number}/revoke`, { reason: 'keyCompromise' }],
  [`/subscribers/${number}/release`, {}],
  ['/certificates/ab/revoke', { reason: 'keyCompromise' }],
  ['/backups', {}],
  ['/administrators', { name: 'mallory', password: worldPassword }],
  ['/administrators/bob/remove', { password: worldPassword }],
  ['/account/password', { password: worldPassword, new: 'x', again: 'x' }],
  ['/account/totp', { password: worldPassword }],
  ['/account/totp/confirm', { code: '000000' }],
  ['/account/totp/remove', { password: worldPassword }],
  ['/sign-out', {}],
];

let world: AdminWorld;
let alice: Visitor;
beforeAll(async () => {
  world = await startAdminWorld();
  await world.addAdministrator('bob');
});
beforeEach(async () => {
  alice = await world.signedIn();
  world.refusals.length = 0;
});
afterAll(() => world.close());

describe('sessions', () => {
  it('are asked for by every page and form but sign-in and language, all of which are tried here', () => {
    const context = { outbox: null, backupFolder: null } as unknown as AdminContext;
    const values: Readonly<Record<string, string>> = { number, serial: 'ab' };
    const closed = allRoutes(context)
      .filter(({ access }) => access !== 'open')
      .map(({ method, path }) => {
        const name = method === 'GET' ? 'alice' : 'bob';
        return `${method} ${path.replace(/:([a-z]+)/, (_, key: string) => values[key] ?? name)}`;
      });
    const tried = [...pages.map((path) => `GET ${path}`), ...posts.map(([path]) => `POST ${path}`)];
    expect(closed.toSorted()).toEqual(tried.toSorted());
  });

  it.each(pages)('GET %s without a session leads to sign-in and back', async (path) => {
    const answer = await world.visitor().get(path);
    expect(answer.status).toBe(303);
    expect(answer.location).toBe(
      path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`,
    );
  });

  it.each(posts)(
    'POST %s without a session changes nothing and leads to sign-in',
    async (path, form) => {
      const before = world.store.audit.count({});
      const visitor = world.visitor();
      const { text } = await visitor.get('/sign-in');
      const answer = await visitor.post(path, { ...form, token: tokenIn(text) });
      expect([answer.status, answer.location]).toEqual([303, '/sign-in']);
      expect(world.store.audit.count({})).toBe(before);
    },
  );

  it('have a cookie that no script, other site or plain connection gets', async () => {
    const visitor = world.visitor();
    const { text, headers } = await visitor.get('/sign-in');
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^__Host-discretio-form=[0-9a-f]{64}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    const form = { token: tokenIn(text), name: 'alice', password: worldPassword };
    const answer = await visitor.post('/sign-in', form);
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^__Host-discretio-session=[0-9a-f]{64}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
      ),
      '__Host-discretio-form=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0',
    ]);
  });

  it('get an id of their own at sign-in: one that was planted never counts, an older one ends', async () => {
    const planted = 'ab'.repeat(32);
    const visitor = world.visitor();
    visitor.cookies.set(cookieNames.session, planted);
    await visitor.submit('/sign-in', '/sign-in', { name: 'alice', password: worldPassword });
    const first = visitor.cookies.get(cookieNames.session) ?? '';
    expect(first).not.toBe(planted);
    const thief = world.visitor();
    thief.cookies.set(cookieNames.session, planted);
    expect((await thief.get('/')).location).toBe('/sign-in');
    await visitor.submit('/', '/sign-in', { name: 'alice', password: worldPassword });
    expect(visitor.cookies.get(cookieNames.session)).not.toBe(first);
    thief.cookies.set(cookieNames.session, first);
    expect((await thief.get('/')).location).toBe('/sign-in');
  });

  it('end at sign-out, which the log shows', async () => {
    const token = alice.cookies.get(cookieNames.session) ?? '';
    const answer = await alice.submit('/', '/sign-out', {});
    expect(answer.location).toBe('/sign-in?done=signed-out');
    expect(alice.cookies.has(cookieNames.session)).toBe(false);
    alice.cookies.set(cookieNames.session, token);
    expect((await alice.get('/')).status).toBe(303);
    expect(world.store.audit.find({ action: 'administrator/signed-out' }, 1)).toMatchObject([
      { actor: 'alice' },
    ]);
  });

  it('end after 15 idle minutes', async () => {
    world.clock.at += sessionTimes.idle - 1;
    expect((await alice.get('/')).status).toBe(200);
    world.clock.at += sessionTimes.idle;
    expect((await alice.get('/')).status).toBe(303);
  });

  it('end 8 hours after the sign-in, however busy', async () => {
    const begun = world.clock.at;
    while (world.clock.at + 600_000 < begun + sessionTimes.longest) {
      world.clock.at += 600_000;
      expect((await alice.get('/configuration')).status).toBe(200);
    }
    world.clock.at = begun + sessionTimes.longest;
    expect((await alice.get('/')).status).toBe(303);
  });

  it('end with the administrator', async () => {
    const carol = await world.signedIn('carol');
    await alice.submit('/administrators/carol/remove', '/administrators/carol/remove', {
      password: worldPassword,
    });
    expect((await carol.get('/')).status).toBe(303);
  });

  it.each([
    ['/subscribers?search=%2B336', '/subscribers?search=%2B336'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['/\t/evil.example', '/'],
    ['/a\r\nSet-Cookie: x=1', '/'],
    ['', '/'],
  ])('lead on from sign-in with next=%j to %s', async (next, location) => {
    const visitor = world.visitor();
    const { text } = await visitor.get(`/sign-in?next=${encodeURIComponent(next)}`);
    const [, shown] = [...text.matchAll(/name="next" value="([^"]*)"/g)].at(-1) ?? [];
    expect(shown).toBe(location);
    const form = { token: tokenIn(text), name: 'alice', password: worldPassword, next };
    const answer = await visitor.post('/sign-in', form);
    expect([answer.status, answer.location]).toEqual([303, location]);
  });
});

describe('requests of other sites', () => {
  it.each(posts)(
    'POST %s without or with a wrong token is refused, nothing changes',
    async (path, form) => {
      const before = world.store.audit.count({});
      const { text } = await (await world.signedIn()).get('/account');
      const foreign = tokenIn(text);
      const own = tokenIn((await alice.get('/account')).text);
      const signIns = world.store.audit.count({}) - before;
      for (const token of [undefined, '', foreign, `${own}0`, own.toUpperCase()]) {
        const answer = await alice.post(path, {
          ...form,
          ...(token === undefined ? {} : { token }),
        });
        expect(answer.status, String(token)).toBe(403);
      }
      expect(world.store.audit.count({})).toBe(before + signIns);
      expect((await alice.get('/')).status).toBe(200);
    },
  );

  it('POST /sign-in needs a token too', async () => {
    const answer = await world
      .visitor()
      .post('/sign-in', { name: 'alice', password: worldPassword });
    expect([answer.status, answer.headers['set-cookie']]).not.toContain(
      expect.stringContaining(cookieNames.session),
    );
    expect(answer.status).toBe(403);
  });

  it.each([
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'none' }, 403],
    [{}, 303],
  ])('a form with the right token and the headers %j gets %i', async (headers, status) => {
    const { text } = await alice.get('/');
    const form = { token: tokenIn(text), language: 'en', next: '/' };
    const answer = await alice.post('/language', form, headers);
    expect(answer.status).toBe(status);
    expect(world.refusals.map(({ code }) => code)).toEqual(status === 403 ? ['admin/origin'] : []);
  });

  it('a form whose sender says nothing of where it comes from is refused', async () => {
    const { text } = await alice.get('/');
    const body = new URLSearchParams({ token: tokenIn(text), next: '/' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await alice.send('POST', '/language', { body, headers })).status).toBe(403);
  });

  it.each(['evil.example', 'localhost', '127.0.0.1.evil.example', '127.0.0.1@evil.example'])(
    'the host %j is not served',
    async (host) => {
      const answer = await alice.get('/', { host });
      expect(answer.status).toBe(421);
      expect(answer.text).not.toContain('evil');
    },
  );
});
