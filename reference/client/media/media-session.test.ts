import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { SrtpMaster } from '../../core/csl/key-schedule.ts';
import { parseRtcp } from '../../core/rtp/rtcp.ts';
import { aesCm128HmacSha1Tag80 } from '../../core/rtp/srtp.ts';
import { loadSpeex, speexMissing } from '../audio/speex-codec.ts';
import { RECORDED_FREQUENCY } from '../audio/voice.ts';
import { startMedia, type MediaSession, type MediaSessionOptions } from './media-session.ts';
import { openPortPair, type PortPair } from './port-pair.ts';

const host = '127.0.0.1';
const suite = aesCm128HmacSha1Tag80;
const keyOf = (seed: number): SrtpMaster => ({
  masterKey: new Uint8Array(16).fill(seed),
  masterSalt: new Uint8Array(14).fill(seed + 1),
});
const [aliceKey, bobKey] = [keyOf(1), keyOf(3)];

const opened: PortPair[] = [];
const sessions: MediaSession[] = [];

const openPorts = async (): Promise<PortPair> => {
  const pair = await openPortPair(host);
  opened.push(pair);
  return pair;
};

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.end()));
  await Promise.all(opened.splice(0).map((pair) => pair.close()));
});

const eventually = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate();
};

const start = (
  name: 'alice' | 'bob',
  ports: PortPair,
  port: number,
  more: Partial<MediaSessionOptions> = {},
): MediaSession => {
  const [ownKey, peerKey] = name === 'alice' ? [aliceKey, bobKey] : [bobKey, aliceKey];
  const session = startMedia({
    suite,
    ports,
    peer: { address: host, port },
    ownKey,
    peerKey,
    ssrc: name === 'alice' ? 1 : 2,
    firstSequence: 100,
    firstTimestamp: 0,
    cname: name,
    onAudio: () => undefined,
    onFault: (error) => {
      throw error;
    },
    ...more,
  });
  sessions.push(session);
  return session;
};

/** Passes packets of one phone on to another's RTP port; every third has a bit of its payload flipped. */
const relayWithErrors = (relay: PortPair, to: PortPair) => {
  const counts = { passed: 0, flipped: 0 };
  relay.rtp.on('message', (datagram) => {
    const total = counts.passed + counts.flipped;
    const flip = total % 3 === 2;
    counts[flip ? 'flipped' : 'passed'] += 1;
    const sent = datagram.map((byte, index) => (flip && index === 20 ? byte ^ 1 : byte));
    relay.rtp.send(sent, to.port, host);
  });
  return counts;
};

describe('media of a call', () => {
  it.skipIf(loadSpeex() === null)(
    `is heard at both ends (needs libspeex: ${speexMissing() ?? 'it is here'})`,
    async () => {
      const [a, b] = [await openPorts(), await openPorts()];
      const [alice, bob] = [start('alice', a, b.port), start('bob', b, a.port)];
      await eventually(() => [alice, bob].every((each) => each.counters().received >= 25));
      for (const each of [alice, bob]) {
        expect(each.heard()).toBe(RECORDED_FREQUENCY);
        expect(each.counters().refused).toBe(0);
      }
    },
  );

  it('counts a packet with a flipped bit as refused, and does not play it', async () => {
    const [a, b, relay] = [await openPorts(), await openPorts(), await openPorts()];
    const counts = relayWithErrors(relay, b);
    let played = 0;
    start('alice', a, relay.port);
    const bob = start('bob', b, a.port, { onAudio: () => (played += 1) });
    await eventually(() => bob.counters().refused >= 3);
    const { received, refused } = bob.counters();
    expect(played).toBe(received);
    expect(Math.floor(received / 2)).toBe(refused);
    expect(counts.flipped).toBeGreaterThanOrEqual(refused);
  });

  it('ends with an RTCP BYE under the call key, then sends and hears nothing', async () => {
    const [a, b] = [await openPorts(), await openPorts()];
    const alice = start('alice', a, b.port);
    const bob = start('bob', b, a.port);
    await eventually(() => alice.counters().received > 0);
    const control = new Promise<Uint8Array>((heard) => b.rtcp.once('message', heard));
    const { sent, received } = alice.counters();
    await Promise.all([alice.end(), alice.end()]);
    const plain = suite.receiver(aliceKey).unprotectRtcp(await control);
    const packets = plain.ok ? parseRtcp(plain.value) : plain;
    expect(packets).toMatchObject({
      ok: true,
      value: [
        { type: 'sender-report', ssrc: 1, packetCount: sent },
        { type: 'source-description' },
        { type: 'goodbye', sources: [1] },
      ],
    });
    const before = bob.counters().sent;
    await eventually(() => bob.counters().sent > before + 2);
    expect(alice.counters()).toMatchObject({ sent, received, refused: 0 });
  });

  it('with a peer at port 65535 has no RTCP, and ends all the same', async () => {
    const alice = start('alice', await openPorts(), 65_535);
    await eventually(() => alice.counters().sent > 0);
    await expect(alice.end()).resolves.toBeUndefined();
  });

  it('with a peer of the other address family ends all the same', async () => {
    const alice = start('alice', await openPorts(), 9, { peer: { address: '::1', port: 9 } });
    await eventually(() => alice.counters().sent > 1);
    await expect(alice.end()).resolves.toBeUndefined();
  });

  it('tells a fault instead of throwing it at a timer or a socket', async () => {
    const faults: unknown[] = [];
    const [a, b] = [await openPorts(), await openPorts()];
    start('alice', a, b.port);
    const onAudio = (): never => {
      throw new Error('no ear');
    };
    start('bob', b, a.port, { onAudio, onFault: (error) => faults.push(error) });
    await eventually(() => faults.length > 1);
    expect(faults[0]).toEqual(new Error('no ear'));
  });
});
