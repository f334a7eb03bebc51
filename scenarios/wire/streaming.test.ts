import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../reference/core/bytes.ts';
import { aesCm128HmacSha1Tag80 } from '../../reference/core/rtp/srtp.ts';
import type { GatherOptions, VerifiedAudio, WireFacts } from './facts-model.ts';
import { gatherFacts } from './facts.ts';
import { verifyStream } from './srtp-check.ts';
import { ethernetFrame, ipv4Fragments, ipv6Packet, udpDatagram } from './testing/frames.ts';
import { rtpPackets, speexFrame } from './testing/media.ts';
import { pcapFile, tcpFlags, tcpFrame, udpFrame } from './testing/packets.ts';
import { blocksOf } from './testing/pcapng-builder.ts';

const options: GatherOptions = { sipPorts: [5061], registrationPorts: [443] };
const keyOf = (seed: number) => ({
  masterKey: new Uint8Array(16).fill(seed),
  masterSalt: new Uint8Array(14).fill(seed + 100),
});
const keys = [keyOf(1), keyOf(2), keyOf(3)];
const timed = (frames: readonly Uint8Array[]) =>
  frames.map((bytes, index) => ({ at: index * 20_000, bytes }));

const secure = (
  ssrc: number,
  count: number,
  key = keyOf(1),
  payload = speexFrame,
): Uint8Array[] => {
  const sender = aesCm128HmacSha1Tag80.sender(key);
  return rtpPackets(ssrc, count, payload).map((packet) => {
    const secured = sender.protectRtp(packet);
    if (!secured.ok) throw new Error(secured.error.code);
    return secured.value;
  });
};
const report = (ssrc: number, key = keyOf(1)): Uint8Array => {
  const secured = aesCm128HmacSha1Tag80
    .sender(key)
    .protectRtcp(Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, ssrc));
  if (!secured.ok) throw new Error(secured.error.code);
  return secured.value;
};
/** What a flow says of itself; the rest of a verification are the payloads and what needs no key. */
const resultOf = (verification: ReturnType<typeof verifyStream>): unknown =>
  Object.fromEntries(
    Object.entries(verification).filter(
      ([name]) => name !== 'payloads' && name !== 'readableInClear',
    ),
  );

describe('verification while reading', () => {
  const changed = secure(3, 8).map((packet, index) => (index === 4 ? packet.with(15, 1) : packet));
  const flows: readonly (readonly [name: string, packets: readonly Uint8Array[]])[] = [
    ['all verify', secure(1, 8)],
    ['under another key', secure(2, 8, keyOf(3))],
    ['one was changed', changed],
    ['one came again', [...secure(4, 8), ...secure(4, 8).slice(2, 3)]],
    ['no key is at hand', secure(5, 8, keyOf(9))],
    ['audio in clear', rtpPackets(6, 8)],
    ['no tag', secure(7, 8).map((packet) => packet.subarray(0, -10))],
    ['other contents', secure(8, 8, keyOf(1), new Uint8Array(30).fill(255))],
    ['two keys one after the other', [...secure(9, 8), ...secure(9, 12, keyOf(2)).slice(8)]],
  ];

  it.each(flows)(
    '%s: the same result as of the datagrams that were kept',
    async (_name, packets) => {
      const frames = packets.map((packet) => udpFrame(4000, 5000, packet));
      const facts = await gatherFacts(pcapFile(timed(frames)), { ...options, srtpKeys: keys });
      const [flow] = facts.udpFlows;
      const kept = verifyStream(flow?.datagrams ?? [], keys);
      expect(flow?.srtp).toEqual(resultOf(kept));
      expect(flow?.rtp?.readableInClear).toBe(kept.readableInClear);
      const lean = await gatherFacts(pcapFile(timed(frames)), {
        ...options,
        srtpKeys: keys,
        keptBytes: 0,
      });
      expect(lean.udpFlows).toMatchObject([
        { srtp: flow?.srtp, datagrams: [], notKept: packets.length },
      ]);
    },
  );

  it('says what was verified, when, and what it held', async () => {
    const frames = [...secure(1, 8), report(1)].map((packet, index) =>
      udpFrame(4000 + Math.floor(index / 8), 5000 + Math.floor(index / 8), packet),
    );
    const facts = await gatherFacts(pcapFile(timed(frames)), { ...options, srtpKeys: keys });
    expect(facts.udpFlows).toMatchObject([
      {
        srtp: {
          key: 0,
          verified: 8,
          failed: 0,
          rollover: 0,
          firstVerifiedAt: 0,
          lastVerifiedAt: 140,
          speex: { packets: 8, frames: 8, otherPackets: 0, firstRefusal: null },
        },
      },
      { protocol: 'rtcp', srtp: { key: 0, verified: 1, failed: 0 } },
    ]);
    expect((await gatherFacts(pcapFile(timed(frames)), options)).udpFlows[0]?.srtp).toBeNull();
  });

  it('a key with an SSRC is tried on that source only', async () => {
    const frames = [...secure(1, 4), ...secure(2, 4)].map((packet) => udpFrame(4000, 5000, packet));
    const srtpKeys = [{ ...keyOf(1), ssrc: 2 }];
    const facts = await gatherFacts(pcapFile(timed(frames)), { ...options, srtpKeys });
    expect(facts.udpFlows.map(({ srtp }) => [srtp?.key, srtp?.verified, srtp?.failed])).toEqual([
      [null, 0, 4],
      [0, 4, 0],
    ]);
  });

  it('without a key a flow is said to fail, and why where that shows', async () => {
    const streams = [secure(1, 4), rtpPackets(2, 4), [...secure(3, 4).slice(0, 3), report(3)]];
    const frames = streams.flat().map((packet) => udpFrame(4000, 5000, packet));
    const { udpFlows } = await gatherFacts(pcapFile(timed(frames)), { ...options, srtpKeys: [] });
    const told = udpFlows.map(({ srtp }) => [srtp?.key, srtp?.failed, srtp?.diagnosis]);
    expect(told).toEqual([
      [null, 4, 'unexplained'],
      [null, 4, 'clear'],
      [null, 3, 'unexplained'],
      [null, 1, 'unexplained'],
    ]);
    const kept = udpFlows.map(({ datagrams, rtp }) =>
      verifyStream(datagrams, [], rtp ? 'rtp' : 'rtcp'),
    );
    expect(udpFlows.map(({ srtp }) => srtp)).toEqual(kept.map(resultOf));
  });

  it('a stream that began before the capture verifies under a later rollover counter', async () => {
    const late = secure(1, 140_000, keyOf(1), new Uint8Array(1)).slice(-200);
    const frames = late.map((packet) => udpFrame(4000, 5000, packet));
    const facts = await gatherFacts(pcapFile(timed(frames)), { ...options, srtpKeys: keys });
    expect(facts.udpFlows).toMatchObject([{ srtp: { verified: 200, failed: 0, rollover: 2 } }]);
  });

  it('verified audio is handed on, decrypted, with its place in the stream', async () => {
    const heard: VerifiedAudio[] = [];
    const frames = secure(1, 3).map((packet) => udpFrame(4000, 5000, packet));
    const audio = { take: (packet: VerifiedAudio) => heard.push(packet), restart: () => {} };
    await gatherFacts(pcapFile(timed(frames)), { ...options, srtpKeys: keys, audio });
    expect(
      heard.map(({ at, ssrc, sequence, timestamp, payload }) => [
        at,
        ssrc,
        sequence,
        timestamp,
        payload,
      ]),
    ).toEqual([0, 1, 2].map((index) => [index * 20, 1, 1000 + index, index * 160, speexFrame]));
    expect(heard[0]?.destination).toEqual({ host: '10.0.0.2', port: 5000 });
  });
});

describe('RTP while reading', () => {
  it('loss and jitter are those of RFC 3550', async () => {
    const packets = rtpPackets(1, 20).filter((_, index) => index !== 7 && index !== 8);
    const late = [0, 0, 5, 0, 3];
    const file = pcapFile(
      packets.map((packet, index) => ({
        at: ((packet[3] ?? 0) - (1000 & 255)) * 20_000 + (late[index] ?? 0) * 1000,
        bytes: udpFrame(4000, 5000, packet),
      })),
    );
    const { udpFlows } = await gatherFacts(file, options);
    let jitter = 0;
    for (const index of packets.keys())
      if (index > 0)
        jitter += (Math.abs((late[index] ?? 0) - (late[index - 1] ?? 0)) - jitter) / 16;
    expect(udpFlows[0]?.rtp).toMatchObject({ lost: 2, repeated: 0 });
    expect(udpFlows[0]?.rtp?.jitter).toBeCloseTo(jitter, 6);
  });

  it('what looks like very many sources between two ports is one unknown flow behind the first of them', async () => {
    const frames = Array.from({ length: 500 }, (_, index) => {
      const packet = rtpPackets(index + 1, 1)[0] ?? new Uint8Array();
      return udpFrame(4000, 5000, packet);
    });
    const { udpFlows, problems } = await gatherFacts(pcapFile(timed(frames)), options);
    expect(udpFlows).toHaveLength(65);
    expect(udpFlows.at(-1)).toMatchObject({
      protocol: 'unknown',
      packets: 436,
      note: 'more sources than are told apart',
    });
    expect(problems).toEqual([]);
  });

  it('flows beyond the limit are named, and what is known already goes on', async () => {
    const source = function* (): Generator<Uint8Array> {
      const make = blocksOf('little');
      yield concat(make.section(), make.interface(1, 0));
      for (let index = 0; index < 50_010; index += 1)
        yield make.packet(
          0,
          1n,
          udpFrame(index % 60_000, index < 60_000 ? 9 : 10, Uint8Array.of(1)),
        );
      yield make.packet(0, 1n, udpFrame(3, 9, Uint8Array.of(2)));
    };
    const facts = await gatherFacts(source, options);
    expect(facts.problems).toMatchObject([{ code: 'limit-udp-flows' }]);
    expect(facts.other).toMatchObject([{ what: 'udp datagram of a flow too many', count: 10 }]);
    expect(facts.udpFlows).toHaveLength(50_000);
    expect(facts.udpFlows[3]?.packets).toBe(2);
  });
});

const tlsRecord = concat(Uint8Array.of(22, 3, 3, 0, 4, 1, 0, 0, 0), utf8('BYE sip:a SIP/2.0\r\n'));
const mixed = [
  ...secure(1, 6).map((packet) => udpFrame(4000, 5000, packet)),
  ...ipv4Fragments(
    17,
    udpDatagram(5060, 5060, concat(utf8('INVITE sip:a SIP/2.0\r\n'), new Uint8Array(90))),
    48,
  ).map((bytes) => ethernetFrame(0x0800, bytes)),
  ethernetFrame(0x86dd, ipv6Packet(17, udpDatagram(53, 53, new Uint8Array(30)))),
  tcpFrame(5061, { from: 'client', sequence: 0, flags: tcpFlags.syn }),
  tcpFrame(5061, { from: 'client', sequence: 20, payload: tlsRecord.subarray(19) }),
  tcpFrame(5061, { from: 'client', sequence: 1, payload: tlsRecord.subarray(0, 19) }),
  tcpFrame(5061, { from: 'client', sequence: 5, payload: new Uint8Array(10) }),
  udpFrame(4001, 5001, report(1)),
];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('facts', () => {
  const make = blocksOf('big');
  const file = concat(
    make.section(),
    make.interface(1, 0, make.option(1, utf8('made'))),
    ...mixed.map((bytes, index) => make.packet(0, BigInt(index * 20_000), bytes)),
    make.statistics(0, make.option(5, make.u64(3n))),
  );
  const everything = { ...options, srtpKeys: keys };
  const inPieces = (bytes: Uint8Array, cut: number): Promise<WireFacts> =>
    gatherFacts(function* (): Generator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += cut) yield bytes.slice(at, at + cut);
    }, everything);

  it('hold all of it', async () => {
    expect(await gatherFacts(file, everything)).toMatchObject({
      problems: [],
      comments: ['made'],
      packets: mixed.length,
      dropped: 3,
      clearSip: [{ line: 'INVITE sip:a SIP/2.0' }, { line: 'BYE sip:a SIP/2.0' }],
      tlsSessions: [
        { service: 'sip', problems: expect.arrayContaining(['client: overlap-conflict']) },
      ],
      other: [{ what: 'tcp overlap conflict', count: 1 }],
    });
  });

  it('are the same when the bytes are a Buffer', async () => {
    expect(await gatherFacts(Buffer.from(file), everything)).toEqual(
      await gatherFacts(file, everything),
    );
  });

  test.prop([fc.integer({ min: 1, max: 300 })], { numRuns: 30 })(
    'are the same however the bytes come',
    async (cut) => {
      expect(await inPieces(file, cut)).toEqual(await gatherFacts(file, everything));
    },
  );

  test.prop(
    [
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 30 }),
      fc.nat(),
      fc.integer({ min: 1, max: 500 }),
    ],
    { numRuns: 150 },
  )('of mutated captures are total', async (changes, end, cut) => {
    const bytes = file.slice(0, end % (file.length + 1));
    for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
    const facts = await inPieces(bytes, cut);
    expect(facts.packets).toBeLessThanOrEqual(mixed.length);
    const whole = await gatherFacts(bytes, everything);
    expect(facts).toEqual(whole);
  });

  it('of a broken file name a bounded number of problems', async () => {
    const bad = make.packet(7, 1n, new Uint8Array(20));
    const broken = concat(make.section(), ...Array.from({ length: 300 }, () => bad));
    const { problems } = await gatherFacts(broken, options);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toMatchObject({ code: 'limit-problems', detail: '200 more' });
  });

  it('of 200 MB cost no more memory than of 40 MB', async () => {
    const little = blocksOf('little');
    const start = concat(little.section(), little.interface(1, 0));
    const block = little.packet(0, 1n, udpFrame(4000, 5000, secure(1, 1)[0] ?? new Uint8Array()));
    const batch = new Uint8Array(block.length * 5000);
    const perStream = 40;
    /** Streams one after the other, each of 200,000 packets. */
    const stream = (megabytes: number) =>
      function* (): Generator<Uint8Array> {
        yield start;
        for (let sent = 0, number = 0; sent < megabytes * 1e6; number += 1) {
          for (let index = 0; index < 5000; index += 1) {
            const at = index * block.length;
            batch.set(block, at);
            batch[at + 28 + 42 + 2] = index >> 8;
            batch[at + 28 + 42 + 3] = index & 255;
            batch[at + 28 + 42 + 8] = Math.floor(number / perStream);
          }
          yield batch;
          sent += batch.length;
        }
      };
    const peakOf = async (megabytes: number): Promise<number> => {
      let peak = 0;
      const source = stream(megabytes);
      const watched = function* (): Generator<Uint8Array> {
        let chunks = 0;
        for (const chunk of source()) {
          yield chunk;
          if ((chunks += 1) % 50 === 0) {
            collectGarbage();
            const { heapUsed, arrayBuffers } = process.memoryUsage();
            peak = Math.max(peak, heapUsed + arrayBuffers);
          }
        }
      };
      const facts = await gatherFacts(watched, { ...options, keptBytes: 0 });
      expect(facts.packets * block.length).toBeGreaterThanOrEqual(megabytes * 1e6);
      return peak;
    };
    const small = await peakOf(40);
    expect(await peakOf(200)).toBeLessThan(small + 10e6);
  });
});
