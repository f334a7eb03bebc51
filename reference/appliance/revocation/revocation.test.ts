import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findRevoked, parseCrl, verifyCrl, type Crl } from '../../core/pki/crl.ts';
import type { Certificate } from '../../core/pki/certificate.ts';
import { createOcspRequest } from '../../core/pki/ocsp-request.ts';
import { verifyOcspResponse } from '../../core/pki/ocsp-verify.ts';
import { serialText } from '../../core/pki/serial.ts';
import { clientStatusIn } from './client-status.ts';
import type { Revocation, RevocationEffect } from './revocation.ts';
import { keepRootList } from './root-list.ts';
import { createRevocationWorld } from './testing/world.ts';

const ALICE = '+33639980001';
const BOB = '+33639980002';
const by = 'admin';
const reason = 'keyCompromise';

let world: Awaited<ReturnType<typeof createRevocationWorld>>;
const running: Revocation[] = [];
beforeAll(async () => {
  world = await createRevocationWorld();
});
afterEach(() => {
  for (const revocation of running.splice(0)) revocation.stop();
  vi.useRealTimers();
});

type Place = ReturnType<typeof world.create>;

const start = async (place: Place, change: Parameters<Place['start']>[0] = {}) => {
  const revocation = await place.start(change);
  running.push(revocation);
  return revocation;
};

const listOf = (revocation: Revocation, authority: 'client' | 'server' = 'client'): Crl => {
  const issuer = authority === 'client' ? world.clientAuthority : world.serverAuthority;
  const parsed = parseCrl(revocation.list(authority) ?? new Uint8Array());
  if (!parsed.ok) throw new Error(parsed.error.code);
  const verified = verifyCrl(parsed.value, issuer, Date.now());
  if (!verified.ok) throw new Error(verified.error.code);
  return verified.value;
};

const statusOf = async (revocation: Revocation, serial: Uint8Array, issuer?: Certificate) => {
  const nonce = new Uint8Array(randomBytes(32));
  const question = { issuer: issuer ?? world.clientAuthority, serial, nonce };
  const answer = await revocation.ocsp(createOcspRequest(question));
  const status = verifyOcspResponse(answer, question, Date.now());
  return status.ok ? status.value.kind : (status.error.detail ?? status.error.code);
};

describe('revoking a number', () => {
  it('shows at once in the status of requests and in OCSP, ends its sessions, and the list follows', async () => {
    const place = world.create();
    const effects: RevocationEffect[] = [];
    const revocation = await start(place, { onEffect: (effect) => void effects.push(effect) });
    const [alice, bob] = [await place.enrol(ALICE), await place.enrol(BOB)];
    const check = clientStatusIn(place.store);
    const presented = { serial: serialText(alice.serial), number: ALICE };
    const before = listOf(revocation);
    expect([check(presented), await statusOf(revocation, alice.serial)]).toEqual(['good', 'good']);
    expect(findRevoked(before, alice.serial)).toBeUndefined();
    const done = revocation.revokeNumber({ number: ALICE, by, reason });
    expect(done).toMatchObject({ serials: [presented.serial], alreadyBlocked: false });
    expect(new Set(place.ended)).toEqual(new Set([ALICE]));
    expect(check(presented)).toBe('revoked');
    expect(await statusOf(revocation, alice.serial)).toBe('revoked');
    await revocation.settled();
    const after = listOf(revocation);
    expect(findRevoked(after, alice.serial)).toMatchObject({ reason });
    expect(after.number).toBeGreaterThan(before.number);
    expect(findRevoked(after, bob.serial)).toBeUndefined();
    expect(await statusOf(revocation, bob.serial)).toBe('good');
    const took = effects.find(({ effect }) => effect === 'list-published')?.took;
    expect(took).toBeLessThan(1_000);
    expect(place.alarms).toEqual(['crl/root-missing']);
  });

  it('blocks the number until it is released; released, it enrols again and the old certificate stays revoked', async () => {
    const place = world.create();
    const revocation = await start(place);
    const old = await place.enrol(ALICE);
    revocation.revokeNumber({ number: ALICE, by, reason });
    await expect(place.enrol(ALICE)).rejects.toThrow('was not enrolled');
    const check = clientStatusIn(place.store);
    expect(revocation.releaseNumber({ number: ALICE, by })).toBe(true);
    expect(revocation.releaseNumber({ number: ALICE, by })).toBe(false);
    const fresh = await place.enrol(ALICE);
    expect(check({ serial: serialText(fresh.serial), number: ALICE })).toBe('good');
    expect(check({ serial: serialText(old.serial), number: ALICE })).toBe('revoked');
    expect(await statusOf(revocation, old.serial)).toBe('revoked');
  });

  it('blocks a number that was never enrolled, and ends what it may have', async () => {
    const place = world.create();
    const revocation = await start(place);
    expect(revocation.revokeNumber({ number: BOB, by, reason }).serials).toEqual([]);
    expect(place.ended).toEqual([BOB]);
    const status = clientStatusIn({
      certificates: { ...place.store.certificates, statusOf: () => 'valid' },
      numbers: place.store.numbers,
    });
    expect(status({ serial: '41', number: BOB })).toBe('blocked');
    expect(clientStatusIn(place.store)({ serial: '41', number: ALICE })).toBe('unknown');
  });

  it('is settled once the sessions have ended, which is told once, or an alarm says that they have not', async () => {
    const place = world.create();
    const effects: string[] = [];
    const ending = Promise.withResolvers<void>();
    const revocation = await start(place, {
      onEffect: ({ effect }) => void effects.push(effect),
      endSessions: () => ending.promise,
    });
    await place.enrol(ALICE);
    revocation.revokeNumber({ number: ALICE, by, reason });
    let isSettled = false;
    const settled = revocation.settled().then(() => (isSettled = true));
    await vi.waitFor(() => expect(effects).toEqual(['list-published']), { timeout: 20_000 });
    expect(isSettled).toBe(false);
    ending.resolve();
    await settled;
    expect(effects).toEqual(['list-published', 'sessions-ended']);
    revocation.stop();
    const other = world.create();
    const broken = await start(other, {
      endSessions: () => Promise.reject(new Error('the proxy is gone')),
    });
    broken.revokeNumber({ number: BOB, by, reason });
    await broken.settled();
    expect(other.alarms).toEqual(['crl/root-missing', 'revocation/sessions']);
  });

  it('ends the sessions of a certificate that a new enrolment replaces', async () => {
    const place = world.create();
    const revocation = await start(place);
    const old = await place.enrol(ALICE);
    const fresh = await place.enrol(ALICE);
    expect(place.ended).toEqual([ALICE]);
    await revocation.settled();
    expect(findRevoked(listOf(revocation), old.serial)?.reason).toBe('superseded');
    expect(await statusOf(revocation, fresh.serial)).toBe('good');
  });
});

describe('answers to OCSP requests', () => {
  it('says "unknown" of a serial that was never issued, and of one of the other authority', async () => {
    const place = world.create();
    const revocation = await start(place);
    const alice = await place.enrol(ALICE);
    expect(await statusOf(revocation, Uint8Array.of(0x41, 7))).toBe('unknown');
    expect(await statusOf(revocation, alice.serial, world.serverAuthority)).toBe('unknown');
  });

  it('refuses other issuers, malformed requests and too many at once by the errors of OCSP', async () => {
    const place = world.create();
    const revocation = await start(place);
    expect(await statusOf(revocation, Uint8Array.of(1), world.root)).toBe('unauthorized');
    const errorOf = (answer: Uint8Array): number | undefined => answer[4];
    expect(errorOf(await revocation.ocsp(new Uint8Array([0x30, 0])))).toBe(1);
    const nonce = new Uint8Array(32);
    const question = { issuer: world.clientAuthority, serial: Uint8Array.of(1), nonce };
    const request = createOcspRequest(question);
    const answers = await Promise.all(Array.from({ length: 70 }, () => revocation.ocsp(request)));
    const busy = answers.filter((answer) => answer.length === 5);
    expect([busy.length, busy.every((answer) => errorOf(answer) === 3)]).toEqual([6, true]);
    expect(new Set(place.refusals)).toEqual(
      new Set(['ocsp/unauthorized', 'ocsp/malformedRequest', 'ocsp/tryLater']),
    );
  });

  it('says internalError when the key does not sign, and serves again afterwards', async () => {
    const place = world.create();
    let isBroken = false;
    const { authorities } = world;
    const ocsp: typeof authorities.ocsp = (...asked) =>
      isBroken ? Promise.reject(new Error('the token is gone')) : authorities.ocsp(...asked);
    const revocation = await start(place, { authorities: { ...authorities, ocsp } });
    isBroken = true;
    expect(await statusOf(revocation, Uint8Array.of(1))).toBe('internalError');
    isBroken = false;
    expect(await statusOf(revocation, Uint8Array.of(1))).toBe('unknown');
    expect(place.refusals).toEqual(['ocsp/internalError']);
  });
});

describe('lists', () => {
  it('are issued anew at every start, so that what was committed before a crash is on them', async () => {
    const place = world.create();
    const first = await start(place);
    const alice = await place.enrol(ALICE);
    first.stop();
    place.store.numbers.revokeNumber({ number: ALICE, by, reason, at: Date.now() });
    expect(findRevoked(listOf(first), alice.serial)).toBeUndefined();
    const second = await start(place);
    expect(findRevoked(listOf(second), alice.serial)).toBeDefined();
    expect(listOf(second, 'server').revoked.size).toBe(0);
  });

  it('are renewed at half of their life without anything being revoked', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.now() });
    const place = world.create();
    const revocation = await start(place);
    const first = listOf(revocation);
    const hour = 3_600_000;
    vi.advanceTimersByTime(11 * hour);
    await vi.waitFor(() => expect(listOf(revocation).number).toBe(first.number));
    vi.advanceTimersByTime(hour);
    await vi.waitFor(() => expect(listOf(revocation).number).toBeGreaterThan(first.number));
    expect(listOf(revocation).nextUpdate).toBeGreaterThan(first.nextUpdate);
  });

  it('raise an alarm when they cannot be issued, and are tried again until they can', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.now() });
    const place = world.create();
    let failures = 0;
    const { authorities } = world;
    const crl: typeof authorities.crl = (...asked) => {
      if (failures === 0) return authorities.crl(...asked);
      failures -= 1;
      return Promise.reject(new Error('the token is gone'));
    };
    const revocation = await start(place, { authorities: { ...authorities, crl } });
    const alice = await place.enrol(ALICE);
    failures = 2;
    revocation.revokeNumber({ number: ALICE, by, reason });
    await revocation.settled();
    expect(place.alarms).toEqual(['crl/root-missing', 'crl/not-issued']);
    expect(findRevoked(listOf(revocation), alice.serial)).toBeUndefined();
    vi.advanceTimersByTime(1_001);
    await vi.waitFor(() => expect(place.alarms).toHaveLength(3));
    vi.advanceTimersByTime(2_001);
    await vi.waitFor(() => expect(findRevoked(listOf(revocation), alice.serial)).toBeDefined());
  });

  it('of many revocations at once are few, and the last has them all', async () => {
    const place = world.create();
    const revocation = await start(place);
    const numbers = Array.from({ length: 20 }, (_, index) => `+336399810${10 + index}`);
    const enrolled = await Promise.all(numbers.map((number) => place.enrol(number)));
    const { number: before } = listOf(revocation);
    for (const number of numbers) revocation.revokeNumber({ number, by, reason });
    await revocation.settled();
    const list = listOf(revocation);
    expect(enrolled.every(({ serial }) => findRevoked(list, serial) !== undefined)).toBe(true);
    expect(Number(list.number - before)).toBeLessThanOrEqual(2);
  });

  it('of the root are kept as they come, called for a month before their end, and must be readable', async () => {
    const place = world.create();
    const day = 86_400_000;
    keepRootList(place.store.revocationLists, await world.rootListFor(31 * day));
    const revocation = await start(place);
    expect(place.alarms).toEqual([]);
    expect(revocation.list('root')).toEqual(place.store.revocationLists.latest('root')?.der);
    const other = world.create();
    keepRootList(other.store.revocationLists, await world.rootListFor(29 * day));
    await start(other);
    expect(other.alarms).toEqual(['crl/root-ends']);
    expect(() => keepRootList(other.store.revocationLists, new Uint8Array(3))).toThrow(/root/);
  });
});
