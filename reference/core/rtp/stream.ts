import { fault, ok, type Fault, type Result } from '../result.ts';
import type { MasterKey } from './key-derivation.ts';
import { parseRtp, serializeRtp } from './packet.ts';
import { createReception, type Reception } from './reception.ts';
import { canonicalName, parseRtcp, serializeRtcp, type RtcpPacket } from './rtcp.ts';
import type { SrtpSuite } from './srtp.ts';

/** Dynamic payload type of SPEEX/8000 (interpretations I-3). */
const PAYLOAD_TYPE = 97;

/** Samples in a frame of 20 ms at 8 kHz. */
const FRAME_SAMPLES = 160;

const SAMPLES_PER_MILLISECOND = 8;

/** Seconds from 1900 (NTP) to 1970. */
const NTP_EPOCH = 2_208_988_800;

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
  /** Interarrival jitter of the peer's newest source, in samples. */
  readonly jitter: number;
}

/** Media of one call without sockets or clock: datagrams in and out; `now` is milliseconds since 1970. */
export interface MediaStream {
  /** The datagram for the next frame of 20 ms. Refused only with the suite's codes `key-expired` and `erased`. */
  sendFrame(frame: Uint8Array, now: number): Result<Uint8Array>;
  /** Accepts a datagram of the RTP port: the suite's refusals, those of RTP, or `payload-type`. */
  receive(datagram: Uint8Array, now: number): Result<ReceivedFrame>;
  /** Accepts a datagram of the RTCP port. */
  receiveControl(datagram: Uint8Array, now: number): Result<readonly RtcpPacket[]>;
  /** A datagram for the peer's RTCP port: a sender report if frames went out since the last one, else a receiver report. */
  report(now: number): Result<Uint8Array>;
  /** As {@link MediaStream.report}, with BYE (RFC 3550 section 6.6): the last datagram of a call. */
  goodbye(now: number): Result<Uint8Array>;
  counters(): StreamCounters;
  /** Overwrites the session keys; the master keys are the caller's to overwrite. */
  erase(): void;
}

interface SendState {
  sent: number;
  octets: number;
  reported: number;
  lastTimestamp: number;
  lastSentAt: number;
}

const reportOf = (
  options: MediaStreamOptions,
  state: SendState,
  receptions: ReadonlyMap<number, Reception>,
  now: number,
): readonly RtcpPacket[] => {
  const { ssrc } = options;
  const reports = [...receptions.values()].map((reception) => reception.report(now));
  const description = canonicalName(ssrc, options.cname);
  const extension = new Uint8Array(0);
  if (state.sent === state.reported)
    return [{ type: 'receiver-report', ssrc, reports, extension }, description];
  state.reported = state.sent;
  const seconds = Math.floor(now / 1000);
  const elapsed = Math.round((now - state.lastSentAt) * SAMPLES_PER_MILLISECOND);
  return [
    {
      type: 'sender-report',
      ssrc,
      ntpSeconds: (seconds + NTP_EPOCH) % 2 ** 32,
      ntpFraction: Math.floor(((now - seconds * 1000) / 1000) * 2 ** 32),
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
  const state: SendState = { sent: 0, octets: 0, reported: 0, lastTimestamp: 0, lastSentAt: 0 };
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

const createReceiving = (options: MediaStreamOptions) => {
  const receiver = options.suite.receiver(options.peerKey);
  const receptions = new Map<number, Reception>();
  const receptionOf = (ssrc: number): Reception => {
    const reception = receptions.get(ssrc) ?? createReception(ssrc, options.startedAt);
    receptions.delete(ssrc);
    receptions.set(ssrc, reception);
    return reception;
  };
  const receive = (datagram: Uint8Array, now: number): Result<ReceivedFrame> => {
    const plain = receiver.unprotectRtp(datagram);
    if (!plain.ok) return plain;
    const packet = parseRtp(plain.value);
    if (!packet.ok) return packet;
    const { ssrc, sequence, timestamp, payload, payloadType } = packet.value;
    if (payloadType !== PAYLOAD_TYPE) return fault('payload-type', 1, String(payloadType));
    receptionOf(ssrc).packet(sequence, timestamp, now);
    return ok({ ssrc, sequence, timestamp, frame: payload });
  };
  const receiveControl = (datagram: Uint8Array, now: number): Result<readonly RtcpPacket[]> => {
    const plain = receiver.unprotectRtcp(datagram);
    if (!plain.ok) return plain;
    const packets = parseRtcp(plain.value);
    if (!packets.ok) return packets;
    for (const packet of packets.value)
      if (packet.type === 'sender-report')
        receptions.get(packet.ssrc)?.senderReport(packet.ntpSeconds, packet.ntpFraction, now);
    return packets;
  };
  return { receiver, receptions, receive, receiveControl };
};

/** Sets up one call's media; `first-sequence` and `ssrc` refuse numbers out of range. */
export const createMediaStream = (
  options: MediaStreamOptions,
): Result<MediaStream, Fault<'first-sequence' | 'ssrc'>> => {
  const { firstSequence, ssrc } = options;
  if (!Number.isInteger(firstSequence) || firstSequence < 0 || firstSequence >= 2 ** 15)
    return fault('first-sequence', -1, String(firstSequence));
  if (!Number.isInteger(ssrc) || ssrc < 0 || ssrc >= 2 ** 32) return fault('ssrc');
  const sending = createSending(options);
  const receiving = createReceiving(options);
  let received = 0;
  let refused = 0;
  const counted = <Value>(outcome: Result<Value>): Result<Value> => {
    if (!outcome.ok) refused += 1;
    return outcome;
  };
  const control = (now: number, ...further: readonly RtcpPacket[]): Result<Uint8Array> => {
    const packets = reportOf(options, sending.state, receiving.receptions, now);
    return sending.sender.protectRtcp(serializeRtcp([...packets, ...further]));
  };
  return ok({
    sendFrame: sending.sendFrame,
    receive: (datagram, now) => {
      const outcome = counted(receiving.receive(datagram, now));
      if (outcome.ok) received += 1;
      return outcome;
    },
    receiveControl: (datagram, now) => counted(receiving.receiveControl(datagram, now)),
    report: (now) => control(now),
    goodbye: (now) => control(now, { type: 'goodbye', sources: [ssrc], reason: null }),
    counters: () => {
      const all = [...receiving.receptions.values()];
      return {
        sent: sending.state.sent,
        received,
        refused,
        lost: all.reduce((total, reception) => total + reception.lost(), 0),
        jitter: all.at(-1)?.jitter() ?? 0,
      };
    },
    erase: () => {
      sending.sender.erase();
      receiving.receiver.erase();
    },
  });
};
