import { fc, test } from '@fast-check/vitest';
import { afterAll, describe, expect, it } from 'vitest';
import { equal } from '../bytes.ts';
import type { Result } from '../result.ts';
import { deriveSessionKeys, type MasterKey } from './key-derivation.ts';
import { serializeRtp } from './packet.ts';
import { aesCm128HmacSha1Tag80, nodeTransform } from './srtp.ts';
import { createSrtpSender, newSenderState } from './srtp-sender.ts';
import { aesCm128HmacSha1Tag80Tables } from './srtp-tables.ts';
import { createTransforms } from './srtp-transform.ts';
import { openLibsrtp2, type Libsrtp2Session } from './testing/libsrtp2.ts';
import {
  arrivalsOf,
  packetFates,
  payloads,
  rtpPlans,
  type ArrivedPacket,
} from './testing/network-fates.ts';

/*
 * What differs from libsrtp2, whose replay window of 128 packets, its default, is ours: it accepts any number of sources, and
 * we four (I-3); it lets a sender go back to an index that it skipped, and we do not (I-4); it counts SRTCP from 1, and we, as
 * RFC 3711 section 3.4 says, from 0; and what is damaged in a header it may refuse for another reason.
 */

const library = openLibsrtp2();
const skipNote = library === null ? ' (skipped: libsrtp2 is missing, apt install libsrtp2-1)' : '';
const libraryTest = library === null ? test.skip : test;
const libraryIt = library === null ? it.skip : it;

const sessions: Libsrtp2Session[] = [];
afterAll(() => sessions.forEach((session) => session.close()));

const suites = [aesCm128HmacSha1Tag80, aesCm128HmacSha1Tag80Tables] as const;

const opened = (direction: 'outbound' | 'inbound', key: MasterKey): Libsrtp2Session => {
  if (library === null) throw new Error('libsrtp2 is missing');
  const session = library[direction](key);
  sessions.push(session);
  return session;
};

/** libsrtp2 first, then our two suites. */
const senders = (key: MasterKey) => [
  opened('outbound', key),
  ...suites.map((suite) => suite.sender(key)),
];
const receivers = (key: MasterKey) => [
  opened('inbound', key),
  ...suites.map((suite) => suite.receiver(key)),
];

const unwrap = (result: Result<Uint8Array>): Uint8Array => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code);

const agree = (left: Result<Uint8Array>, right: Result<Uint8Array>, damaged = false): boolean => {
  if (left.ok && right.ok) return equal(left.value, right.value);
  return !left.ok && !right.ok && (damaged || left.error.code === right.error.code);
};

/** Secures one packet by all; they must give the same bytes. */
const securedBy = (
  all: ReturnType<typeof senders>,
  how: 'protectRtp' | 'protectRtcp',
  bytes: Uint8Array,
): Uint8Array => {
  const [theirs, ...ours] = all.map((sender) => sender[how](bytes));
  if (!theirs || !ours.every((made) => agree(theirs, made)))
    throw new Error(`a packet of ${bytes.length} bytes came out differently`);
  return unwrap(theirs);
};

/** Opens every arrival by all; gives how often each outcome was, and where one of ours was not theirs. */
const openedBy = (
  all: ReturnType<typeof receivers>,
  how: 'unprotectRtp' | 'unprotectRtcp',
  arrivals: readonly ArrivedPacket[],
) => {
  const disagreements: string[] = [];
  const outcomes = new Map<string, number>();
  for (const [place, { bytes, damaged }] of arrivals.entries()) {
    const [theirs, byNode, byTables] = all.map((receiver) => receiver[how](bytes));
    if (!theirs || !byNode || !byTables) throw new Error('three receivers');
    if (!agree(theirs, byNode, damaged) || !agree(byNode, byTables))
      disagreements.push(`${place}: ${[theirs, byNode, byTables].map(codeOf).join(' ')}`);
    const outcome = damaged ? `damaged ${byNode.ok ? 'ok' : 'refused'}` : codeOf(byNode);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return { disagreements, outcomes };
};

const keys = fc.record({
  masterKey: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  masterSalt: fc.uint8Array({ minLength: 14, maxLength: 14 }),
});

/** Ten thousand packets in one property; a failure prints key and seed. */
const once = { numRuns: 1, endOnFailure: true };
const planOf = <Plan>(arbitrary: fc.Arbitrary<Plan>, seed: number): Plan[] =>
  fc.sample(arbitrary, { seed, numRuns: 10_000 });

const rtcpPlans = fc.record({ body: payloads, fate: packetFates });

const control = (body: Uint8Array): Uint8Array =>
  Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 7, ...body);

const KEY: MasterKey = {
  masterKey: Uint8Array.from({ length: 16 }, (_, at) => 3 * at),
  masterSalt: Uint8Array.from({ length: 14 }, (_, at) => 255 - at),
};

const audio = (sequence: number): Uint8Array => {
  const packet = new Uint8Array(50).fill(5);
  packet.set([0x80, 97, (sequence >> 8) & 255, sequence & 255]);
  return packet;
};

/** The packet of one index, whatever was sent before. */
const securedAt = (index: number): Uint8Array => {
  const packet = audio(index % 2 ** 16);
  const ssrc = new DataView(packet.buffer).getUint32(8);
  const state = { ...newSenderState(), rtp: new Map(index > 0 ? [[ssrc, index - 1]] : []) };
  const sender = createSrtpSender(createTransforms(KEY, nodeTransform), { state });
  return unwrap(sender.protectRtp(packet));
};

describe(`both suites and libsrtp2${skipNote}`, () => {
  libraryTest.prop([keys, fc.nat({ max: 2 ** 15 - 1 }), fc.integer()], once)(
    'secure the same 10,000 RTP packets, and accept and refuse the same arrivals of them',
    (key, first, seed) => {
      const sending = senders(key);
      const totals = [first, first, first];
      const sent = planOf(rtpPlans, seed).map(({ packet, step, source, fate }) => {
        const total = (totals[source] ?? 0) + step;
        totals[source] = total;
        const ssrc = 0xfffffff0 + source;
        const plain = serializeRtp({ ...packet, sequence: total % 2 ** 16, ssrc });
        return { bytes: securedBy(sending, 'protectRtp', plain), fate };
      });
      expect(Math.min(...totals)).toBeGreaterThan(2 ** 17);
      const { disagreements, outcomes } = openedBy(
        receivers(key),
        'unprotectRtp',
        arrivalsOf(sent),
      );
      expect(disagreements).toEqual([]);
      expect(outcomes.get('ok')).toBeGreaterThan(5000);
      expect([...outcomes.keys()].sort()).toEqual(['damaged refused', 'ok', 'replayed', 'too-old']);
    },
  );

  libraryTest.prop([keys, fc.integer()], once)(
    'secure the same 10,000 RTCP packets, and accept and refuse the same arrivals of them',
    (key, seed) => {
      const [theirs, ...ours] = senders(key);
      if (!theirs) throw new Error('libsrtp2 is missing');
      for (const sender of ours) unwrap(sender.protectRtcp(control(new Uint8Array(0))));
      const sent = planOf(rtcpPlans, seed).map(({ body, fate }) => ({
        bytes: securedBy([theirs, ...ours], 'protectRtcp', control(body)),
        fate,
      }));
      const { disagreements, outcomes } = openedBy(
        receivers(key),
        'unprotectRtcp',
        arrivalsOf(sent),
      );
      expect(disagreements).toEqual([]);
      expect(outcomes.get('ok')).toBeGreaterThan(5000);
      expect([...outcomes.keys()].sort()).toEqual(['damaged refused', 'ok', 'replayed', 'too-old']);
    },
  );

  libraryIt('end the replay window at the same packet, of RTP and of RTCP', () => {
    const [, sender] = senders(KEY);
    if (!sender) throw new Error('libsrtp2 is missing');
    const sent = {
      unprotectRtp: Array.from({ length: 300 }, (_, at) => unwrap(sender.protectRtp(audio(at)))),
      unprotectRtcp: Array.from({ length: 300 }, () =>
        unwrap(sender.protectRtcp(control(audio(0)))),
      ),
    };
    for (const how of ['unprotectRtp', 'unprotectRtcp'] as const)
      for (let distance = 120; distance <= 136; distance += 1) {
        const arrivals = [200, 200 - distance, 200 - distance, 201, 200 - distance + 1].map(
          (index) => ({ bytes: sent[how][index] ?? new Uint8Array(0), damaged: false }),
        );
        const { disagreements, outcomes } = openedBy(receivers(KEY), how, arrivals);
        expect(disagreements).toEqual([]);
        expect(outcomes.get('too-old')).toBe(distance < 128 ? undefined : 3);
      }
  });

  libraryIt('guess the same rollover counter around each half of a wrap', () => {
    const halves = [0, 2 ** 15, 2 ** 16, 3 * 2 ** 15, 2 ** 17];
    const near = [-1, 0, 1];
    const gaps = [1, 100, 2 ** 15 - 1, 2 ** 15, 2 ** 15 + 1, 40_000].flatMap((gap) => [gap, -gap]);
    const found = new Set<string>();
    for (const highest of halves.flatMap((half) => near.map((by) => half + by)))
      for (const index of gaps.map((gap) => highest + gap)) {
        if (highest < 0 || index < 0) continue;
        const path = Array.from({ length: Math.floor(highest / 30_000) }, (_, at) => at * 30_000);
        const arrivals = [...path, highest, index].map((at) => ({
          bytes: securedAt(at),
          damaged: false,
        }));
        const { disagreements, outcomes } = openedBy(receivers(KEY), 'unprotectRtp', arrivals);
        expect({ highest, index, disagreements }).toEqual({ highest, index, disagreements: [] });
        for (const outcome of outcomes.keys()) found.add(outcome);
      }
    expect(found).toEqual(new Set(['ok', 'tag', 'too-old']));
  });

  libraryIt('refuse to send an index twice; ours refuse every step back', () => {
    const all = senders(KEY);
    const codes = [10, 12, 12, 11].map((sequence) =>
      all.map((sender) => codeOf(sender.protectRtp(audio(sequence)))),
    );
    expect(codes).toEqual([
      ['ok', 'ok', 'ok'],
      ['ok', 'ok', 'ok'],
      ['replayed', 'index-reused', 'index-reused'],
      ['ok', 'index-reused', 'index-reused'],
    ]);
  });

  libraryIt('refuse authentic RTCP without the E flag', () => {
    const packet = Uint8Array.of(...control(new Uint8Array(20)), ...new Uint8Array(14));
    nodeTransform(deriveSessionKeys(KEY).rtcp).writeTag(packet, packet.length - 10, null);
    const [theirs, ...ours] = receivers(KEY).map((receiver) =>
      codeOf(receiver.unprotectRtcp(packet)),
    );
    expect(theirs).not.toBe('ok');
    expect(ours).toEqual(['not-encrypted', 'not-encrypted']);
  });
});
