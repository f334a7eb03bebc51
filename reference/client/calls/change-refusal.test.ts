import { describe, expect, it } from 'vitest';
import { fromLatin1, latin1 } from '../../core/bytes.ts';
import type { Revocation } from '../../core/csl/checks.ts';
import { withBody, type SipRequest } from '../../core/sip/message/message.ts';
import {
  changedOver,
  countOf,
  failureOf,
  putOnHold,
  reInviteOf,
  unchanged,
} from './testing/changes.ts';
import {
  altered,
  callIdOf,
  changed,
  established,
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
    await alice.until(() => countOf(alice, 'reject') === 2);
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
