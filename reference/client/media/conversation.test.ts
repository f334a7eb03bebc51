import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { serializeRtp } from '../../core/rtp/packet.ts';
import { parseRtcp } from '../../core/rtp/rtcp.ts';
import { aesCm128HmacSha1Tag80 as suite } from '../../core/rtp/srtp.ts';
import { loadSpeex, openSpeex, speexLibrary, type SpeexLibrary } from '../audio/speex-codec.ts';
import type { MediaRefusal } from './refusal-tally.ts';
import { changeOf, keysOf, PORTS, speexNote, useVirtualCalls } from './testing/virtual-call.ts';
import { createVirtualNetwork } from './testing/virtual-network.ts';

const { start, pass } = useVirtualCalls();

const folder = mkdtempSync(join(tmpdir(), 'conversation-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('hold and resume (interpretations I-9)', () => {
  it('sends no RTP while the direction forbids it, but RTCP, and goes on counting afterwards', async () => {
    const network = createVirtualNetwork();
    const [alice, bob] = [start(network, 'alice'), start(network, 'bob')];
    pass(1_000);
    const { sent, received } = bob.statistics();
    const audioTo = (port: number): number =>
      network.sent.filter((datagram) => datagram.port === port).length;
    alice.change(changeOf('alice', 1, 'sendonly'));
    bob.change(changeOf('bob', 1, 'recvonly'));
    const before = { audio: audioTo(PORTS.alice), control: audioTo(PORTS.alice + 1) };
    pass(10_000);
    expect(audioTo(PORTS.alice)).toBe(before.audio);
    expect(audioTo(PORTS.alice + 1)).toBeGreaterThan(before.control);
    expect(bob.statistics()).toMatchObject({ sent });
    expect(bob.statistics().received).toBeGreaterThan(received + 490);
    expect(alice.statistics().concealed).toBeLessThanOrEqual(10);
    alice.change(changeOf('alice', 2, 'inactive'));
    bob.change(changeOf('bob', 2, 'inactive'));
    const silent = network.sent.filter(({ port }) => port % 2 === 0).length;
    pass(5_000);
    expect(network.sent.filter(({ port }) => port % 2 === 0).length).toBe(silent);
    alice.change(changeOf('alice', 3, 'sendrecv'));
    bob.change(changeOf('bob', 3, 'sendrecv'));
    pass(1_000);
    expect(bob.statistics().sent).toBeGreaterThan(sent + 45);
    for (const each of [alice, bob])
      expect(each.statistics()).toMatchObject({ refused: 0, lost: 0 });
  });

  it('receives under the old keys for 2 s, tells the peer that the old source left, and never repeats an SSRC', () => {
    const network = createVirtualNetwork();
    const [alice, bob] = [start(network, 'alice'), start(network, 'bob')];
    pass(500);
    bob.change(changeOf('bob', 1, 'sendrecv'));
    const goodbye = network.sent.findLast(({ port }) => port === PORTS.alice + 1);
    const plain = suite
      .receiver(keysOf('bob', 0).ownKey)
      .unprotectRtcp(goodbye?.datagram ?? new Uint8Array(0));
    expect(plain.ok ? parseRtcp(plain.value) : plain).toMatchObject({
      value: [{}, {}, { type: 'goodbye', sources: [2] }],
    });
    const { received } = bob.statistics();
    pass(1_990);
    expect(bob.statistics().received).toBeGreaterThanOrEqual(received + 98);
    expect(bob.statistics().refused).toBe(0);
    pass(500);
    expect(bob.statistics().refused).toBeGreaterThan(20);
    // Bob's audio under keys that Alice does not have yet.
    expect(alice.statistics().refused).toBeGreaterThan(100);
    expect(() => bob.change(changeOf('bob', 1, 'sendrecv'))).toThrow(
      'phone media: the keys cannot change: ssrc-reused',
    );
  });
});

const noSpeex: SpeexLibrary = openSpeex((name) => {
  throw new Error(`${name} is not installed`);
});

describe('where libspeex is missing', () => {
  it('sends the recorded tone, checks what comes without decoding it, and says so', async () => {
    const network = createVirtualNetwork();
    const refusals: MediaRefusal[] = [];
    const path = join(folder, 'never.wav');
    const alice = start(network, 'alice', { speex: noSpeex });
    const bob = start(network, 'bob', {
      speex: noSpeex,
      audio: { source: { kind: 'silence' }, sink: { kind: 'wav', path } },
      onRefusal: (refusal) => refusals.push(refusal),
    });
    pass(1_000);
    const sender = suite.sender(keysOf('alice', 0).ownKey);
    const bad = sender.protectRtp(
      serializeRtp({
        marker: false,
        payloadType: 97,
        sequence: 1,
        timestamp: 0,
        ssrc: 77,
        csrc: [],
        extension: null,
        payload: Uint8Array.of(0x90, 1, 2),
        padding: new Uint8Array(0),
      }),
    );
    if (bad.ok) network.inject(PORTS.bob, bad.value);
    expect(bob.statistics()).toMatchObject({ malformed: 1, refused: 0 });
    expect(bob.statistics().received).toBeGreaterThan(45);
    expect(refusals).toEqual([
      { code: 'media/wideband', count: 1, detail: 'rtp: wideband, 1 in this call' },
    ]);
    expect(bob.heard()).toBe(null);
    for (const each of [alice, bob])
      expect(each.codec()).toMatch(
        /^audio: recorded .* nothing is decoded: libspeex could not be loaded \(libspeex\.so\.1 is not installed\)/,
      );
    await bob.end();
    expect(existsSync(path)).toBe(false);
  });
});

/** libspeex whose encoders and decoders are counted. */
const counted = (library: SpeexLibrary) => {
  const counts = { opened: 0, closed: 0 };
  const count = <Part extends { close(): void }>(part: Part): Part => {
    counts.opened += 1;
    const close = (): void => {
      counts.closed += 1;
      part.close();
    };
    return { ...part, close };
  };
  const { codec } = library;
  if (codec === null) return { library, counts };
  const wrapped: SpeexLibrary = {
    missing: null,
    codec: {
      createEncoder: (settings) => count(codec.createEncoder(settings)),
      createDecoder: () => count(codec.createDecoder()),
    },
  };
  return { library: wrapped, counts };
};

describe('a session', () => {
  it.skipIf(loadSpeex() === null)(
    `leaves no timer, no handler and no codec when it ends${speexNote}`,
    async () => {
      const network = createVirtualNetwork();
      const { library, counts } = counted(speexLibrary());
      const alice = start(network, 'alice', { speex: library });
      pass(100);
      await Promise.all([alice.end(), alice.end()]);
      pass(100);
      expect(counts).toEqual({ opened: 2, closed: 2 });
      expect(vi.getTimerCount()).toBe(0);
      expect(network.listeners()).toBe(0);
      const { length } = network.sent;
      alice.change(changeOf('alice', 1, 'sendrecv'));
      pass(1_000);
      expect(network.sent.length).toBe(length);
    },
  );

  it.skipIf(loadSpeex() === null)(
    `that cannot write its file says so, and leaves nothing${speexNote}`,
    () => {
      const network = createVirtualNetwork();
      const path = join(folder, 'no', 'such', 'folder.wav');
      const audio = { source: { kind: 'silence' }, sink: { kind: 'wav', path } } as const;
      expect(() => start(network, 'alice', { audio })).toThrow(/^phone audio: .*cannot be written/);
      expect(vi.getTimerCount()).toBe(0);
      expect(network.listeners()).toBe(0);
    },
  );

  it('reports by RTCP what both need to know the round trip', () => {
    const network = createVirtualNetwork(() => [40]);
    const [alice, bob] = [start(network, 'alice'), start(network, 'bob')];
    pass(15_000);
    for (const each of [alice, bob]) {
      expect(each.statistics().roundTrip).toBeCloseTo(80, -1);
      expect(each.statistics()).toMatchObject({ lost: 0, late: 0, jitter: 0, delay: 20 });
    }
  });

  it('plays on under a flood of strangers, and writes a few lines about it', () => {
    const network = createVirtualNetwork();
    const refusals: MediaRefusal[] = [];
    const alice = start(network, 'alice');
    const bob = start(network, 'bob', { onRefusal: (refusal) => refusals.push(refusal) });
    pass(1_000);
    const genuine = network.sent.find(({ port }) => port === PORTS.bob)?.datagram;
    if (!genuine) throw new Error('nothing was sent');
    for (let number = 0; number < 1_000; number += 1) {
      const noise = Uint8Array.from(
        { length: number % 90 },
        (_, at) => (at * 31 + number * 17) % 256,
      );
      network.inject(PORTS.bob, noise);
      network.inject(PORTS.bob + 1, noise);
      network.inject(PORTS.bob, genuine.with(20, (genuine[20] ?? 0) ^ (1 + (number % 255))));
      network.inject(PORTS.bob, genuine);
    }
    const flooded = bob.statistics();
    pass(1_000);
    expect(flooded.refused).toBe(4_000);
    expect(bob.statistics()).toMatchObject({ refused: 4_000, malformed: 0, late: 0, lost: 0 });
    expect(bob.statistics().received - flooded.received).toBe(50);
    expect(refusals.length).toBeLessThanOrEqual(20);
    expect(new Set(refusals.map(({ code }) => code))).toContain('media/replayed');
    expect(alice.statistics().refused).toBe(0);
  });
});
