import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import type { Revocation } from '../../core/csl/checks.ts';
import type { SessionKeys } from '../../core/csl/key-schedule.ts';
import { parseMedia } from '../../core/sdp/media.ts';
import { header, withBody } from '../../core/sip/message/message.ts';
import {
  accepted,
  activeResources,
  ALICE,
  altered,
  BOB,
  callIdOf,
  changed,
  confirmed,
  established,
  eventually,
  invite,
  inviteOf,
  leftBehind,
  openPortCount,
  type TestHandler,
} from './testing/handler.ts';
import { useHandlers } from './testing/handlers.ts';

const handler = useHandlers();

const pair = (): readonly [TestHandler, TestHandler] => [handler('alice'), handler('bob')];

const octets = ({ callerToCallee, calleeToCaller }: SessionKeys): readonly number[] =>
  [callerToCallee, calleeToCaller].flatMap((key) => [...key.masterKey, ...key.masterSalt]);

const portIn = (body: Uint8Array): number => {
  const media = parseMedia(body);
  if (!media.ok) throw new Error(media.error.code);
  return media.value.port;
};

describe('an ordinary call', () => {
  it('shows identifiers crosswise, carries audio both ways and overwrites its keys at the end', async () => {
    const logged: SessionKeys[] = [];
    const logs = { mediaKeys: (keys: SessionKeys) => void logged.push(keys) };
    const [alice, bob] = [handler('alice', { logs }), handler('bob', { logs })];
    await established(alice, bob);
    const [first, second] = logged.map((keys) => octets(keys).join());
    expect(first).toBe(second);
    for (const each of [alice, bob]) await each.until(() => each.calls.view().packetsReceived >= 3);
    const [atAlice, atBob] = [alice.calls.view(), bob.calls.view()];
    expect(atAlice).toMatchObject({ state: 'in-call', peerNumber: BOB, packetsRefused: 0 });
    expect(atBob).toMatchObject({ state: 'in-call', peerNumber: ALICE, packetsRefused: 0 });
    expect(atAlice.identifiers?.local).toMatch(/^[0-9a-f]{4}( [0-9a-f]{4}){7}$/);
    expect(atAlice.identifiers?.local).toBe(atBob.identifiers?.peer);
    expect(atAlice.identifiers?.peer).toBe(atBob.identifiers?.local);
    alice.calls.hangUp();
    bob.give({ kind: 'bye', callId: callIdOf(bob), message: inviteOf(alice) });
    for (const each of [alice, bob])
      expect(each.calls.view()).toMatchObject({ state: 'ended', endedBy: null });
    expect(logged.flatMap(octets).filter((octet) => octet !== 0)).toEqual([]);
    expect(alice.kinds()).toEqual(['invite', 'acknowledge', 'hang-up']);
    expect(bob.kinds()).toEqual(['ring', 'accept']);
  });

  it('leaves no socket and no timer behind', async () => {
    const before = await activeResources();
    const [alice, bob] = pair();
    await established(alice, bob);
    await bob.until(() => bob.calls.view().packetsReceived > 0);
    expect(await leftBehind(before)).toContain('UDPWrap');
    expect(await openPortCount()).toBe(4);
    alice.calls.hangUp();
    bob.calls.hangUp();
    await Promise.all([alice.calls.close(), bob.calls.close()]);
    expect(await leftBehind(before)).toEqual([]);
  });

  it('is followed by another', async () => {
    const [alice, bob] = pair();
    await established(alice, bob);
    alice.calls.hangUp();
    bob.calls.hangUp();
    await established(bob, alice);
    expect(alice.calls.view()).toMatchObject({ state: 'in-call', peerNumber: BOB });
  });

  it.each([
    ['is no number', '0612345678', 'is no number'],
    ['is its own', ALICE, 'cannot call itself'],
  ])('is not dialled to a number that %s', async (_, number, message) => {
    const alice = handler('alice');
    await expect(alice.calls.dial(number)).rejects.toThrow(message);
    expect(alice.commands).toEqual([]);
    expect(alice.calls.view().state).toBe('idle');
  });
});

describe('before verification', () => {
  it('the callee shows, sends and hears nothing until the tag of the ACK verified', async () => {
    const [alice, bob] = pair();
    const ack = await confirmed(alice, bob);
    const stranger = createSocket('udp4');
    const port = portIn(bob.last('accept').body);
    const forged = new Uint8Array(60).fill(128);
    await new Promise((sent) => stranger.send(forged, port, '127.0.0.1', sent));
    await eventually(() => alice.calls.view().packetsSent >= 3);
    expect(bob.calls.view()).toMatchObject({
      state: 'ringing',
      identifiers: null,
      packetsSent: 0,
      packetsReceived: 0,
    });
    bob.give({ kind: 'acknowledged', callId: callIdOf(bob), message: ack });
    await bob.until(() => bob.calls.view().packetsReceived > 0);
    await new Promise<void>((closed) => stranger.close(closed));
    const { packetsReceived, packetsRefused } = bob.calls.view();
    expect(packetsRefused).toBe(0);
    expect(packetsReceived).toBeLessThanOrEqual(alice.calls.view().packetsSent - 2);
  });

  it('the caller shows and sends nothing until the 200 verified', async () => {
    const status = Promise.withResolvers<Revocation>();
    const alice = handler('alice', { parts: { revocation: () => status.promise } });
    const message = await accepted(alice, handler('bob'));
    alice.give({ kind: 'progress', callId: callIdOf(alice), message });
    alice.give({ kind: 'answered', callId: callIdOf(alice), message });
    expect(alice.calls.view()).toMatchObject({
      state: 'ringing',
      identifiers: null,
      packetsSent: 0,
    });
    expect(alice.kinds()).toEqual(['invite']);
    status.resolve('good');
    await eventually(() => alice.calls.view().packetsSent > 0);
    expect(alice.calls.view().identifiers).not.toBeNull();
    expect(alice.kinds()).toEqual(['invite', 'acknowledge']);
  });

  it('the phone shows nothing of an INVITE', async () => {
    const bob = handler('bob', { parts: { revocation: () => new Promise(() => undefined) } });
    await invite(handler('alice'), bob);
    expect(bob.calls.view()).toMatchObject({ state: 'idle', callId: '', peerNumber: '' });
  });
});

describe('a refused INVITE', () => {
  it.each([
    ['no X-CSL-Info2', 'csl/headers-absent', 488, 'X-CSL-Info2', () => undefined],
    ['another signature', 'csl/signature', 403, 'X-CSL-Info2', (value) => altered(value, 40)],
    ['another caller', 'csl/identity', 403, 'From', () => '<sip:+33600000009@x>;tag=a'],
    ['another callee', 'csl/identity', 403, 'To', () => '<sip:+33600000009@x>'],
    ['another Call-ID', 'csl/signature', 403, 'Call-ID', () => 'another'],
  ] satisfies [string, string, number, string, (value: string) => string | undefined][])(
    'with %s: %s',
    async (_, code, status, name, change) => {
      const [alice, bob] = pair();
      await invite(alice, bob, (message) => changed(message, name, change));
      await bob.until(() => bob.kinds().length > 0);
      expect(bob.commands).toEqual([{ kind: 'reject', status }]);
      expect(bob.refusals).toEqual([code]);
      expect(bob.calls.view()).toMatchObject({ state: 'idle', identifiers: null });
    },
  );

  it.each([
    ['is revoked', () => Promise.resolve('revoked' as const), 'csl/revoked', 403],
    ['nobody vouches for', () => Promise.reject(new Error('x')), 'csl/revocation-unavailable', 480],
  ])('from a certificate that %s', async (_, revocation, code, status) => {
    const bob = handler('bob', { parts: { revocation } });
    await invite(handler('alice'), bob);
    await bob.until(() => bob.kinds().length > 0);
    expect(bob.commands).toEqual([{ kind: 'reject', status }]);
    expect(bob.refusals).toEqual([code]);
  });

  it('that came before: csl/replay', async () => {
    const [alice, bob] = pair();
    const message = await invite(alice, bob);
    await bob.until(() => bob.kinds().includes('ring'));
    bob.give({ kind: 'cancelled', callId: callIdOf(bob) });
    bob.give({ kind: 'incoming-invite', callId: 'call-2', message });
    await bob.until(() => bob.kinds().includes('reject'));
    expect(bob.last('reject').status).toBe(403);
    expect(bob.refusals).toEqual(['csl/replay']);
  });

  it('that is our own: busy while it is under way, then csl/reflection', async () => {
    const alice = handler('alice');
    await alice.calls.dial(BOB);
    const message = inviteOf(alice);
    alice.give({ kind: 'incoming-invite', callId: 'call-2', message });
    expect(alice.last('reject').status).toBe(486);
    alice.calls.hangUp();
    alice.give({ kind: 'incoming-invite', callId: 'call-3', message });
    await alice.until(() => alice.refusals.length === 2);
    expect(alice.refusals).toEqual(['sip/busy', 'csl/reflection']);
    expect(alice.last('reject').status).toBe(403);
  });
});

describe('a refused 200', () => {
  it.each([
    ['another signature', 'csl/signature', 'X-CSL-Info2', (value) => altered(value, 40)],
    ['another tag', 'csl/tag', 'X-CSL-Info2', (value) => altered(value, -20)],
    ['no X-CSL-From', 'csl/headers-absent', 'X-CSL-From', () => undefined],
  ] satisfies [string, string, string, (value: string) => string | undefined][])(
    'with %s: %s',
    async (_, code, name, change) => {
      const [alice, bob] = pair();
      const message = changed(await accepted(alice, bob), name, change);
      alice.give({ kind: 'answered', callId: callIdOf(alice), message });
      await alice.until(() => alice.kinds().length > 1);
      expect(alice.kinds()).toEqual(['invite', 'acknowledge-and-end']);
      expect(alice.calls.view()).toMatchObject({
        state: 'ended',
        endedBy: code,
        identifiers: null,
        packetsSent: 0,
      });
    },
  );

  it('with the public value of our INVITE: csl/reflection', async () => {
    const [alice, bob] = pair();
    const good = await accepted(alice, bob);
    const own = header(inviteOf(alice), 'X-CSL-Info1');
    const message = changed(good, 'X-CSL-Info1', () => own);
    alice.give({ kind: 'answered', callId: callIdOf(alice), message });
    await alice.until(() => alice.kinds().length > 1);
    expect(alice.calls.view().endedBy).toBe('csl/reflection');
  });

  it.each([
    ['the reference phone', {}],
    ['a phone that checks nothing', { parts: { answerChecks: [] } }],
  ])('without media, by %s: csl/media', async (_, options) => {
    const alice = handler('alice', options);
    const message = withBody(await accepted(alice, handler('bob')), new Uint8Array());
    alice.give({ kind: 'answered', callId: callIdOf(alice), message });
    await alice.until(() => alice.kinds().length > 1);
    expect(alice.kinds()).toEqual(['invite', 'acknowledge-and-end']);
    expect(alice.calls.view()).toMatchObject({ state: 'ended', endedBy: 'csl/media' });
  });
});

describe('a refused ACK', () => {
  it.each([
    ['another tag', 'csl/tag', (value) => altered(value, 40)],
    ['no tag', 'csl/headers-absent', () => undefined],
  ] satisfies [string, string, (value: string) => string | undefined][])(
    'with %s ends the call, whatever follows: %s',
    async (_, code, change) => {
      const [alice, bob] = pair();
      const good = await confirmed(alice, bob);
      for (const message of [changed(good, 'X-CSL-Info2', change), good])
        bob.give({ kind: 'acknowledged', callId: callIdOf(bob), message });
      expect(bob.kinds()).toEqual(['ring', 'accept', 'hang-up']);
      expect(bob.calls.view()).toMatchObject({
        state: 'ended',
        endedBy: code,
        identifiers: null,
        packetsSent: 0,
      });
    },
  );
});
