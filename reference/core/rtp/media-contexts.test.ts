import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Result } from '../result.ts';
import type { MasterKey } from './key-derivation.ts';
import {
  createMediaContexts,
  type MediaContexts,
  type MediaContextsOptions,
  type NextContext,
} from './media-contexts.ts';
import { serializeRtp } from './packet.ts';
import { canonicalName, serializeRtcp } from './rtcp.ts';
import { aesCm128HmacSha1Tag80, type SrtpSuite } from './srtp.ts';
import { rtpPackets } from './testing/arbitraries.ts';

const keyOf = (seed: number): MasterKey => ({
  masterKey: new Uint8Array(16).fill(seed),
  masterSalt: new Uint8Array(14).fill(seed + 1),
});

const START = 1_700_000_000_000;
const FRAME = new Uint8Array(38);

const unwrap = <Value>(result: Result<Value> | null): Value => {
  if (result === null || !result.ok) throw new Error(result?.error.code ?? 'nothing was due');
  return result.value;
};

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code);

const BASE: MediaContextsOptions = {
  suite: aesCm128HmacSha1Tag80,
  ownKey: keyOf(1),
  peerKey: keyOf(2),
  ssrc: 1,
  firstSequence: 100,
  firstTimestamp: 0,
  cname: 'someone',
  startedAt: START,
  random: () => 0.5,
};

/** What side `own` changes to in the n-th exchange. */
const nextOf = (own: 1 | 2, exchange: number): NextContext => ({
  ownKey: keyOf(10 * exchange + own),
  peerKey: keyOf(10 * exchange + 3 - own),
  ssrc: 10 * exchange + own,
  firstSequence: 200,
  firstTimestamp: 5000,
});

const call = (): { alice: MediaContexts; bob: MediaContexts } => ({
  alice: unwrap(createMediaContexts(BASE)),
  bob: unwrap(createMediaContexts({ ...BASE, ...nextOf(2, 0) })),
});

describe('media over several key exchanges (interpretations I-9)', () => {
  it('sends with the new keys at once, and receives with the old ones for 2 s more', () => {
    const { alice, bob } = call();
    const [old, late, tooLate] = [0, 1, 2].map(() => unwrap(alice.sendFrame(FRAME, START)));
    const oldReport = unwrap(alice.report(START + 3_000));
    alice.change(nextOf(1, 1), START + 3_000);
    const fresh = unwrap(alice.sendFrame(FRAME, START + 3_000));
    if (!old || !late || !tooLate) throw new Error('nothing was sent');

    expect(codeOf(bob.receive(fresh, START + 3_010))).toBe('tag');
    expect(codeOf(bob.receive(old, START + 3_010))).toBe('ok');
    bob.change(nextOf(2, 1), START + 3_020);
    expect(bob.receive(fresh, START + 3_030)).toMatchObject({
      ok: true,
      value: { ssrc: 11, stream: 4, sequence: 200, timestamp: 5000 },
    });
    expect(bob.receive(late, START + 5_019)).toMatchObject({
      ok: true,
      value: { ssrc: 1, stream: 0, sequence: 101 },
    });
    expect(codeOf(bob.receiveControl(oldReport, START + 5_019))).toBe('ok');
    expect(codeOf(bob.receive(tooLate, START + 5_020))).toBe('tag');
    expect(alice.counters()).toMatchObject({ sent: 4 });
    expect(bob.counters()).toMatchObject({ received: 3, refused: 2, lost: 0 });
  });

  it('keeps its counters once the old context is erased', () => {
    const { alice, bob } = call();
    const packets = [0, 1, 2].map(() => unwrap(alice.sendFrame(FRAME, START)));
    for (const packet of [packets[0], packets[2]])
      if (packet) unwrap(bob.receive(packet, START + 20));
    bob.change(nextOf(2, 1), START + 40);
    const before = bob.counters();
    bob.expire(START + 10_000);
    expect(bob.counters()).toMatchObject({ received: 2, lost: 1 });
    expect(before).toMatchObject({ received: 2, lost: 1 });
    expect(bob.counters().jitter).toBe(0);
  });

  it('refuses an old SSRC, a bad number, and everything once erased', () => {
    const { alice } = call();
    expect(codeOf(alice.change({ ...nextOf(1, 1), ssrc: 1 }, START))).toBe('ssrc-reused');
    expect(codeOf(alice.change({ ...nextOf(1, 1), firstSequence: 2 ** 15 }, START))).toBe(
      'first-sequence',
    );
    expect(codeOf(alice.sendFrame(FRAME, START))).toBe('ok');
    alice.erase();
    expect(codeOf(alice.change(nextOf(1, 1), START))).toBe('erased');
    expect(codeOf(alice.sendFrame(FRAME, START))).toBe('erased');
  });

  it('erases the keys of each context, once its time is over or all is', () => {
    let erased = 0;
    const counting: SrtpSuite = {
      ...aesCm128HmacSha1Tag80,
      receiver: (key) => {
        const receiver = aesCm128HmacSha1Tag80.receiver(key);
        const erase = (): void => {
          erased += 1;
          receiver.erase();
        };
        return { ...receiver, erase };
      },
    };
    const alice = unwrap(createMediaContexts({ ...BASE, suite: counting }));
    alice.change(nextOf(1, 1), START);
    alice.expire(START + 1_999);
    expect(erased).toBe(0);
    alice.expire(START + 2_000);
    expect(erased).toBe(1);
    alice.change(nextOf(1, 2), START + 3_000);
    alice.erase();
    expect(erased).toBe(3);
  });

  it('holds at most three old contexts, however fast keys change', () => {
    const { alice, bob } = call();
    const packets = [unwrap(alice.sendFrame(FRAME, START))];
    for (let exchange = 1; exchange <= 4; exchange += 1) {
      alice.change(nextOf(1, exchange), START);
      bob.change(nextOf(2, exchange), START);
      packets.push(unwrap(alice.sendFrame(FRAME, START)));
    }
    expect(packets.map((packet) => codeOf(bob.receive(packet, START + 1)))).toEqual([
      'tag',
      'ok',
      'ok',
      'ok',
      'ok',
    ]);
  });

  it('reports by the timer, learns the round trip, and says goodbye with its newest source', () => {
    const { alice, bob } = call();
    unwrap(bob.receive(unwrap(alice.sendFrame(FRAME, START)), START + 30));
    unwrap(alice.receive(unwrap(bob.sendFrame(FRAME, START)), START + 30));
    expect(alice.report(START + 2_000)).toBe(null);
    unwrap(bob.receiveControl(unwrap(alice.report(START + 2_100)), START + 2_130));
    expect(bob.counters().roundTrip).toBe(null);
    unwrap(alice.receiveControl(unwrap(bob.report(START + 3_130)), START + 3_160));
    expect(alice.counters().roundTrip).toBeCloseTo(60, 0);
    alice.change(nextOf(1, 1), START + 4_000);
    expect(alice.counters().roundTrip).toBeCloseTo(60, 0);
    expect(codeOf(alice.goodbye(START + 4_000))).toBe('silent');
    unwrap(alice.sendFrame(FRAME, START + 4_000));
    bob.change(nextOf(2, 1), START + 4_000);
    expect(unwrap(bob.receiveControl(unwrap(alice.goodbye(START)), START)).at(-1)).toMatchObject({
      type: 'goodbye',
      sources: [11],
    });
  });
});

const byPeer = () => aesCm128HmacSha1Tag80.sender(keyOf(2));

describe('a peer that has the keys', () => {
  it('is refused with our own SSRC (RFC 3550 section 8.2), and with a fifth one (I-3)', () => {
    const { alice } = call();
    const sender = byPeer();
    const rtp = (ssrc: number) =>
      unwrap(
        sender.protectRtp(
          serializeRtp({
            marker: false,
            payloadType: 97,
            sequence: 1,
            timestamp: 0,
            ssrc,
            csrc: [],
            extension: null,
            payload: FRAME,
            padding: new Uint8Array(0),
          }),
        ),
      );
    const report = {
      type: 'receiver-report',
      ssrc: 1,
      reports: [],
      extension: FRAME.subarray(0, 0),
    } as const;
    const control = unwrap(sender.protectRtcp(serializeRtcp([report, canonicalName(1, 'me')])));
    expect(codeOf(alice.receive(rtp(1), START))).toBe('ssrc-collision');
    expect(codeOf(alice.receiveControl(control, START))).toBe('ssrc-collision');
    expect([5, 6, 7, 8].map((ssrc) => codeOf(alice.receive(rtp(ssrc), START)))).toEqual([
      'ok',
      'ok',
      'ok',
      'too-many-sources',
    ]);
    expect(alice.counters()).toMatchObject({ received: 3, refused: 3 });
  });

  test.prop([
    fc.array(
      fc.oneof(
        rtpPackets.map((packet) => ({ kind: 'rtp' as const, bytes: serializeRtp(packet) })),
        fc
          .tuple(
            fc.constantFrom(200, 201, 202, 203),
            fc.uint8Array({ minLength: 4, maxLength: 90 }),
          )
          .map(([type, body]) => ({
            kind: 'rtcp' as const,
            bytes: Uint8Array.from([0x81, type, 0, Math.floor(body.length / 4), ...body]),
          })),
      ),
      { maxLength: 12 },
    ),
  ])('may send anything: each datagram has one outcome, and audio goes on', (packets) => {
    const { alice } = call();
    const sender = byPeer();
    let refused = 0;
    for (const { kind, bytes } of packets) {
      const datagram = kind === 'rtp' ? sender.protectRtp(bytes) : sender.protectRtcp(bytes);
      if (!datagram.ok) continue;
      const outcome =
        kind === 'rtp'
          ? alice.receive(datagram.value, START)
          : alice.receiveControl(datagram.value, START);
      if (!outcome.ok) refused += 1;
    }
    expect(alice.counters().refused).toBe(refused);
    expect(codeOf(alice.sendFrame(FRAME, START))).toBe('ok');
    expect(codeOf(alice.report(START + 10_000) ?? alice.goodbye(START))).toBe('ok');
  });
});

describe('datagrams that nobody authenticated', () => {
  const noise = fc.oneof(
    fc.record({ kind: fc.constant('random' as const), bytes: fc.uint8Array({ maxLength: 120 }) }),
    fc.record({
      kind: fc.constant('flipped' as const),
      bit: fc.nat({ max: 800 }),
      control: fc.boolean(),
    }),
  );
  test.prop([fc.array(noise, { maxLength: 30 })])('change no state but the count', (datagrams) => {
    const { alice, bob } = call();
    const twin = call().bob;
    const both = [bob, twin] as const;
    const sent = datagrams.map((_, index) => unwrap(alice.sendFrame(FRAME, START + 20 * index)));
    const report = unwrap(alice.report(START + 3_000));
    datagrams.forEach((datagram, index) => {
      const now = START + 20 * index;
      const genuine = datagram.kind === 'flipped' && datagram.control ? report : sent[index];
      if (genuine === undefined) return;
      const at = datagram.kind === 'flipped' ? datagram.bit % (8 * genuine.length) : 0;
      const bytes =
        datagram.kind === 'random'
          ? datagram.bytes
          : genuine.map((byte, place) => (place === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
      expect(bob.receive(bytes, now).ok).toBe(false);
      expect(bob.receiveControl(bytes, now).ok).toBe(false);
      for (const side of both) unwrap(side.receive(sent[index] ?? bytes, now));
    });
    for (const side of both) unwrap(side.receiveControl(report, START + 3_000));
    expect(bob.counters()).toEqual({ ...twin.counters(), refused: 2 * datagrams.length });
    expect(bob.report(START + 9_000)).toEqual(twin.report(START + 9_000));
  });
});
