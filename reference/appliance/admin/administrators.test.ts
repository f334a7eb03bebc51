import { Secret, TOTP } from 'otpauth';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cookieNames } from './cookies.ts';
import { tokenIn, type Visitor } from './testing/visitor.ts';
import { startAdminWorld, worldPassword, type AdminWorld } from './testing/world.ts';

const number = '+33612345678';
const unescaped = /<script/;

let world: AdminWorld;
let alice: Visitor;
beforeAll(async () => {
  world = await startAdminWorld();
});
beforeEach(async () => {
  alice = await world.signedIn();
});
afterAll(() => world.close());

describe('administrators', () => {
  it('are added with a password that is shown once and must be changed', async () => {
    const added = await alice.submit('/administrators', '/administrators', {
      name: 'dave',
      password: worldPassword,
    });
    expect(added.status).toBe(201);
    const [, password = ''] = /<code class="once">([^<]+)</.exec(added.text) ?? [];
    const dave = world.visitor();
    const first = await dave.submit('/sign-in', '/sign-in', { name: 'dave', password });
    expect(first.location).toBe('/account');
    for (const path of ['/', '/audit', '/administrators'])
      expect((await dave.get(path)).location).toBe('/account');
    const revoke = `/subscribers/${number}/revoke`;
    await dave.submit('/account', revoke, { reason: 'unspecified' });
    expect(world.store.numbers.isBlocked(number)).toBe(false);
    const old = dave.cookies.get(cookieNames.session) ?? '';
    const change = (fields: Readonly<Record<string, string>>) =>
      dave.submit('/account', '/account/password', { password, ...fields });
    const good = 'rain falls on zinc';
    for (const [fields, message] of [
      [{ new: 'short', again: 'short' }, 'shorter than 12'],
      [{ new: good, again: 'rain falls on tin' }, 'differ'],
      [{ new: 'dave-dave-dave-1', again: 'dave-dave-dave-1' }, 'too simple'],
      [{ new: password, again: password }, 'is the old one'],
      [{ password: 'wrong', new: good, again: good }, 'your password is wrong'],
    ] as const) {
      const refused = await change(fields);
      expect(refused.status).toBe(422);
      expect(refused.text).toContain(message);
      expect(refused.text).toContain('name="next" value="/account"');
    }
    const changed = await change({ new: good, again: good });
    expect(changed.location).toBe('/account?done=password');
    expect(dave.cookies.get(cookieNames.session)).not.toBe(old);
    expect((await dave.get('/')).status).toBe(200);
    dave.cookies.set(cookieNames.session, old);
    expect((await dave.get('/')).status).toBe(303);
  });

  it.each(['', 'Upper', 'system', '<script>', 'a b', '-x', 'x'.repeat(33), "a'--"])(
    'are not added as %j',
    async (name) => {
      const before = world.store.administrators.list().length;
      const form = { name, password: worldPassword };
      const answer = await alice.submit('/administrators', '/administrators', form);
      expect(answer.status).toBe(422);
      expect(answer.text).not.toMatch(unescaped);
      expect(world.store.administrators.list()).toHaveLength(before);
    },
  );

  it('are added and removed only with the password of who does it', async () => {
    await world.addAdministrator('erin');
    const form = { name: 'frank', password: 'wrong' };
    expect((await alice.submit('/administrators', '/administrators', form)).status).toBe(422);
    const path = '/administrators/erin/remove';
    expect((await alice.submit(path, path, form)).status).toBe(422);
    expect(world.store.administrators.get('erin')).toBeDefined();
    expect(world.store.administrators.get('frank')).toBeUndefined();
    const taken = { name: 'erin', password: worldPassword };
    expect((await alice.submit('/administrators', '/administrators', taken)).text).toContain(
      'taken',
    );
    const removed = await alice.submit(path, path, { password: worldPassword });
    expect(removed.location).toBe('/administrators?done=administrator-removed');
    expect(world.store.administrators.get('erin')).toBeUndefined();
    expect((await alice.get(path)).status).toBe(404);
  });

  it('keep their last one', async () => {
    const lonely = await startAdminWorld();
    try {
      const visitor = await lonely.signedIn();
      const path = '/administrators/alice/remove';
      const answer = await visitor.submit(path, path, { password: worldPassword });
      expect(answer.text).toContain('The last administrator cannot be removed.');
      await lonely.addAdministrator('bob');
      const gone = await visitor.submit(path, path, { password: worldPassword });
      expect(gone.location).toBe('/sign-in');
      expect((await visitor.get('/')).status).toBe(303);
    } finally {
      await lonely.close();
    }
  });

  it('set up one-time codes, which are then asked, each once', async () => {
    const grace = await world.signedIn('grace');
    const password = worldPassword;
    expect((await grace.submit('/account', '/account/totp', { password: 'wrong' })).status).toBe(
      422,
    );
    const shown = await grace.submit('/account', '/account/totp', { password });
    const [, secret = ''] = /<code class="once">([A-Z2-7]{32})</.exec(shown.text) ?? [];
    expect(shown.text).toContain(
      `otpauth://totp/Discretio:grace?issuer=Discretio&amp;secret=${secret}`,
    );
    const code = () =>
      TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: world.clock.at });
    const token = tokenIn(shown.text);
    const wrong = await grace.post('/account/totp/confirm', { token, code: '000000' });
    expect(wrong.status).toBe(422);
    expect(wrong.text).not.toContain(secret);
    const done = await grace.post('/account/totp/confirm', { token, code: code() });
    expect(done.location).toBe('/account?done=totp');
    expect((await grace.get('/account')).text).not.toContain(secret);
    const signIn = (given: string) =>
      world.visitor().submit('/sign-in', '/sign-in', { name: 'grace', password, code: given });
    expect((await signIn('')).status).toBe(403);
    expect((await signIn(code())).status).toBe(403);
    world.clock.at += 30_000;
    expect((await signIn(code())).status).toBe(303);
    expect((await signIn(code())).status).toBe(403);
    const removed = await grace.submit('/account', '/account/totp/remove', { password });
    expect(removed.location).toBe('/account?done=totp-removed');
    expect((await signIn('')).status).toBe(303);
  });

  it('confirm a secret within 10 minutes', async () => {
    const heidi = await world.signedIn('heidi');
    const form = { password: worldPassword };
    const shown = await heidi.submit('/account', '/account/totp', form);
    const [, secret = ''] = /<code class="once">([A-Z2-7]{32})</.exec(shown.text) ?? [];
    world.clock.at += 600_000;
    const code = TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: world.clock.at });
    const late = await heidi.submit('/account', '/account/totp/confirm', { code });
    expect(late.text).toContain('The secret is too old.');
    expect(world.store.administrators.get('heidi')?.totpSecret).toBeNull();
  });
});
