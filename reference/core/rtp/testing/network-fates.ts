import { fc } from '@fast-check/vitest';
import type { RtpPacket } from '../packet.ts';
import { rtpPackets } from './arbitraries.ts';

/** One arrival of a packet: how many places late, and what was changed on the way. */
export interface PacketArrival {
  readonly delay: number;
  /** One bit turned over, or so many bytes missing at the end. */
  readonly damage: { readonly kind: 'bit' | 'cut'; readonly at: number } | null;
}

const arrivalWithin = (delay: number): fc.Arbitrary<PacketArrival> =>
  fc.record({
    delay: fc.nat({ max: delay }),
    damage: fc.option(
      fc.record({ kind: fc.constantFrom('bit' as const, 'cut' as const), at: fc.nat() }),
      { freq: 9 },
    ),
  });

/** What the network does to one packet: mostly nothing, else loss, copies, reordering within and beyond the replay window, damage. */
export const packetFates: fc.Arbitrary<readonly PacketArrival[]> = fc.oneof(
  { weight: 8, arbitrary: fc.constant([{ delay: 0, damage: null }]) },
  { weight: 1, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: fc.array(arrivalWithin(10), { minLength: 1, maxLength: 3 }) },
  { weight: 2, arbitrary: fc.array(arrivalWithin(400), { minLength: 1, maxLength: 2 }) },
);

/** A packet as it arrives. */
export interface ArrivedPacket {
  readonly bytes: Uint8Array;
  readonly damaged: boolean;
}

const damagedCopy = (
  bytes: Uint8Array,
  { kind, at }: NonNullable<PacketArrival['damage']>,
): Uint8Array => {
  if (kind === 'cut') return bytes.slice(0, at % bytes.length);
  const bit = at % (bytes.length * 8);
  const changed = bytes.slice();
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
  return changed;
};

/** Packets in the order of their arrival. */
export const arrivalsOf = (
  sent: readonly { readonly bytes: Uint8Array; readonly fate: readonly PacketArrival[] }[],
): readonly ArrivedPacket[] =>
  sent
    .flatMap(({ bytes, fate }, place) =>
      fate.map(({ delay, damage }) => ({
        at: place + delay,
        bytes: damage === null ? bytes : damagedCopy(bytes, damage),
        damaged: damage !== null,
      })),
    )
    .sort((left, right) => left.at - right.at);

/** Payloads of 0 to 1400 bytes, mostly those of an audio packet. */
export const payloads: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 70 }) }, fc.nat({ max: 1400 })), fc.nat())
  .map(([length, seed]) => Uint8Array.from({ length }, (_, at) => (seed >>> (at % 24)) + at));

/** Any RTP packet, from which source of three, how far its sequence number is ahead, and its fate. */
export const rtpPlans: fc.Arbitrary<{
  readonly packet: RtpPacket;
  readonly source: number;
  readonly step: number;
  readonly fate: readonly PacketArrival[];
}> = fc.record({
  packet: fc.tuple(rtpPackets, payloads).map(([packet, payload]) => ({ ...packet, payload })),
  source: fc.nat({ max: 2 }),
  step: fc.oneof(
    { weight: 15, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: 2000 }) },
  ),
  fate: packetFates,
});
