import { describe, expect, it } from 'vitest';
import { fromLatin1, latin1 } from '../../core/bytes.ts';
import type { Revocation } from '../../core/csl/checks.ts';
import { offerChecks } from '../../core/csl/offer.ts';
import { header, withBody, type SipRequest } from '../../core/sip/message.ts';
import {
  changedOver,
  describedBy,
  putOnHold,
  reAccepted,
  reConfirmed,
  reInviteOf,
} from './testing/changes.ts';
import {
  acknowledgementOf,
  altered,
  callIdOf,
  changed,
  established,
  eventually,
  invite,
  inviteOf,
  type HandlerOptions,
  type TestHandler,
} from './testing/handler.ts';
import { useHandlers } from './testing/handlers.ts';

const handler = useHandlers();

const conversation = async (
  atBob: HandlerOptions = {},
): Promise<readonly [TestHandler, TestHandler]> => {
  const [alice, bob] = [handler('alice'), handler('bob', atBob)];
  await established(alice, bob);
  return [alice, bob];
};

/** Why a promise was rejected, empty where it was not. */
const failureOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => '',
    (error: Error) => error.message,
  );

const count = (each: TestHandler, kind: string): number =>
  each.kinds().filter((one) => one === kind).length;

/** Both still talk under the keys they had. */
const unchanged = async (...handlers: readonly TestHandler[]): Promise<void> => {
  for (const { calls } of handlers) {
    expect(calls.view()).toMatchObject({ state: 'in-call', held: 'none', packetsRefused: 0 });
    const before = calls.view().packetsReceived;
    await eventually(() => calls.view().packetsReceived > before + 1);
  }
};

const withoutCsl = (message: SipRequest): SipRequest =>
  ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'].reduce(
    (rest, name) => changed(rest, name, () => undefined),
    message,
  );

const directed = (direction: string, message: SipRequest): SipRequest =>
  withBody(message, fromLatin1(latin1(message.body).replace(/a=send\w+/, `a=${direction}`)));

describe('a re-INVITE is refused and the call goes on', () => {
  it.each([
    ['without X-CSL headers', 'csl/headers-absent', 488, withoutCsl],
    [
      'without X-CSL-Info2',
      'csl/headers-absent',
      488,
      (message) => changed(message, 'X-CSL-Info2', () => undefined),
    ],
    ['without an offer', 'csl/media', 488, (message) => withBody(message, new Uint8Array())],
    [
      'with another signature',
      'csl/signature',
      403,
      (message) => changed(message, 'X-CSL-Info2', (value) => altered(value, 40)),
    ],
    [
      'with another direction than signed',
      'csl/signature',
      403,
      (message) => directed('inactive', message),
    ],
    [
      'from another number',
      'csl/identity',
      403,
      (message) => changed(message, 'From', () => '<sip:+33600000009@x>;tag=a'),
    ],
  ] satisfies [string, string, number, (message: SipRequest) => SipRequest][])(
    '%s: %s',
    async (_, code, status, change) => {
      const [alice, bob] = await conversation();
      const holding = alice.calls.hold();
      const message = change(reInviteOf(alice, bob));
      bob.give({ kind: 're-invited', callId: callIdOf(bob), message });
      await bob.until(() => bob.kinds().includes('reject'));
      expect(bob.last('reject').status).toBe(status);
      expect(bob.refusals).toEqual([code]);
      alice.give({ kind: 're-invite-failed', callId: callIdOf(alice), status });
      await expect(holding).rejects.toThrow(`did not agree: sip/${status}; the call is as it was`);
      expect(alice.refusals).toEqual([`sip/${status}`]);
      await unchanged(alice, bob);
    },
  );

  it('from a renewed certificate of the same number: csl/dialog-certificate', async () => {
    const [alice, bob] = await conversation();
    const renewed = handler('renewedAlice');
    // The phone with the renewed certificate knows the dialog from a call of its own: only the certificate is foreign here.
    const twin = handler('bob');
    await established(renewed, twin);
    const holding = failureOf(renewed.calls.hold());
    const message = changed(reInviteOf(renewed, bob), 'Call-ID', () => callIdOf(alice));
    bob.give({ kind: 're-invited', callId: callIdOf(bob), message });
    await bob.until(() => bob.kinds().includes('reject'));
    expect(bob.last('reject').status).toBe(403);
    expect(bob.refusals).toEqual(['csl/dialog-certificate']);
    await unchanged(alice, bob);
    renewed.calls.hangUp();
    expect(await holding).toMatch(/ended before it was changed/);
  });

  it('that came before: csl/replay', async () => {
    const [alice, bob] = await conversation();
    const holding = alice.calls.hold();
    const message = reInviteOf(alice, bob);
    await changedOver(alice, bob);
    await holding;
    bob.give({ kind: 're-invited', callId: callIdOf(bob), message });
    await bob.until(() => bob.kinds().includes('reject'));
    expect(bob.refusals).toEqual(['csl/replay']);
    expect(bob.calls.view()).toMatchObject({ state: 'in-call', held: 'remote' });
  });

  it('that is the first INVITE of the call: csl/replay', async () => {
    const [alice, bob] = await conversation();
    bob.give({ kind: 're-invited', callId: callIdOf(bob), message: inviteOf(alice) });
    await bob.until(() => bob.kinds().includes('reject'));
    expect(bob.refusals).toEqual(['csl/replay']);
    await unchanged(alice, bob);
  });

  it('that signs another past: csl/signature', async () => {
    const [alice, bob] = await conversation();
    const holding = alice.calls.hold();
    const stale = reInviteOf(alice, bob);
    alice.give({ kind: 're-invite-failed', callId: callIdOf(alice), status: 488 });
    await expect(holding).rejects.toThrow('sip/488');
    await putOnHold(bob, alice);
    bob.give({ kind: 're-invited', callId: callIdOf(bob), message: stale });
    await bob.until(() => bob.kinds().includes('reject'));
    expect(bob.refusals).toEqual(['csl/signature']);
  });

  it('that is its own, while it is under way: csl/reflection is not even reached, 491', async () => {
    const [alice, bob] = await conversation();
    const holding = failureOf(alice.calls.hold());
    const message = reInviteOf(alice, bob);
    alice.give({ kind: 're-invited', callId: callIdOf(alice), message });
    await alice.until(() => alice.kinds().includes('reject'));
    expect(alice.last('reject').status).toBe(491);
    expect(alice.refusals).toEqual(['sip/request-pending']);
    alice.give({ kind: 're-invite-failed', callId: callIdOf(alice), status: 500 });
    expect(await holding).toMatch(/sip\/500/);
    alice.give({ kind: 're-invited', callId: callIdOf(alice), message });
    await alice.until(() => count(alice, 'reject') === 2);
    expect(alice.refusals.at(-1)).toBe('csl/reflection');
    await unchanged(alice, bob);
  });

  it.each([
    ['revoked', () => Promise.resolve('revoked' as const), 'csl/revoked', 403],
    ['unavailable', () => Promise.reject(new Error('x')), 'csl/revocation-unavailable', 480],
  ] satisfies [string, () => Promise<Revocation>, string, number][])(
    'from a certificate whose status is %s by now',
    async (_, later, code, status) => {
      const asked: (() => Promise<Revocation>)[] = [() => Promise.resolve('good')];
      const revocation = () => (asked.shift() ?? later)();
      const [alice, bob] = await conversation({ parts: { revocation } });
      const holding = failureOf(alice.calls.hold());
      const message = reInviteOf(alice, bob);
      bob.give({ kind: 're-invited', callId: callIdOf(bob), message });
      await bob.until(() => bob.kinds().includes('reject'));
      expect(bob.last('reject').status).toBe(status);
      expect(bob.refusals).toEqual([code]);
      await unchanged(alice, bob);
      alice.calls.hangUp();
      expect(await holding).toMatch(/ended before it was changed/);
    },
  );
});

describe('a re-INVITE taken back', () => {
  it('leaves the call as it was, while it is verified and after', async () => {
    const status = Promise.withResolvers<Revocation>();
    const asked: Promise<Revocation>[] = [Promise.resolve('good'), status.promise];
    const revocation = () => asked.shift() ?? Promise.resolve('good' as const);
    const [alice, bob] = await conversation({ parts: { revocation } });
    const holding = failureOf(alice.calls.hold());
    const callId = callIdOf(bob);
    bob.give({ kind: 're-invited', callId, message: reInviteOf(alice, bob) });
    bob.give({ kind: 're-invite-cancelled', callId });
    status.resolve('good');
    await unchanged(alice, bob);
    expect(count(bob, 'accept')).toBe(1);
    alice.give({ kind: 're-invite-failed', callId, status: 487 });
    expect(await holding).toMatch(/sip\/487/);
    await putOnHold(alice, bob);
    expect(bob.calls.view().held).toBe('remote');
  });
});

describe('491', () => {
  it('is followed by another try with fresh values, once it is time', async () => {
    const [alice, bob] = await conversation();
    const holding = alice.calls.hold();
    const first = alice.last('re-invite');
    alice.give({ kind: 're-invite-failed', callId: callIdOf(alice), status: 491 });
    expect(count(alice, 're-invite')).toBe(1);
    await expect(alice.calls.resume()).rejects.toThrow(/under way/);
    alice.give({ kind: 're-invite-due', callId: callIdOf(alice) });
    const second = alice.last('re-invite');
    expect(count(alice, 're-invite')).toBe(2);
    for (const name of ['X-CSL-Info1', 'X-CSL-Info2'])
      expect(second.headers?.find(([each]) => each === name)).not.toEqual(
        first.headers?.find(([each]) => each === name),
      );
    expect(describedBy(second.body).ssrcs).not.toEqual(describedBy(first.body).ssrcs);
    await changedOver(alice, bob);
    await holding;
    expect(alice.calls.view().held).toBe('local');
  });

  it('by glare: the peer’s goes first, and the next try knows of it', async () => {
    const [alice, bob] = await conversation();
    const [atAlice, atBob] = [alice.calls.hold(), bob.calls.hold()];
    for (const each of [alice, bob])
      each.give({ kind: 're-invite-failed', callId: callIdOf(each), status: 491 });
    bob.give({ kind: 're-invite-due', callId: callIdOf(bob) });
    const message = await reConfirmed(bob, alice);
    // Alice's wait is over while the 200 awaits its ACK: none is sent before (interpretations I-9).
    alice.give({ kind: 're-invite-due', callId: callIdOf(alice) });
    expect(count(alice, 're-invite')).toBe(1);
    alice.give({ kind: 're-acknowledged', callId: callIdOf(alice), message });
    expect(count(alice, 're-invite')).toBe(2);
    expect(describedBy(alice.last('re-invite').body).direction).toBe('inactive');
    await changedOver(alice, bob);
    await Promise.all([atAlice, atBob]);
    for (const each of [alice, bob]) expect(each.calls.view().held).toBe('both');
  });

  it('goes out while a 200 to a re-INVITE awaits its ACK', async () => {
    const [alice, bob] = await conversation();
    const holding = alice.calls.hold();
    await reAccepted(alice, bob);
    bob.give({ kind: 're-invited', callId: callIdOf(bob), message: reInviteOf(alice, bob) });
    await bob.until(() => bob.kinds().includes('reject'));
    expect(bob.last('reject').status).toBe(491);
    bob.calls.hangUp();
    alice.calls.hangUp();
    await expect(holding).rejects.toThrow(/ended before it was changed/);
  });
});

describe('after the 200 there is no way back', () => {
  it.each([
    ['another signature', 'csl/signature', (value: string) => altered(value, 40)],
    ['another tag', 'csl/tag', (value: string) => altered(value, -20)],
  ])('%s: the call ends with %s', async (_, code, change) => {
    const [alice, bob] = await conversation();
    const holding = alice.calls.hold();
    const message = changed(await reAccepted(alice, bob), 'X-CSL-Info2', change);
    const failed = failureOf(holding);
    alice.give({ kind: 're-answered', callId: callIdOf(alice), message });
    expect(await failed).toMatch(/ended before it was changed/);
    expect(alice.kinds().at(-1)).toBe('acknowledge-and-end');
    expect(alice.calls.view()).toMatchObject({ state: 'ended', endedBy: code, held: 'none' });
  });

  it('a direction that is no answer to the one offered: csl/media', async () => {
    const [alice, bob] = await conversation();
    const holding = alice.calls.hold();
    const good = await reAccepted(alice, bob);
    const body = latin1(good.body).replace('a=recvonly', 'a=sendrecv');
    const failed = failureOf(holding);
    const message = withBody(good, fromLatin1(body));
    alice.give({ kind: 're-answered', callId: callIdOf(alice), message });
    expect(await failed).toMatch(/ended before it was changed/);
    expect(alice.calls.view().endedBy).toBe('csl/media');
    expect(alice.kinds().at(-1)).toBe('acknowledge-and-end');
  });

  it.each([
    ['another tag', 'csl/tag', (value: string) => altered(value, 40)],
    ['no tag', 'csl/headers-absent', () => undefined],
  ])('an ACK with %s: the call ends with %s', async (_, code, change) => {
    const [alice, bob] = await conversation();
    const holding = alice.calls.hold();
    const good = await reConfirmed(alice, bob);
    await holding;
    for (const message of [changed(good, 'X-CSL-Info2', change), good])
      bob.give({ kind: 're-acknowledged', callId: callIdOf(bob), message });
    expect(bob.kinds().at(-1)).toBe('hang-up');
    expect(bob.calls.view()).toMatchObject({ state: 'ended', endedBy: code });
  });

  it('no ACK at all: the user agent ends the call', async () => {
    const [alice, bob] = await conversation();
    const holding = alice.calls.hold();
    const message = await reConfirmed(alice, bob);
    await holding;
    bob.give({ kind: 'ended', callId: callIdOf(bob), reason: 'ack-timeout' });
    expect(bob.calls.view()).toMatchObject({ state: 'ended', endedBy: 'sip/ack-timeout' });
    bob.give({ kind: 're-acknowledged', callId: callIdOf(bob), message });
    expect(bob.calls.view().state).toBe('ended');
  });
});

describe('the end of a call', () => {
  it('while a 200 to a re-INVITE is verified: nothing is acknowledged', async () => {
    const status = Promise.withResolvers<Revocation>();
    const asked: Promise<Revocation>[] = [Promise.resolve('good'), status.promise];
    const alice = handler('alice', {
      parts: { revocation: () => asked.shift() ?? Promise.resolve('good') },
    });
    const bob = handler('bob');
    await established(alice, bob);
    const holding = alice.calls.hold();
    const message = await reAccepted(alice, bob);
    alice.give({ kind: 're-answered', callId: callIdOf(alice), message });
    const failed = failureOf(holding);
    alice.give({ kind: 'bye', callId: callIdOf(alice), message: acknowledgementOf(alice) });
    status.resolve('good');
    expect(await failed).toMatch(/ended before it was changed/);
    expect(count(alice, 'acknowledge')).toBe(1);
    expect(alice.calls.view()).toMatchObject({ state: 'ended', endedBy: null });
  });
});

describe('events of a re-INVITE that fit no state', () => {
  it('do nothing', async () => {
    const [alice, bob] = await conversation();
    const message = acknowledgementOf(alice);
    for (const each of [alice, bob]) {
      const callId = callIdOf(each);
      const before = each.kinds();
      each.give({ kind: 're-acknowledged', callId, message });
      each.give({ kind: 're-invite-cancelled', callId });
      each.give({ kind: 're-invite-failed', callId, status: 500 });
      each.give({ kind: 're-invite-due', callId });
      expect(each.kinds()).toEqual(before);
    }
    await unchanged(alice, bob);
  });
});

describe('the first offer', () => {
  it.each([
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
  ])('of %s is answered %s', async (offered, answered) => {
    const checks = offerChecks.filter(({ code }) => code !== 'signature');
    const [alice, bob] = [handler('alice'), handler('bob', { parts: { offerChecks: checks } })];
    bob.calls.setAutoAnswer(true);
    await invite(alice, bob, (message) => directed(offered, message));
    await bob.until(() => bob.kinds().includes('accept'));
    const { headers = [], body } = bob.last('accept');
    expect(describedBy(body).direction).toBe(answered);
    expect(headers.map(([name]) => name)).toContain('X-CSL-Info2');
    expect(header(inviteOf(alice), 'X-CSL-Info1')).toBeDefined();
  });
});
