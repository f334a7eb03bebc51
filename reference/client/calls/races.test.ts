import { describe, expect, it } from 'vitest';
import type { Revocation } from '../../core/csl/checks.ts';
import { makeRequest, type SipMessage } from '../../core/sip/message/message.ts';
import type { UserAgentEvent } from '../../core/sip/user-agent/user-agent.ts';
import {
  accepted,
  acknowledgementOf,
  BOB,
  callIdOf,
  confirmed,
  eventually,
  invite,
  inviteOf,
  openPortCount,
  type TestHandler,
} from './testing/handler.ts';
import { useHandlers } from './testing/handlers.ts';

const handler = useHandlers();

/** A revocation service that answers when it is told to. */
const slowRevocation = () => {
  const waiting: PromiseWithResolvers<Revocation>[] = [];
  const revocation = (): Promise<Revocation> => {
    const answer = Promise.withResolvers<Revocation>();
    waiting.push(answer);
    return answer.promise;
  };
  const answer = (): void => {
    for (const each of waiting.splice(0)) each.resolve('good');
  };
  return { parts: { revocation }, answer, waiting };
};

/** Lets everything that needs no outside event happen. */
const settled = async (): Promise<void> => void (await openPortCount());

const comesFrom = (from: TestHandler, callId: string): UserAgentEvent => ({
  kind: 'incoming-invite',
  callId,
  message: inviteOf(from),
});

describe('while ports are being opened', () => {
  it('the caller hangs up: no INVITE goes out', async () => {
    const alice = handler('alice');
    const dialling = alice.calls.dial(BOB);
    alice.calls.hangUp();
    await expect(dialling).rejects.toThrow(/ended before it was sent/);
    expect(alice.commands).toEqual([]);
    expect(alice.calls.view()).toMatchObject({ state: 'ended', endedBy: null });
  });

  it('a call comes in: it is busy, and the INVITE goes out', async () => {
    const [alice, bob] = [handler('alice'), handler('bob')];
    await bob.calls.dial(alice.number);
    const dialling = alice.calls.dial(BOB);
    alice.give(comesFrom(bob, 'call-2'));
    await dialling;
    expect(alice.kinds()).toEqual(['reject', 'invite']);
    expect(alice.last('reject').status).toBe(486);
    expect(alice.calls.view()).toMatchObject({ state: 'calling', peerNumber: BOB });
  });

  it.each([
    ['hangs up', (bob: TestHandler) => bob.calls.hangUp(), ['ring', 'hang-up']],
    [
      'is left by the caller, who gives up',
      (bob: TestHandler) => bob.give({ kind: 'cancelled', callId: callIdOf(bob) }),
      ['ring'],
    ],
    [
      'loses its connection',
      (bob: TestHandler) =>
        bob.give({ kind: 'ended', callId: callIdOf(bob), reason: 'connection-lost' }),
      ['ring'],
    ],
  ])('the callee, having accepted, %s: no 200 goes out', async (_, act, kinds) => {
    const bob = handler('bob');
    await invite(handler('alice'), bob);
    await bob.until(() => bob.kinds().includes('ring'));
    const answering = bob.calls.answer();
    act(bob);
    await answering;
    expect(bob.kinds()).toEqual(kinds);
    expect(bob.calls.view().state).toBe('ended');
  });

  it('the callee accepts twice: one 200', async () => {
    const bob = handler('bob');
    await invite(handler('alice'), bob);
    await bob.until(() => bob.kinds().includes('ring'));
    await Promise.all([bob.calls.answer(), bob.calls.answer()]);
    expect(bob.kinds()).toEqual(['ring', 'accept']);
    expect(await openPortCount()).toBe(4);
  });

  it('the phone stops: the ports are free once it has', async () => {
    const alice = handler('alice');
    const dialling = alice.calls.dial(BOB).catch((error: Error) => error.message);
    await alice.calls.close();
    expect(await openPortCount()).toBe(0);
    expect(await dialling).toMatch(/ended before it was sent/);
  });
});

describe('while an INVITE is being verified', () => {
  it('the caller gives up and another calls: only the other rings', async () => {
    const { parts, answer, waiting } = slowRevocation();
    const [alice, bob] = [handler('alice'), handler('bob', { parts })];
    bob.calls.setAutoAnswer(true);
    const first = await invite(alice, bob);
    bob.give({ kind: 'cancelled', callId: callIdOf(alice) });
    alice.calls.hangUp();
    await invite(alice, bob);
    await eventually(() => waiting.length === 2);
    answer();
    await bob.until(() => bob.kinds().includes('accept'));
    expect(bob.kinds()).toEqual(['ring', 'accept']);
    expect(callIdOf(bob)).toBe(callIdOf(alice));
    expect(inviteOf(alice)).not.toEqual(first);
  });

  it('the user cannot dial', async () => {
    const { parts, answer } = slowRevocation();
    const [alice, bob] = [handler('alice'), handler('bob', { parts })];
    await invite(alice, bob);
    await expect(bob.calls.dial(alice.number)).rejects.toThrow(/a call is under way/);
    answer();
    await bob.until(() => bob.kinds().includes('ring'));
    expect(bob.kinds()).toEqual(['ring']);
  });

  it('the phone stops: the INVITE is refused', async () => {
    const { parts } = slowRevocation();
    const bob = handler('bob', { parts });
    await invite(handler('alice'), bob);
    await bob.calls.close();
    expect(bob.kinds()).toEqual(['hang-up']);
  });
});

describe('while a 200 is being verified', () => {
  it.each([
    ['the caller hangs up', (alice: TestHandler) => alice.calls.hangUp(), null, 'hang-up'],
    [
      'the connection is lost',
      (alice: TestHandler) =>
        alice.give({ kind: 'ended', callId: callIdOf(alice), reason: 'connection-lost' }),
      'sip/connection-lost',
      'invite',
    ],
  ])('%s: nothing is acknowledged and nobody speaks', async (_, act, endedBy, last) => {
    const { parts, answer } = slowRevocation();
    const alice = handler('alice', { parts });
    const message = await accepted(alice, handler('bob'));
    alice.give({ kind: 'answered', callId: callIdOf(alice), message });
    act(alice);
    answer();
    await settled();
    expect(alice.kinds().at(-1)).toBe(last);
    expect(alice.calls.view()).toMatchObject({
      state: 'ended',
      endedBy,
      identifiers: null,
      packetsSent: 0,
    });
  });
});

describe('after hanging up', () => {
  it('the next INVITE waits until the last call has been given up', async () => {
    const alice = handler('alice', { endsLate: true });
    await alice.calls.dial(BOB);
    const first = callIdOf(alice);
    alice.calls.hangUp();
    const dialling = alice.calls.dial(BOB);
    await settled();
    expect(alice.kinds()).toEqual(['invite', 'hang-up']);
    alice.give({ kind: 'call-failed', callId: first, status: 487 });
    await dialling;
    expect(alice.kinds()).toEqual(['invite', 'hang-up', 'invite']);
    expect(alice.calls.view()).toMatchObject({ state: 'calling', endedBy: null });
  });

  it('an ACK that still comes starts nothing', async () => {
    const [alice, bob] = [handler('alice'), handler('bob', { endsLate: true })];
    const message = await confirmed(alice, bob);
    bob.calls.hangUp();
    bob.give({ kind: 'acknowledged', callId: callIdOf(bob), message });
    bob.give({ kind: 'ended', callId: callIdOf(bob), reason: 'local' });
    expect(bob.kinds()).toEqual(['ring', 'accept', 'hang-up']);
    expect(bob.calls.view()).toMatchObject({ state: 'ended', endedBy: null, packetsSent: 0 });
  });
});

describe('events of another Call-ID', () => {
  const message = makeRequest('BYE', `sip:${BOB}@example.com`, []);
  const foreign = (answer: SipMessage): readonly UserAgentEvent[] => [
    { kind: 'call-failed', callId: 'other', status: 487 },
    { kind: 'cancelled', callId: 'other' },
    { kind: 'bye', callId: 'other', message },
    { kind: 'ended', callId: 'other', reason: 'connection-lost' },
    { kind: 'acknowledged', callId: 'other', message },
    ...(answer.kind === 'response'
      ? (['progress', 'answered'] as const).map((kind) => ({
          kind,
          callId: 'other',
          message: answer,
        }))
      : []),
  ];

  it('do nothing to a call of any state', async () => {
    const [alice, bob] = [handler('alice'), handler('bob')];
    const answer = await accepted(alice, bob);
    const unmoved = (): void => {
      for (const each of [alice, bob]) {
        const { state } = each.calls.view();
        const before = each.kinds();
        for (const event of foreign(answer)) each.give(event);
        expect(each.calls.view().state).toBe(state);
        expect(each.kinds()).toEqual(before);
      }
    };
    unmoved();
    const callId = callIdOf(alice);
    alice.give({ kind: 'answered', callId, message: answer });
    await alice.until(() => alice.calls.view().state === 'in-call');
    unmoved();
    bob.give({ kind: 'acknowledged', callId, message: acknowledgementOf(alice) });
    unmoved();
    expect(bob.calls.view().state).toBe('in-call');
  });
});
