import { fault, ok, type Fault, type Result } from '../result.ts';
import type { MasterKey } from './key-derivation.ts';
import { parseRtp, serializeRtp } from './packet.ts';
import { ntpTime, roundTrip } from './rtcp-time.ts';
import type { RtcpPopulation } from './rtcp-timer.ts';
import { canonicalName, parseRtcp, serializeRtcp, type RtcpPacket } from './rtcp.ts';
import type { SrtpSuite } from './srtp.ts';
import { createStreamSources, type StreamSources } from './stream-sources.ts';

/** Dynamic payload type of SPEEX/8000 (interpretations I-3). */
const PAYLOAD_TYPE = 97;

/** Samples in a frame of 20 ms at 8 kHz. */
const FRAME_SAMPLES = 160;

const SAMPLES_PER_MILLISECOND = 8;

/** One call's media, both directions. */
export interface MediaStreamOptions {
  readonly suite: SrtpSuite;
  /** Protects what we send. */
  readonly ownKey: MasterKey;
  /** Verifies what the peer sends. */
  readonly peerKey: MasterKey;
  /** 32 bits, random, fresh for every stream under a key (I-4). */
  readonly ssrc: number;
  /** Random, below 2^15 (I-4). */
  readonly firstSequence: number;
  /** 32 bits, random, in samples. */
  readonly firstTimestamp: number;
  readonly cname: string;
  /** Milliseconds since 1970, as every `now`. */
  readonly startedAt: number;
}

/** An authentic packet of the peer. */
export interface ReceivedFrame {
  readonly ssrc: number;
  /** How many other sources of the peer were heard before this one: 0 to 3 (interpretations I-3). */
  readonly order: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, in samples. */
  readonly timestamp: number;
  readonly frame: Uint8Array;
}

/** What a stream has seen so far. */
export interface StreamCounters {
  /** RTP packets. */
  readonly sent: number;
  /** Authentic RTP packets with audio. */
  readonly received: number;
  /** RTP and RTCP datagrams that were not accepted, for whatever reason. */
  readonly refused: number;
  /** RTP packets of the peer that never came. */
  readonly lost: number;
  /** Interarrival jitter of the peer's source heard last, in samples. */
  readonly jitter: number;
  /** Milliseconds to the peer and back, by its newest report on us that told; null before. */
  readonly roundTrip: number | null;
}

/** Media of one call without sockets or clock: datagrams in and out; `now` is milliseconds since 1970. */
export interface MediaStream {
  /** The datagram for the next frame of 20 ms. Refused only with the suite's codes `key-expired` and `erased`. */
  sendFrame(frame: Uint8Array, now: number): Result<Uint8Array>;
  /** Accepts a datagram of the RTP port: the suite's refusals, those of RTP, `payload-type` or `ssrc-collision`. */
  receive(datagram: Uint8Array, now: number): Result<ReceivedFrame>;
  /** Accepts a datagram of the RTCP port: the suite's refusals, those of RTCP, or `ssrc-collision`. */
  receiveControl(datagram: Uint8Array, now: number): Result<readonly RtcpPacket[]>;
  /** A datagram for the peer's RTCP port: a sender report if frames went out since the last report but one, else a receiver report. */
  report(now: number): Result<Uint8Array>;
  /** As {@link MediaStream.report}, with BYE: the last datagram of a source. `silent` if nothing was sent (RFC 3550 section 6.3.7). */
  goodbye(now: number): Result<Uint8Array>;
  /** Who takes part, `interval` being the deterministic one of RTCP in milliseconds. */
  population(interval: number, now: number): RtcpPopulation;
  counters(): StreamCounters;
  /** Overwrites the session keys; the master keys are the caller's to overwrite. */
  erase(): void;
}

interface SendState {
  sent: number;
  octets: number;
  /** Frames sent at the last report and at the one before. */
  reported: readonly [last: number, before: number];
  hasReported: boolean;
  lastTimestamp: number;
  lastSentAt: number;
}

/** RFC 3550 section 6.4: one that sent since the last report or the one before reports as a sender. */
const isSender = ({ sent, reported: [, before] }: SendState): boolean => sent > before;

const reportOf = (
  { ssrc, cname }: MediaStreamOptions,
  state: SendState,
  sources: StreamSources,
  now: number,
): readonly RtcpPacket[] => {
  const reports = sources.reports(now);
  const description = canonicalName(ssrc, cname);
  const extension = new Uint8Array(0);
  const sends = isSender(state);
  state.reported = [state.sent, state.reported[0]];
  state.hasReported = true;
  if (!sends) return [{ type: 'receiver-report', ssrc, reports, extension }, description];
  const elapsed = Math.round((now - state.lastSentAt) * SAMPLES_PER_MILLISECOND);
  return [
    {
      type: 'sender-report',
      ssrc,
      ...ntpTime(now),
      rtpTimestamp: (state.lastTimestamp + elapsed) >>> 0,
      packetCount: state.sent % 2 ** 32,
      octetCount: state.octets % 2 ** 32,
      reports,
      extension,
    },
    description,
  ];
};

const createSending = (options: MediaStreamOptions) => {
  const sender = options.suite.sender(options.ownKey);
  const state: SendState = {
    sent: 0,
    octets: 0,
    reported: [0, 0],
    hasReported: false,
    lastTimestamp: 0,
    lastSentAt: 0,
  };
  const sendFrame = (frame: Uint8Array, now: number): Result<Uint8Array> => {
    const timestamp = (options.firstTimestamp + state.sent * FRAME_SAMPLES) % 2 ** 32;
    const datagram = sender.protectRtp(
      serializeRtp({
        marker: state.sent === 0,
        payloadType: PAYLOAD_TYPE,
        sequence: (options.firstSequence + state.sent) % 2 ** 16,
        timestamp,
        ssrc: options.ssrc,
        csrc: [],
        extension: null,
        payload: frame,
        padding: new Uint8Array(0),
      }),
    );
    if (!datagram.ok) return datagram;
    state.sent += 1;
    state.octets += frame.length;
    state.lastTimestamp = timestamp;
    state.lastSentAt = now;
    return datagram;
  };
  return { sender, state, sendFrame };
};

/**
 * A peer that chose our own SSRC is refused (RFC 3550 section 8.2). Keys protect one direction each, so nothing is revealed by it,
 * and a loop of our own packets is refused before, by its tag.
 */
const isCollision = (options: MediaStreamOptions, ssrc: number): boolean => ssrc === options.ssrc;

const createReceiving = (options: MediaStreamOptions, sources: StreamSources) => {
  const receiver = options.suite.receiver(options.peerKey);
  let delay: number | null = null;
  const receive = (datagram: Uint8Array, now: number): Result<ReceivedFrame> => {
    const plain = receiver.unprotectRtp(datagram);
    if (!plain.ok) return plain;
    const packet = parseRtp(plain.value);
    if (!packet.ok) return packet;
    const { ssrc, sequence, timestamp, payload, payloadType } = packet.value;
    if (isCollision(options, ssrc)) return fault('ssrc-collision', 8);
    if (payloadType !== PAYLOAD_TYPE) return fault('payload-type', 1, String(payloadType));
    const order = sources.audio(ssrc, sequence, timestamp, now);
    return ok({ ssrc, order, sequence, timestamp, frame: payload });
  };
  const receiveControl = (datagram: Uint8Array, now: number): Result<readonly RtcpPacket[]> => {
    const plain = receiver.unprotectRtcp(datagram);
    if (!plain.ok) return plain;
    const packets = parseRtcp(plain.value);
    if (!packets.ok) return packets;
    const [first] = packets.value;
    if (first === undefined || !('ssrc' in first)) return fault('first-packet', 1);
    if (isCollision(options, first.ssrc)) return fault('ssrc-collision', 4);
    sources.control(first.ssrc, packets.value, now);
    for (const packet of packets.value)
      if ('reports' in packet)
        for (const report of packet.reports)
          if (report.ssrc === options.ssrc) delay = roundTrip(report, now) ?? delay;
    return packets;
  };
  return { receiver, receive, receiveControl, roundTrip: () => delay };
};

/** Sets up one call's media; `first-sequence` and `ssrc` refuse numbers out of range. */
export const createMediaStream = (
  options: MediaStreamOptions,
): Result<MediaStream, Fault<'first-sequence' | 'ssrc'>> => {
  const { firstSequence, ssrc } = options;
  if (!Number.isInteger(firstSequence) || firstSequence < 0 || firstSequence >= 2 ** 15)
    return fault('first-sequence', -1, String(firstSequence));
  if (!Number.isInteger(ssrc) || ssrc < 0 || ssrc >= 2 ** 32) return fault('ssrc');
  const sources = createStreamSources(options.startedAt);
  const { sender, state, sendFrame } = createSending(options);
  const receiving = createReceiving(options, sources);
  let received = 0;
  let refused = 0;
  const counted = <Value>(outcome: Result<Value>): Result<Value> => {
    if (!outcome.ok) refused += 1;
    return outcome;
  };
  const control = (now: number, ...further: readonly RtcpPacket[]): Result<Uint8Array> =>
    sender.protectRtcp(serializeRtcp([...reportOf(options, state, sources, now), ...further]));
  return ok({
    sendFrame,
    receive: (datagram, now) => {
      const outcome = counted(receiving.receive(datagram, now));
      if (outcome.ok) received += 1;
      return outcome;
    },
    receiveControl: (datagram, now) => counted(receiving.receiveControl(datagram, now)),
    report: (now) => control(now),
    goodbye: (now) =>
      state.sent === 0 && !state.hasReported
        ? fault('silent')
        : control(now, { type: 'goodbye', sources: [ssrc], reason: null }),
    population: (interval, now) => {
      const { members, senders } = sources.others(interval, now);
      const weSent = isSender(state);
      return { members: members + 1, senders: senders + (weSent ? 1 : 0), weSent };
    },
    counters: () => ({
      sent: state.sent,
      received,
      refused,
      lost: sources.lost(),
      jitter: sources.jitter(),
      roundTrip: receiving.roundTrip(),
    }),
    erase: () => {
      sender.erase();
      receiving.receiver.erase();
    },
  });
};
