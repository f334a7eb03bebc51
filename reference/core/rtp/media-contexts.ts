import { fault, ok, type Fault, type Result } from '../result.ts';
import { createRtcpTimer, type RtcpPopulation } from './rtcp-timer.ts';
import type { RtcpPacket } from './rtcp.ts';
import {
  createMediaStream,
  type MediaStream,
  type MediaStreamOptions,
  type ReceivedFrame,
  type StreamCounters,
} from './stream.ts';

/** Milliseconds for which packets under replaced keys are still received (interpretations I-9). */
const OVERLAP = 2_000;

/** Replaced contexts held at once; a peer that changes keys faster loses the oldest earlier. */
const MAXIMUM_PREVIOUS = 3;

/** An SRTP receiver accepts at most 4 SSRCs under a key (interpretations I-3). */
const STREAMS_IN_CONTEXT = 4;

/** Bytes a second for RTCP: 5 % (RFC 3550 section 6.2) of two streams of 50 packets of 88 bytes, headers of UDP and IP included. */
const CONTROL_BANDWIDTH = 440;

/** Bytes of a sender report with one block, a name of 16 characters and the trailer of SRTCP. */
const PROBABLE_REPORT = 94;

/** What a call's media begins with. */
export interface MediaContextsOptions extends MediaStreamOptions {
  /** Evenly from 0 to 1, a fresh one each time: for the intervals of RTCP. */
  readonly random: () => number;
}

/** What a fresh key exchange gives the media of a call that goes on. */
export type NextContext = Pick<
  MediaStreamOptions,
  'ownKey' | 'peerKey' | 'ssrc' | 'firstSequence' | 'firstTimestamp'
>;

/** {@link ReceivedFrame}, and where its source stands. */
export interface ReceivedInContext extends ReceivedFrame {
  /** Grows with each change of keys and each new SSRC under one key: a greater number is the newer stream. */
  readonly stream: number;
}

/** Why no further context begins. `ssrc-reused`: a restarted stream takes a new SSRC (interpretations I-4). */
export type ContextRefusal = 'first-sequence' | 'ssrc' | 'ssrc-reused' | 'erased';

/** A call's media over all its key exchanges: one context to send with, and for a while those before it to receive with. */
export interface MediaContexts extends Pick<
  MediaStream,
  'sendFrame' | 'receiveControl' | 'goodbye' | 'counters' | 'erase'
> {
  /** A report for the peer's RTCP port when one is due (RFC 3550 section 6.3), else null; to be asked every 20 ms or so. */
  report(now: number): Result<Uint8Array> | null;
  receive(datagram: Uint8Array, now: number): Result<ReceivedInContext>;
  /** From now on sends with the new context and receives with it too; the one before is received for 2 s more, then erased. */
  change(next: NextContext, now: number): Result<void, Fault<ContextRefusal>>;
  /** Erases contexts whose time is over; to be called every 20 ms or so, because a silent peer calls nothing. */
  expire(now: number): void;
}

interface Context {
  readonly generation: number;
  readonly stream: MediaStream;
  /** Milliseconds since 1970; null for the one in use. */
  until: number | null;
}

type Totals = Pick<StreamCounters, 'sent' | 'received' | 'lost'>;

const NOTHING: Totals = { sent: 0, received: 0, lost: 0 };

const sum = (left: Totals, right: Totals): Totals => ({
  sent: left.sent + right.sent,
  received: left.received + right.received,
  lost: left.lost + right.lost,
});

/** Sets up a call's media; refuses as {@link createMediaStream} does. */
export const createMediaContexts = (
  options: MediaContextsOptions,
): Result<MediaContexts, Fault<ContextRefusal>> => {
  const first = createMediaStream(options);
  if (!first.ok) return first;
  let current: Context = { generation: 0, stream: first.value, until: null };
  let { ssrc } = options;
  /** Newest first. */
  let previous: readonly Context[] = [];
  let retired = NOTHING;
  let refused = 0;
  let isErased = false;
  const timer = createRtcpTimer({
    bandwidth: CONTROL_BANDWIDTH,
    probableSize: PROBABLE_REPORT,
    random: options.random,
    startedAt: options.startedAt,
  });
  const population = (now: number): RtcpPopulation => {
    const populationWithin = (interval: number) => current.stream.population(interval, now);
    return populationWithin(timer.interval(populationWithin(Infinity)));
  };

  const retire = (context: Context): void => {
    retired = sum(retired, context.stream.counters());
    context.stream.erase();
  };
  const keep = (kept: readonly Context[]): void => {
    for (const context of previous) if (!kept.includes(context)) retire(context);
    previous = kept;
  };
  const expire = (now: number): void =>
    keep(previous.filter(({ until }) => until !== null && now < until));

  /** The newest context that accepts; a refusal is that of the current one, since a tag that is wrong changes nothing. */
  const tryEach = <Value>(now: number, accept: (context: Context) => Result<Value>) => {
    expire(now);
    const outcome = accept(current);
    if (outcome.ok) return outcome;
    for (const context of previous) {
      const earlier = accept(context);
      if (earlier.ok) return earlier;
    }
    refused += 1;
    return outcome;
  };

  const change = (next: NextContext, now: number): Result<void, Fault<ContextRefusal>> => {
    if (isErased) return fault('erased');
    if (next.ssrc === ssrc) return fault('ssrc-reused');
    const stream = createMediaStream({ ...options, ...next });
    if (!stream.ok) return stream;
    ssrc = next.ssrc;
    expire(now);
    current.until = now + OVERLAP;
    keep([current, ...previous].slice(0, MAXIMUM_PREVIOUS));
    current = { generation: current.generation + 1, stream: stream.value, until: null };
    return ok(undefined);
  };

  const report = (now: number): Result<Uint8Array> | null => {
    if (!timer.due(() => population(now), now)) return null;
    const packet = current.stream.report(now);
    if (packet.ok) timer.packet(packet.value.length);
    return packet;
  };

  const receiveControl = (datagram: Uint8Array, now: number): Result<readonly RtcpPacket[]> => {
    const packets = tryEach(now, ({ stream }) => stream.receiveControl(datagram, now));
    if (!packets.ok) return packets;
    timer.packet(datagram.length);
    if (packets.value.some(({ type }) => type === 'goodbye')) timer.left(population(now), now);
    return packets;
  };

  return ok({
    change,
    expire,
    report,
    receiveControl,
    sendFrame: (frame, now) => current.stream.sendFrame(frame, now),
    receive: (datagram, now) =>
      tryEach(now, ({ stream, generation }) => {
        const received = stream.receive(datagram, now);
        if (!received.ok) return received;
        const { order } = received.value;
        return ok({ ...received.value, stream: generation * STREAMS_IN_CONTEXT + order });
      }),
    goodbye: (now) => current.stream.goodbye(now),
    counters: () => {
      const live = [current, ...previous].map(({ stream }) => stream.counters());
      const heard = live.find(({ received }) => received > 0);
      const told = live.find(({ roundTrip }) => roundTrip !== null);
      return {
        ...live.reduce(sum, retired),
        refused,
        jitter: heard?.jitter ?? 0,
        roundTrip: told?.roundTrip ?? null,
      };
    },
    erase: () => {
      isErased = true;
      keep([]);
      current.stream.erase();
    },
  });
};
