import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { aesCm128HmacSha1Tag80 } from '../../core/rtp/srtp.ts';
import {
  answerOf,
  BOB,
  callIdOf,
  confirmed,
  established,
  eventually,
  inviteOf,
  openPortCount,
  type TestHandler,
} from './testing/handler.ts';
import { useHandlers } from './testing/handlers.ts';

const handler = useHandlers();

describe('a fault of the phone itself', () => {
  const broken = {
    ...aesCm128HmacSha1Tag80,
    sender: (): never => {
      throw new Error('no cipher');
    },
  };

  it('when audio is to begin ends the call, on both sides', async () => {
    const bob = handler('bob', { parts: { suite: broken } });
    const alice = handler('alice');
    const message = await confirmed(alice, bob);
    bob.give({ kind: 'acknowledged', callId: callIdOf(bob), message });
    await bob.until(() => bob.refusals.length > 0);
    expect(bob.kinds()).toEqual(['ring', 'accept', 'hang-up']);
    expect(bob.refusals).toEqual(['phone/fault']);
    expect(bob.calls.view()).toMatchObject({
      state: 'ended',
      endedBy: 'phone/fault',
      identifiers: null,
    });
  });

  it('in the middle of a call ends it', async () => {
    let sent = 0;
    const sender: typeof aesCm128HmacSha1Tag80.sender = (key) => {
      const good = aesCm128HmacSha1Tag80.sender(key);
      const protectRtp: typeof good.protectRtp = (packet) => {
        if ((sent += 1) > 3) throw new Error('no cipher');
        return good.protectRtp(packet);
      };
      return { ...good, protectRtp };
    };
    const alice = handler('alice', { parts: { suite: { ...aesCm128HmacSha1Tag80, sender } } });
    await established(alice, handler('bob'));
    await alice.until(() => alice.refusals.length > 0);
    expect(alice.calls.view()).toMatchObject({ endedBy: 'phone/fault', packetsSent: 3 });
    expect(alice.kinds().at(-1)).toBe('hang-up');
    expect(sent).toBe(4);
  });

  it('in its screen is logged, and the call goes on', async () => {
    const changed = (): never => {
      throw new Error('no screen');
    };
    const bob = handler('bob', { changed });
    const alice = handler('alice');
    await established(alice, bob);
    await eventually(() => bob.calls.view().packetsReceived > 2);
    expect(bob.calls.view().state).toBe('in-call');
    expect(new Set(bob.refusals)).toEqual(new Set(['phone/screen']));
  });

  it('when it dials without an address to bind to is told in one line', async () => {
    const alice = handler('alice', { host: '192.0.2.1' });
    await expect(alice.calls.dial(BOB)).rejects.toThrow(
      /^phone media: no UDP port on 192\.0\.2\.1 \([^\n]+\); check the phone's address$/,
    );
    expect(alice.calls.view()).toMatchObject({ state: 'ended', endedBy: 'phone/fault' });
    expect(alice.commands).toEqual([]);
  });
});

describe('whatever happens in whatever order', () => {
  const actions = ['dial', 'answer', 'hang-up', 'INVITE', '200', 'ACK', 'turn'] as const;
  const ends = ['call-failed', 'cancelled', 'bye', 'ended'] as const;

  const happen = async (
    kind: (typeof actions)[number] | (typeof ends)[number],
    bob: TestHandler,
    alice: TestHandler,
  ): Promise<void> => {
    const callId = callIdOf(bob);
    const message = inviteOf(alice);
    if (kind === 'dial') void bob.calls.dial(alice.number).catch(() => undefined);
    else if (kind === 'answer') void bob.calls.answer();
    else if (kind === 'hang-up') bob.calls.hangUp();
    else if (kind === 'INVITE')
      bob.give({ kind: 'incoming-invite', callId: callIdOf(alice), message });
    else if (kind === '200')
      bob.give({ kind: 'answered', callId, message: answerOf(alice, message) });
    else if (kind === 'ACK') bob.give({ kind: 'acknowledged', callId, message });
    else if (kind === 'turn') await openPortCount();
    else if (kind === 'call-failed') bob.give({ kind, callId, status: 487 });
    else if (kind === 'ended') bob.give({ kind, callId, reason: 'ack-timeout' });
    else if (kind === 'bye') bob.give({ kind, callId, message });
    else bob.give({ kind, callId });
  };

  test.prop([fc.array(fc.constantFrom(...actions, ...ends), { maxLength: 12 })], { numRuns: 40 })(
    'nothing escapes and no port is left',
    async (steps) => {
      const [alice, bob] = [handler('alice'), handler('bob')];
      await alice.calls.dial(BOB);
      alice.commands.push({ kind: 'accept', body: new Uint8Array() });
      for (const step of steps) await happen(step, bob, alice);
      expect(['idle', 'calling', 'ringing', 'ended']).toContain(bob.calls.view().state);
      expect(bob.calls.view().identifiers).toBeNull();
      await Promise.all([alice.calls.close(), bob.calls.close()]);
      expect(await openPortCount()).toBe(0);
    },
  );
});
