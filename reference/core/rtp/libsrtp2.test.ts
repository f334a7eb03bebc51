import { fc, test } from '@fast-check/vitest';
import { afterAll, describe, expect } from 'vitest';
import type { Result } from '../result.ts';
import type { MasterKey } from './key-derivation.ts';
import { serializeRtp } from './packet.ts';
import { serializeRtcp } from './rtcp.ts';
import { aesCm128HmacSha1Tag80 } from './srtp.ts';
import { rtpPackets } from './testing/arbitraries.ts';
import { openLibsrtp2, type Libsrtp2Session } from './testing/libsrtp2.ts';

const library = openLibsrtp2();
const skipNote = library === null ? ' (skipped: libsrtp2 is missing, apt install libsrtp2-1)' : '';
const libraryTest = library === null ? test.skip : test;

const sessions: Libsrtp2Session[] = [];
afterAll(() => sessions.forEach((session) => session.close()));

const peers = (key: MasterKey) => {
  if (library === null) throw new Error('libsrtp2 is missing');
  const outbound = library.outbound(key);
  const inbound = library.inbound(key);
  sessions.push(outbound, inbound);
  return {
    outbound,
    inbound,
    sender: aesCm128HmacSha1Tag80.sender(key),
    receiver: aesCm128HmacSha1Tag80.receiver(key),
  };
};

/** The bytes, or the code of the refusal. */
const plain = (result: Result<Uint8Array>): Uint8Array | string =>
  result.ok ? result.value : result.error.code;

const unwrap = (result: Result<Uint8Array>): Uint8Array => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

const keys = fc.record({
  masterKey: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  masterSalt: fc.uint8Array({ minLength: 14, maxLength: 14 }),
});

/** What the network does to one packet: copies, each late by a number of places. */
const fates = fc.oneof(
  { weight: 8, arbitrary: fc.constant([0]) },
  { weight: 1, arbitrary: fc.constant<number[]>([]) },
  { weight: 2, arbitrary: fc.array(fc.nat({ max: 10 }), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 2 }) },
);

/** Steps of the sequence number: mostly 1, sometimes far, so that 1,000 packets cross 65535 several times. */
const steps = fc.oneof(
  { weight: 15, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: 2, max: 20_000 }) },
);

const arrivals = <Item>(
  sent: readonly { readonly item: Item; readonly fate: readonly number[] }[],
) =>
  sent
    .flatMap(({ item, fate }, place) => fate.map((delay) => ({ item, at: place + delay })))
    .sort((left, right) => left.at - right.at)
    .map(({ item }) => item);

/** A thousand packets' plans; a failure prints the seed alone. */
const planOf = <Plan>(arbitrary: fc.Arbitrary<Plan>, seed: number): Plan[] =>
  fc.sample(arbitrary, { seed, numRuns: 1000 });

const few = { numRuns: 5, endOnFailure: true };

const rtpPlans = fc.record({
  packet: rtpPackets,
  step: steps,
  source: fc.nat({ max: 2 }),
  fate: fates,
});

const rtcpPlans = fc.record({ body: fc.uint8Array({ maxLength: 60 }), fate: fates });

describe(`libsrtp2 as the other end${skipNote}`, () => {
  libraryTest.prop([keys, fc.nat({ max: 2 ** 15 - 1 }), fc.integer()], few)(
    'secures the same bytes of RTP, and accepts and refuses the same arrivals',
    (key, first, seed) => {
      const { outbound, inbound, sender, receiver } = peers(key);
      const totals = [first, first, first];
      const sent = planOf(rtpPlans, seed).map(({ packet, step, source, fate }) => {
        const total = (totals[source] ?? 0) + step;
        totals[source] = total;
        const ssrc = 0xfffffff0 + source;
        const bytes = serializeRtp({ ...packet, sequence: total % 2 ** 16, ssrc });
        const item = unwrap(sender.protectRtp(bytes));
        expect(item).toEqual(plain(outbound.protectRtp(bytes)));
        return { item, fate };
      });
      expect(Math.max(...totals)).toBeGreaterThan(2 ** 16);
      const codes = new Set<string>();
      for (const arrival of arrivals(sent)) {
        const ours = plain(receiver.unprotectRtp(arrival));
        expect(ours).toEqual(plain(inbound.unprotectRtp(arrival)));
        codes.add(typeof ours === 'string' ? ours : 'ok');
      }
      expect(codes).toContain('ok');
      expect(codes).toContain('replayed');
      expect(codes).toContain('too-old');
    },
  );

  libraryTest.prop([keys, fc.integer()], few)(
    'secures the same bytes of RTCP, and accepts and refuses the same arrivals',
    (key, seed) => {
      const { outbound, inbound, sender, receiver } = peers(key);
      const packetOf = (body: Uint8Array): Uint8Array =>
        serializeRtcp([
          {
            type: 'receiver-report',
            ssrc: 7,
            reports: [],
            extension: body.slice(0, body.length - (body.length % 4)),
          },
        ]);
      // RFC 3711 section 3.4 counts from 0, libsrtp2 from 1: one packet of ours comes before its first.
      unwrap(sender.protectRtcp(packetOf(new Uint8Array(0))));
      const sent = planOf(rtcpPlans, seed).map(({ body, fate }) => {
        const bytes = packetOf(body);
        const item = unwrap(sender.protectRtcp(bytes));
        expect(item).toEqual(plain(outbound.protectRtcp(bytes)));
        return { item, fate };
      });
      const codes = new Set<string>();
      for (const arrival of arrivals(sent)) {
        const ours = plain(receiver.unprotectRtcp(arrival));
        expect(ours).toEqual(plain(inbound.unprotectRtcp(arrival)));
        codes.add(typeof ours === 'string' ? ours : 'ok');
      }
      expect(codes).toEqual(new Set(['ok', 'replayed', 'too-old']));
    },
  );

  libraryTest.prop([keys, rtpPackets, fc.nat()], { numRuns: 200 })(
    'refuses the same changed packets',
    (key, packet, position) => {
      const { inbound, sender, receiver } = peers(key);
      const secured = unwrap(sender.protectRtp(serializeRtp(packet)));
      const at = position % secured.length;
      secured[at] = (secured[at] ?? 0) ^ (1 << (position & 7));
      expect(receiver.unprotectRtp(secured).ok).toBe(false);
      expect(inbound.unprotectRtp(secured).ok).toBe(false);
    },
  );
});
