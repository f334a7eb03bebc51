import { signed32, word16 } from './bytes-at.ts';
import type { RtpFacts } from './facts-model.ts';
import { createReadability, type Readability } from './readability.ts';
import { addSequence, lostOf, newSequenceTrack, type SequenceTrack } from './sequence-track.ts';
import { rtpPayloadAt } from './udp-shape.ts';

/** Fewest packets that make a stream; one or two of the right shape prove nothing. */
const LEAST_PACKETS = 3;
/** Sequence numbers this near to the one before count as continuing. */
const NEAR = 100;
const LEAST_SHARE = 0.8;
/** RTP clock of narrowband audio, in ticks per millisecond. */
const TICKS_PER_MILLISECOND = 8;

const NO_PAYLOAD = 0xffff;

/** What the headers of one RTP source have shown so far. */
export interface RtpTrack {
  readonly ssrc: number;
  readonly sequences: SequenceTrack;
  readonly readability: Readability;
  /** Whether the next payload can still change whether it is readable. */
  readabilityOpen: boolean;
  readonly payloadTypes: number[];
  packets: number;
  /** Steps to a sequence number near the one before. */
  near: number;
  firstSequence: number;
  lastSequence: number;
  firstTimestamp: number;
  lastTimestamp: number;
  shortestPayload: number;
  longestPayload: number;
  /** In ticks (RFC 3550 appendix A.8). */
  jitter: number;
  lastType: number;
}

/** Before the first packet. */
export const newRtpTrack = (ssrc: number): RtpTrack => ({
  ssrc,
  sequences: newSequenceTrack(),
  readability: createReadability(),
  readabilityOpen: true,
  payloadTypes: [],
  packets: 0,
  near: 0,
  firstSequence: 0,
  lastSequence: 0,
  firstTimestamp: 0,
  lastTimestamp: 0,
  shortestPayload: NO_PAYLOAD,
  longestPayload: 0,
  jitter: 0,
  lastType: -1,
});

const takePayload = (track: RtpTrack, bytes: Uint8Array, from: number, to: number): void => {
  const at = rtpPayloadAt(bytes, from, to);
  const length = at < to ? to - at : 0;
  if (length < track.shortestPayload) track.shortestPayload = length;
  if (length > track.longestPayload) track.longestPayload = length;
  if (!track.readabilityOpen) return;
  track.readability.add(bytes.subarray(at < to ? at : to, to));
  track.readabilityOpen = track.readability.open;
};

/** When a packet passed; an object, because a fraction handed from function to function costs one each time. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Takes the RTP packet from `from` to `to`, so many milliseconds after the one before. */
export const takeRtp = (
  track: RtpTrack,
  bytes: Uint8Array,
  from: number,
  to: number,
  elapsed: number,
): void => {
  const type = (bytes[from + 1] ?? 0) & 0x7f;
  const sequence = word16(bytes, from + 2);
  const timestamp = signed32(bytes, from + 4);
  if (track.packets === 0) {
    track.firstSequence = sequence;
    track.firstTimestamp = timestamp;
  } else {
    const step = ((sequence - track.lastSequence) << 16) >> 16;
    if (step <= NEAR && step >= -NEAR) track.near += 1;
    const transit = elapsed * TICKS_PER_MILLISECOND - ((timestamp - track.lastTimestamp) | 0);
    track.jitter += (Math.abs(transit) - track.jitter) / 16;
  }
  track.packets += 1;
  track.lastSequence = sequence;
  track.lastTimestamp = timestamp;
  addSequence(track.sequences, sequence);
  if (type !== track.lastType) {
    track.lastType = type;
    if (!track.payloadTypes.includes(type)) track.payloadTypes.push(type);
  }
  takePayload(track, bytes, from, to);
};

/** Whether sequence numbers mostly go on from packet to packet, as a real source's do. */
export const isStream = ({ packets, near }: RtpTrack): boolean =>
  packets >= LEAST_PACKETS && near >= (packets - 1) * LEAST_SHARE;

/** What the track comes to. */
export const rtpFactsOf = (track: RtpTrack): RtpFacts => ({
  ssrc: track.ssrc,
  payloadTypes: track.payloadTypes,
  firstSequence: track.firstSequence,
  lastSequence: track.lastSequence,
  firstTimestamp: track.firstTimestamp >>> 0,
  lastTimestamp: track.lastTimestamp >>> 0,
  shortestPayload: track.shortestPayload,
  longestPayload: track.longestPayload,
  repeated: track.sequences.repeated,
  lost: lostOf(track.sequences),
  jitter: track.jitter / TICKS_PER_MILLISECOND,
  readableInClear: track.readability.plain || track.readability.tagged,
});
