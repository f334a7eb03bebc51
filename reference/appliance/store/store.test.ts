import { describe, expect, it, vi } from 'vitest';
import type { ApplianceStore, StoreEvent } from './contract.ts';
import { begin, certificateOf, enrol, start, year } from './testing/fixtures.ts';
import { useStore } from './testing/stores.ts';

const number = '+33612345678';
const other = '+33687654321';
const limits = { lifetime: 600_000, tries: 5 };

describe.each(['durable', 'memory'] as const)('the appliance store, %s', (kind) => {
  let store: ApplianceStore;
  const reopen = useStore(kind, (opened) => {
    store = opened;
  });
  const tryToken = (id: string, token: string, at = start) =>
    store.enrolments.tryToken({ id, token, at, ...limits });
  const actions = (): readonly string[] => [...store.audit.all()].map(({ action }) => action);

  it('keeps an enrolment, its token only as a keyed hash, and its certificate', () => {
    const id = begin(store, 'a');
    reopen();
    expect(store.enrolments.get(id)).toMatchObject({ number, state: 'pending', wrongTries: 0 });
    expect(tryToken(id, '123456')).toMatchObject({ kind: 'right', certificate: null });
    const certificate = certificateOf('a');
    expect(store.enrolments.issue({ id, certificate, at: start, notice: '' })).toMatchObject({
      kind: 'issued',
      superseded: [],
    });
    reopen();
    expect(tryToken(id, '123456')).toMatchObject({ certificate: { serial: certificate.serial } });
    expect(store.certificates.get(certificate.serial)).toEqual({
      serial: certificate.serial,
      authority: 'client',
      subject: number,
      der: certificate.der,
      issuedAt: start,
      notAfter: start + year,
      renews: null,
      state: 'valid',
      revokedAt: null,
      reason: null,
    });
    expect(store.certificates.statusOf(certificate.serial)).toBe('valid');
    expect(store.certificates.statusOf('00')).toBe('unknown');
    expect(actions()).toEqual(['enrolment/requested', 'certificate/issued']);
  });

  it('gives the winner to who loses the race for one token, and certifies a key once', () => {
    const id = begin(store, 'a');
    const issue = (name: string, of = id) =>
      store.enrolments.issue({ id: of, certificate: certificateOf(name), at: start, notice: '' });
    expect(issue('first').kind).toBe('issued');
    expect(issue('second')).toMatchObject({
      certificate: { serial: certificateOf('first').serial },
    });
    expect(store.certificates.get(certificateOf('second').serial)).toBeUndefined();
    expect(issue('first', begin(store, 'b', { number: other }))).toEqual({ kind: 'key-known' });
    expect(store.enrolments.isKeyKnown(certificateOf('first').publicKey)).toBe(true);
    expect(store.enrolments.isKeyKnown(certificateOf('third').publicKey)).toBe(false);
  });

  it('counts wrong tokens over restarts, and kills the token with the fifth', () => {
    const id = begin(store, 'a');
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(tryToken(id, '654321').kind).toBe('wrong');
      reopen();
    }
    expect(tryToken(id, '123456').kind).toBe('dead');
    expect(store.enrolments.get(id)).toMatchObject({ state: 'dead', end: 'tries' });
    expect(
      store.enrolments.issue({ id, certificate: certificateOf('a'), at: start, notice: '' }),
    ).toEqual({
      kind: 'refused',
    });
    expect(actions().filter((action) => action === 'enrolment/token-wrong')).toHaveLength(5);
  });

  it.each([
    ['too old', start + limits.lifetime],
    ['from the future, as after a clock set back', start - 1],
  ])('kills a token %s for good', (_, at) => {
    const id = begin(store, 'a');
    expect(tryToken(id, '123456', at).kind).toBe('expired');
    expect(tryToken(id, '123456', start).kind).toBe('expired');
    expect(store.enrolments.get(id)?.end).toBe('expired');
  });

  it('revokes the older certificate when a number enrols again, and queues the notice', () => {
    const first = enrol(store, 'a');
    const second = enrol(store, 'b');
    expect(store.certificates.get(first)).toMatchObject({ state: 'revoked', reason: 'superseded' });
    expect(store.certificates.isRevoked(first)).toBe(true);
    expect(store.certificates.statusOf(second)).toBe('valid');
    expect(store.messages.due(start, 10)).toMatchObject([{ number, text: 'revoked', attempts: 0 }]);
  });

  it('kills the other pending enrolments of a number that has its certificate, and nobody else’s', () => {
    const [older, stranger] = [begin(store, 'old'), begin(store, 'x', { number: other })];
    enrol(store, 'a');
    expect(store.enrolments.get(older)).toMatchObject({ state: 'dead', end: 'superseded' });
    expect(store.enrolments.get(stranger)?.state).toBe('pending');
  });

  it('revokes a number in one go: certificates, block, pending enrolments, log', () => {
    const serial = enrol(store, 'a');
    const pending = begin(store, 'b');
    const elsewhere = enrol(store, 'c', { number: other });
    const revocation = { number, by: 'alice', reason: 'keyCompromise', at: start + 1 } as const;
    expect(store.numbers.revokeNumber(revocation)).toEqual({
      serials: [serial],
      enrolmentsKilled: 1,
      alreadyBlocked: false,
    });
    reopen();
    expect(store.certificates.statusOf(serial)).toBe('revoked');
    expect(store.certificates.statusOf(elsewhere)).toBe('valid');
    expect(store.numbers.isBlocked(number)).toBe(true);
    expect(store.numbers.blocked()).toEqual([
      { number, by: 'alice', reason: 'keyCompromise', at: start + 1 },
    ]);
    expect(
      store.enrolments.issue({
        id: pending,
        certificate: certificateOf('x'),
        at: start,
        notice: '',
      }),
    ).toEqual({ kind: 'refused' });
    expect(store.certificates.revokedOf('client', start + 2)).toEqual([
      { serial, revokedAt: start + 1, reason: 'keyCompromise' },
    ]);
    expect(store.certificates.revokedOf('client', start + year + 1000)).toEqual([]);
    expect(
      store.audit.find({ subject: number, actor: 'alice' }, 10).map(({ action }) => action),
    ).toEqual(['number/revoked', 'enrolment/died', 'certificate/revoked']);
    expect(store.numbers.revokeNumber(revocation)).toMatchObject({
      serials: [],
      alreadyBlocked: true,
    });
  });

  it('answers for a blocked number as for any other with a wrong token, until it is released', () => {
    const before = begin(store, 'a');
    store.numbers.revokeNumber({ number, by: 'alice', reason: 'unspecified', at: start });
    const after = begin(store, 'b');
    for (const id of [before, after]) {
      for (let attempt = 0; attempt < 5; attempt += 1)
        expect(tryToken(id, '123456').kind).toBe('wrong');
      expect(tryToken(id, '123456').kind).toBe('dead');
    }
    expect(store.numbers.releaseNumber({ number, by: 'bob', at: start })).toBe(true);
    expect(store.numbers.releaseNumber({ number, by: 'bob', at: start })).toBe(false);
    expect(tryToken(after, '123456').kind).toBe('dead');
    expect(tryToken(begin(store, 'c'), '123456').kind).toBe('right');
  });

  it('renews a valid certificate, and no other', () => {
    const old = enrol(store, 'a');
    const renew = (serial: string, name: string, at = start) =>
      store.certificates.renew({ serial, certificate: certificateOf(name), at, notice: 'renewed' });
    expect(renew(old, 'too late', start + year + 1000)).toEqual({ kind: 'refused' });
    expect(renew(old, 'new')).toMatchObject({ kind: 'issued', superseded: [old] });
    expect(store.certificates.findByKey(certificateOf('new').publicKey)).toMatchObject({
      renews: old,
      subject: number,
    });
    expect(renew(old, 'again')).toEqual({ kind: 'refused' });
    expect(renew(certificateOf('new').serial, 'new')).toEqual({ kind: 'key-known' });
    store.numbers.revokeNumber({ number, by: 'alice', reason: 'keyCompromise', at: start });
    expect(renew(certificateOf('new').serial, 'newer')).toEqual({ kind: 'refused' });
  });

  it('revokes one certificate without blocking its number, and a server’s', () => {
    const serial = enrol(store, 'a');
    const server = certificateOf('server');
    store.certificates.addServer({ certificate: server, host: 'sip.example', at: start });
    const revoke = (of: string) =>
      store.certificates.revoke({
        serial: of,
        by: 'alice',
        reason: 'cessationOfOperation',
        at: start,
      });
    expect([revoke(serial), revoke(serial), revoke(server.serial), revoke('00')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(store.numbers.isBlocked(number)).toBe(false);
    expect(store.certificates.revokedOf('server', start)).toMatchObject([
      { serial: server.serial },
    ]);
  });

  it('tells what was committed, in order, and survives a listener that throws', () => {
    const kinds: StoreEvent['kind'][] = [];
    const states: boolean[] = [];
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    store.onCommitted(() => {
      throw new Error('broken listener');
    });
    const remove = store.onCommitted((event) => {
      kinds.push(event.kind);
      states.push(store.numbers.isBlocked(number));
    });
    enrol(store, 'a');
    store.numbers.revokeNumber({ number, by: 'alice', reason: 'unspecified', at: start });
    expect(kinds.filter((event) => event !== 'audit-appended')).toEqual([
      'certificate-issued',
      'number-blocked',
      'certificates-revoked',
    ]);
    expect(states[kinds.indexOf('number-blocked')]).toBe(true);
    remove();
    enrol(store, 'b', { number: other });
    expect(kinds.filter((event) => event === 'certificate-issued')).toHaveLength(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('broken listener'));
    warn.mockRestore();
  });

  it('counts a number’s requests without those that were never sent, and forgets old ones', () => {
    const id = begin(store, 'a');
    begin(store, 'b', { at: start + 1 });
    expect(store.enrolments.countSince(number, start - 1)).toBe(2);
    store.enrolments.notSent(id, start);
    expect(store.enrolments.countSince(number, start - 1)).toBe(1);
    store.enrolments.forget(start);
    expect(store.enrolments.get(id)).toBeUndefined();
    expect(store.enrolments.get('b'.repeat(32))).toBeDefined();
  });
});
