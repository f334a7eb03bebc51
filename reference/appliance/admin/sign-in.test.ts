import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ApplianceStore } from '../store/contract.ts';
import { createMemoryStore } from '../store/open.ts';
import { hashPassword } from './password.ts';
import {
  createSignIn,
  firstAdministrator,
  lockedUntil,
  resetAdministrator,
  type Credentials,
  type SignIn,
} from './sign-in.ts';
import { cheapCost, worldPassword } from './testing/world.ts';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const secret = new Uint8Array(20).fill(9);

let store: ApplianceStore;
let signIn: SignIn;
let at: number;

const now = (): number => at;
const credentials = (changes: Partial<Credentials> = {}): Credentials => ({
  name: 'alice',
  password: worldPassword,
  code: '',
  certificateName: null,
  ...changes,
});
const attempt = async (changes: Partial<Credentials> = {}): Promise<string | undefined> => {
  const outcome = await signIn.attempt(credentials(changes));
  return typeof outcome === 'object' ? outcome.name : outcome;
};
const actions = (): readonly string[] =>
  store.audit.find({ action: 'administrator/' }, 100).map(({ action }) => action);
const codeAt = (time: number): string =>
  TOTP.generate({
    secret: new Secret({ buffer: Uint8Array.from(secret).buffer }),
    timestamp: time,
  });

beforeEach(async () => {
  at = Date.UTC(2026, 10, 23);
  store = createMemoryStore();
  signIn = createSignIn({ store, now, randomBytes: random, cost: cheapCost });
  const passwordHash = await hashPassword(worldPassword, random(16), cheapCost);
  store.administrators.add(
    { name: 'alice', passwordHash, mustChangePassword: false },
    'system',
    at,
  );
});

describe('lockout', () => {
  it('doubles from 30 seconds to 15 minutes after four free failures', () => {
    expect([1, 4, 5, 6, 7, 8, 9, 10, 11, 1000].map((failures) => lockedUntil(failures, 7))).toEqual(
      [0, 0, 30_007, 60_007, 120_007, 240_007, 480_007, 900_007, 900_007, 900_007],
    );
  });

  it('refuses the right password until it is over, and a good sign-in forgives', async () => {
    for (let failures = 0; failures < 5; failures += 1)
      expect(await attempt({ password: 'wrong' })).toBeUndefined();
    expect(await attempt()).toBeUndefined();
    at += 29_999;
    expect(await attempt()).toBeUndefined();
    expect(store.audit.find({ action: 'administrator/sign-in-refused' }, 9)).toMatchObject([
      { actor: 'alice', detail: { reason: 'locked' } },
      { actor: 'alice', detail: { reason: 'locked' } },
    ]);
    at += 1;
    expect(await attempt()).toBe('alice');
    expect(await attempt({ password: 'wrong' })).toBeUndefined();
    expect(await attempt()).toBe('alice');
  });

  it('grows with the next wrong try', async () => {
    for (let failures = 0; failures < 5; failures += 1) await attempt({ password: 'wrong' });
    at += 30_000;
    await attempt({ password: 'wrong' });
    at += 59_999;
    expect(await attempt()).toBeUndefined();
    at += 1;
    expect(await attempt()).toBe('alice');
  });

  it('gives many attempts at once no more tries than one after the other', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => attempt({ password: 'wrong' })),
    );
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => undefined));
    expect(store.administrators.get('alice')?.failures).toBe(5);
  });

  it('does not outlast a clock that went back', async () => {
    for (let failures = 0; failures < 5; failures += 1) await attempt({ password: 'wrong' });
    at -= 86_400_000;
    expect(await attempt()).toBe('alice');
  });

  it('lets eight wait and tells the ninth so', async () => {
    const outcomes = await Promise.all(Array.from({ length: 9 }, () => attempt()));
    expect(outcomes).toEqual([...Array.from({ length: 8 }, () => 'alice'), 'busy']);
    expect(await attempt()).toBe('alice');
  });
});

describe('unknown names', () => {
  it('are refused with the same work, and not written down', async () => {
    const before = store.audit.count({});
    expect(await attempt({ name: 'my secret password' })).toBeUndefined();
    expect(store.audit.find({}, 1)).toMatchObject([
      { actor: 'unknown', action: 'administrator/sign-in-failed', subject: 'unknown' },
    ]);
    expect(await attempt({ password: 'wrong' })).toBeUndefined();
    expect(store.audit.count({})).toBe(before + 2);
    expect([...store.exportLines()].join('')).not.toContain('my secret');
  });

  it('take as long as known ones', async () => {
    const slow = createSignIn({
      store,
      now,
      randomBytes: random,
      cost: { cost: 4096, blockSize: 8, parallelization: 1 },
    });
    const passwordHash = await slow.hash(worldPassword);
    store.administrators.add({ name: 'carol', passwordHash, mustChangePassword: false }, 'x', at);
    const cpuOf = async (name: string): Promise<number> => {
      const begun = process.cpuUsage().user;
      for (let index = 0; index < 4; index += 1)
        await slow.attempt(credentials({ name, password: 'wrong' }));
      return process.cpuUsage(undefined).user - begun;
    };
    const [known, unknown] = [await cpuOf('carol'), await cpuOf('nobody')];
    expect(unknown / known).toBeGreaterThan(0.4);
    expect(unknown / known).toBeLessThan(2.5);
  });
});

describe('the second factor', () => {
  beforeEach(() => store.administrators.change('alice', { totpSecret: secret }, 'alice', at));

  it('is needed beside the password, and the password beside it', async () => {
    expect(await attempt()).toBeUndefined();
    expect(await attempt({ code: '000000' })).toBeUndefined();
    expect(await attempt({ code: codeAt(at), password: 'wrong' })).toBeUndefined();
    expect(await attempt({ code: codeAt(at) })).toBe('alice');
    expect(actions()).toContain('administrator/sign-in-failed');
  });

  it('takes a code once, and none of a step before one that was taken', async () => {
    const [before, current] = [codeAt(at - 30_000), codeAt(at)];
    expect(await attempt({ code: current })).toBe('alice');
    expect(await attempt({ code: current })).toBeUndefined();
    expect(await attempt({ code: before })).toBeUndefined();
    at += 30_000;
    expect(await attempt({ code: codeAt(at) })).toBe('alice');
  });

  it('takes a code once of two attempts at the same time', async () => {
    const code = codeAt(at);
    const outcomes = await Promise.all([attempt({ code }), attempt({ code })]);
    expect(outcomes.toSorted()).toEqual(['alice', undefined]);
  });
});

describe('a client certificate', () => {
  it('lets in only the administrator of its name', async () => {
    expect(await attempt({ certificateName: 'bob' })).toBeUndefined();
    expect(await attempt({ certificateName: '' })).toBeUndefined();
    expect(await attempt({ certificateName: 'alice' })).toBe('alice');
  });
});

describe('a password that changes while it is checked', () => {
  it('is wrong', async () => {
    const outcome = attempt();
    const passwordHash = await hashPassword('another green river', random(16), cheapCost);
    store.administrators.change('alice', { passwordHash }, 'alice', at);
    expect(await outcome).toBeUndefined();
  });
});

describe('a second factor that cannot be read', () => {
  it('stays required: nobody signs in until the password is reset, and the log says why', async () => {
    const { administrators } = store;
    const get: typeof administrators.get = (name) => {
      const known = administrators.get(name);
      return known?.totpSecret ? { ...known, totpSecret: 'unreadable' } : known;
    };
    administrators.change('alice', { totpSecret: secret }, 'alice', at);
    signIn = createSignIn({
      store: { ...store, administrators: { ...administrators, get } },
      now,
      randomBytes: random,
      cost: cheapCost,
    });
    expect(await attempt({ code: codeAt(at) })).toBeUndefined();
    expect(await attempt()).toBeUndefined();
    expect(store.audit.find({ action: 'administrator/sign-in-refused' }, 9)).toMatchObject([
      { detail: { reason: 'totp-unreadable' } },
      { detail: { reason: 'totp-unreadable' } },
    ]);
    const reset = await resetAdministrator(store, 'alice', 'root', {
      now,
      randomBytes: random,
      cost: cheapCost,
    });
    expect(await attempt({ password: reset?.password ?? '' })).toBe('alice');
  });
});

describe('asking the password again', () => {
  it('counts wrong ones', async () => {
    expect(await signIn.confirm('alice', worldPassword)).toBe(true);
    for (let failures = 0; failures < 5; failures += 1)
      expect(await signIn.confirm('alice', 'wrong')).toBe(false);
    expect(await signIn.confirm('alice', worldPassword)).toBe(false);
    expect(await attempt()).toBeUndefined();
  });
});

describe('one-time administrators', () => {
  const making = { now, randomBytes: random, cost: cheapCost };

  it('exist for a store that has no administrator, and never again', async () => {
    store = createMemoryStore();
    signIn = createSignIn({ store, now, randomBytes: random, cost: cheapCost });
    const [first, second] = await Promise.all([
      firstAdministrator(store, making),
      firstAdministrator(store, making),
    ]);
    const made = first ?? second;
    expect([first, second]).toContain(undefined);
    expect(made?.password).toMatch(/^(?:[a-z2-9]{4}-){4}[a-z2-9]{4}$/);
    expect(store.administrators.list()).toMatchObject([{ mustChangePassword: true }]);
    expect(await attempt({ name: made?.name ?? '', password: made?.password ?? '' })).toBe(
      'administrator',
    );
    expect(await firstAdministrator(store, making)).toBeUndefined();
    expect([...store.exportLines()].join('')).not.toContain(made?.password);
  });

  it('are the way back in: new password, no second factor, no lock', async () => {
    store.administrators.change('alice', { totpSecret: secret }, 'alice', at);
    for (let failures = 0; failures < 5; failures += 1) await attempt({ password: 'wrong' });
    const reset = await resetAdministrator(store, 'alice', 'root', making);
    expect(await attempt({ password: reset?.password ?? '' })).toBe('alice');
    expect(store.administrators.get('alice')?.mustChangePassword).toBe(true);
    expect(await resetAdministrator(store, 'nobody', 'root', making)).toBeUndefined();
  });
});
