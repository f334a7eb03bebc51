import { describe, expect, it } from 'vitest';
import { fromLatin1, latin1 } from '../../core/bytes.ts';
import type { Revocation } from '../../core/csl/checks.ts';
import { offerChecks } from '../../core/csl/offer.ts';
import { withBody, type SipRequest } from '../../core/sip/message/message.ts';
import {
  changedOver,
  countOf,
  describedBy,
  failureOf,
  putOnHold,
  reAccepted,
  reConfirmed,
  reInviteOf,
  unchanged,
} from './testing/changes.ts';
import {
  acknowledgementOf,
  altered,
  callIdOf,
  changed,
  established,
  invite,
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

const directed = (direction: string, message: SipRequest): SipRequest =>
  withBody(message, fromLatin1(latin1(message.body).replace(/a=send\w+/, `a=${direction}`)));

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
    expect(countOf(bob, 'accept')).toBe(1);
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
    expect(countOf(alice, 're-invite')).toBe(1);
    await expect(alice.calls.resume()).rejects.toThrow(/under way/);
    alice.give({ kind: 're-invite-due', callId: callIdOf(alice) });
    const second = alice.last('re-invite');
    expect(countOf(alice, 're-invite')).toBe(2);
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
    expect(countOf(alice, 're-invite')).toBe(1);
    alice.give({ kind: 're-acknowledged', callId: callIdOf(alice), message });
    expect(countOf(alice, 're-invite')).toBe(2);
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
    expect(countOf(alice, 'acknowledge')).toBe(1);
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
  });
});
