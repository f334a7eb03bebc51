import { describe, expect, it } from 'vitest';
import type { ApplianceStore } from './contract.ts';
import { begin, certificateOf, enrol, start, year } from './testing/fixtures.ts';
import { useStore } from './testing/stores.ts';

const number = '+33612345678';
const other = '+33687654321';

describe.each(['durable', 'memory'] as const)('administration in the store, %s', (kind) => {
  let store: ApplianceStore;
  const reopen = useStore(kind, (opened) => {
    store = opened;
  });
  const actions = (): readonly string[] => [...store.audit.all()].map(({ action }) => action);

  it('numbers revocation lists upwards, also after an older state was restored', () => {
    const { revocationLists } = store;
    const first = revocationLists.reserveNumber('client', start);
    expect(first).toBe(start / 1000);
    expect(revocationLists.reserveNumber('client', start - 60_000)).toBe(first + 1);
    const list = {
      authority: 'client',
      thisUpdate: start,
      nextUpdate: start + 1,
      der: Uint8Array.of(1),
    } as const;
    expect(revocationLists.publish({ ...list, number: first + 1 })).toBe(true);
    expect(revocationLists.publish({ ...list, number: first, der: Uint8Array.of(2) })).toBe(false);
    expect(revocationLists.latest('client')).toEqual({ ...list, number: first + 1 });
    expect(revocationLists.latest('root')).toBeUndefined();
    expect(revocationLists.publish({ ...list, authority: 'root', number: 7 })).toBe(true);
  });

  it('logs a list at the time of its publication, whatever date it bears', () => {
    const list = { authority: 'client', thisUpdate: start - 300_000, nextUpdate: start } as const;
    const published = { ...list, number: 1, der: Uint8Array.of(1) };
    expect(store.revocationLists.publish(published, start)).toBe(true);
    const [entry] = [...store.audit.all()].toReversed();
    expect(entry).toMatchObject({
      action: 'revocation-list/published',
      at: start,
      clockBehind: 0,
    });
  });

  it('keeps administrators, their lockout, second factor and sessions', () => {
    const { administrators, sessions } = store;
    const add = (name: string) =>
      administrators.add({ name, passwordHash: 'hash', mustChangePassword: true }, 'system', start);
    expect([add('alice'), add('alice')]).toEqual([true, false]);
    expect(administrators.remove('alice', 'alice', start)).toBe(false);
    const fail = () =>
      administrators.countFailure('alice', start, (failures) => start + failures * 1000);
    expect([fail(), fail(), administrators.countFailure('nobody', start, () => 0)]).toEqual([
      1, 2, 0,
    ]);
    expect(administrators.get('alice')).toMatchObject({ failures: 2, lockedUntil: start + 2000 });
    sessions.create('token-of-alice', {
      administrator: 'alice',
      at: start,
      expiresAt: start + 3_600_000,
    });
    const totpSecret = Uint8Array.of(1, 2, 3);
    expect(
      administrators.change('alice', { totpSecret, mustChangePassword: false }, 'alice', start),
    ).toBe(true);
    expect(sessions.use('token-of-alice', start, 600_000)).toBeUndefined();
    reopen();
    expect(store.administrators.list()).toEqual([
      {
        name: 'alice',
        passwordHash: 'hash',
        totpSecret,
        failures: 0,
        lockedUntil: 0,
        createdAt: start,
        mustChangePassword: false,
      },
    ]);
    const step = (value: number): boolean => store.administrators.takeTotpStep('alice', value);
    expect([step(5), step(5), step(4), step(6)]).toEqual([true, false, false, true]);
  });

  it('ends sessions that are idle, expired, or from the future', () => {
    store.administrators.add(
      { name: 'alice', passwordHash: 'h', mustChangePassword: false },
      'system',
      start,
    );
    const idle = 600_000;
    const create = (token: string) =>
      store.sessions.create(token, {
        administrator: 'alice',
        at: start,
        expiresAt: start + 3_600_000,
      });
    const use = (token: string, at: number) => store.sessions.use(token, at, idle) !== undefined;
    create('idle');
    expect([
      use('idle', start + 500_000),
      use('idle', start + 1_000_000),
      use('idle', start + 1_600_000),
    ]).toEqual([true, true, false]);
    create('past');
    expect([use('past', start - 1), use('past', start)]).toEqual([false, false]);
    create('gone');
    store.sessions.endAll();
    expect(use('gone', start)).toBe(false);
    expect(use('unknown', start)).toBe(false);
  });

  it('tries notices again and gives them up, with a trace in the log', () => {
    enrol(store, 'a');
    enrol(store, 'b');
    const [message] = store.messages.due(start, 1);
    const id = message?.id ?? 0;
    store.messages.markFailed(id, start, start + 60_000);
    expect(store.messages.due(start, 1)).toEqual([]);
    expect(store.messages.due(start + 60_000, 1)).toMatchObject([{ id, attempts: 1 }]);
    store.messages.markFailed(id, start, null);
    expect(store.messages.due(start + year, 1)).toEqual([]);
    expect(actions().at(-1)).toBe('notice/given-up');
  });

  it('answers the admin pages in pages', () => {
    const serials = [enrol(store, 'a'), enrol(store, 'b'), enrol(store, 'c', { number: other })];
    store.numbers.revokeNumber({
      number: '+33600000009',
      by: 'alice',
      reason: 'unspecified',
      at: start,
    });
    begin(store, 'd', { number: other, at: start + 5 });
    const { queries } = store;
    expect(queries.subscribers({ limit: 10 })).toMatchObject([
      { number: '+33600000009', isBlocked: true, certificate: null, certificates: 0 },
      { number, isBlocked: false, certificate: { serial: serials[1] }, certificates: 2 },
      { number: other, certificate: { serial: serials[2] }, certificates: 1 },
    ]);
    expect(queries.subscribers({ limit: 10, search: '8765' })).toMatchObject([{ number: other }]);
    expect(queries.subscribers({ limit: 1, after: number })).toMatchObject([{ number: other }]);
    const list = (more: object) =>
      queries.certificates({ at: start, limit: 10, ...more }).map(({ serial }) => serial);
    expect(list({})).toEqual(serials.toReversed());
    expect(list({ state: 'revoked' })).toEqual([serials[0]]);
    expect(list({ state: 'valid', subject: number })).toEqual([serials[1]]);
    expect(list({ state: 'expired', at: start + year + 1000 })).toEqual([serials[2], serials[1]]);
    expect(list({ after: serials[2] })).toEqual([serials[1], serials[0]]);
    expect(queries.pendingEnrolments(start + 5, 600_000)).toMatchObject([{ number: other }]);
    expect(queries.pendingEnrolments(start + 600_005, 600_000)).toEqual([]);
    expect(queries.counts(start)).toEqual({
      subscribers: 2,
      validCertificates: 2,
      revokedCertificates: 1,
      blockedNumbers: 1,
      pendingEnrolments: 1,
      auditEntries: store.audit.count({}),
      waitingMessages: 1,
    });
  });

  it('does nothing at all when a part of an operation fails', () => {
    const serial = enrol(store, 'a');
    const before = [...store.exportLines()];
    const issue = () =>
      store.enrolments.issue({
        id: begin(store, 'b', { number: other }),
        certificate: { ...certificateOf('other'), serial },
        at: start,
        notice: '',
      });
    expect(issue).toThrow(/UNIQUE constraint failed: certificates.serial/);
    expect(store.certificates.statusOf(serial)).toBe('valid');
    expect(store.audit.verify()).toMatchObject({ ok: true });
    const added = [...store.exportLines()].filter((line) => !before.includes(line));
    expect(added.map((line) => (JSON.parse(line) as { table: string }).table)).toEqual([
      'enrolments',
      'audit',
    ]);
  });

  it('exports everything but secrets, as lines of JSON', () => {
    begin(store, 'a');
    store.administrators.add(
      { name: 'alice', passwordHash: 'secret-hash', mustChangePassword: false },
      's',
      start,
    );
    store.sessions.create('secret-session', {
      administrator: 'alice',
      at: start,
      expiresAt: start + 1,
    });
    store.settings.set('language', 'fr', 'alice', start);
    expect(store.settings.get('language')).toBe('fr');
    const lines = [...store.exportLines()];
    const tables = lines.map((line) => (JSON.parse(line) as { table: string }).table);
    expect(new Set(tables)).toEqual(
      new Set(['migrations', 'enrolments', 'administrators', 'settings', 'audit']),
    );
    expect(lines.join('')).not.toMatch(/secret|token_hash|password_hash|totp/);
  });
});
