import { createJitterBuffer, type JitterCounters } from '../jitter-buffer.ts';

/** A network in virtual time; for tests and measurements only. */
export interface NetworkOptions {
  /** Milliseconds, evenly from 0, that each packet takes beyond the fastest. */
  readonly jitter: number;
  /** 0 to 1. */
  readonly loss: number;
  /** Parts per million by which the sender's clock is faster. */
  readonly drift: number;
  /** Whether packets may overtake each other; else each waits for the one before. */
  readonly reorders: boolean;
  readonly seconds: number;
  readonly seed: number;
}

/** What a network did to a buffer; times in milliseconds. */
export interface NetworkOutcome {
  readonly counters: JitterCounters;
  readonly arrived: number;
  /** From sending to playing, less the fastest way through the network, over the frames that were played. */
  readonly meanDelay: number;
  readonly maximumDelay: number;
  readonly outOfOrder: number;
  readonly maximumKept: number;
}

/** Numbers from 0 to 1 that are the same for the same seed (a linear congruential generator). */
export const randomNumbers = (seed: number): (() => number) => {
  let state = BigInt(seed) + 1n;
  return () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return Number(state >> 33n) / 2 ** 31;
  };
};

interface Sent {
  readonly number: number;
  readonly sentAt: number;
  readonly arrivesAt: number;
}

const travel = (options: NetworkOptions): { sent: readonly Sent[] } => {
  const random = randomNumbers(options.seed);
  const interval = 20 / (1 + options.drift / 1e6);
  const sent: Sent[] = [];
  let previous = 0;
  for (let number = 0; number * 20 < options.seconds * 1000; number += 1) {
    const sentAt = 1000 + number * interval;
    const delayed = sentAt + random() * options.jitter;
    const arrivesAt = options.reorders ? delayed : Math.max(delayed, previous);
    previous = arrivesAt;
    if (random() >= options.loss) sent.push({ number, sentAt, arrivesAt });
  }
  return { sent: sent.toSorted((left, right) => left.arrivesAt - right.arrivesAt) };
};

/** Sends frames through a network into a buffer that is asked for one every 20 ms; sequence numbers and time stamps wrap on the way. */
export const overNetwork = (options: NetworkOptions): NetworkOutcome => {
  const { sent } = travel(options);
  const buffer = createJitterBuffer<Sent>();
  const outcome = { total: 0, maximumDelay: 0, outOfOrder: 0, maximumKept: 0, last: -1 };
  let tick = 1007;
  const playUntil = (time: number): void => {
    for (; tick <= time; tick += 20) {
      const playout = buffer.next(tick);
      if (playout.kind !== 'frame') continue;
      const { number, sentAt } = playout.frame;
      if (number <= outcome.last) outcome.outOfOrder += 1;
      outcome.last = number;
      outcome.total += tick - sentAt;
      outcome.maximumDelay = Math.max(outcome.maximumDelay, tick - sentAt);
    }
  };
  for (const packet of sent) {
    playUntil(packet.arrivesAt);
    const sequence = (65_500 + packet.number) % 2 ** 16;
    const timestamp = (2 ** 32 - 16_000 + packet.number * 160) % 2 ** 32;
    buffer.insert({ stream: 0, sequence, timestamp, frame: packet }, packet.arrivesAt);
    outcome.maximumKept = Math.max(outcome.maximumKept, buffer.counters().kept);
  }
  playUntil(tick + 1000);
  const { total, maximumDelay, outOfOrder, maximumKept } = outcome;
  const counters = buffer.counters();
  const meanDelay = total / Math.max(counters.played, 1);
  return { counters, arrived: sent.length, meanDelay, maximumDelay, outOfOrder, maximumKept };
};
