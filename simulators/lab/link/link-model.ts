import type { LinkDirection } from '../topology/schema.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';

/** One direction of a link in time. Times are milliseconds of one clock that never goes back, sizes bytes. */
export interface LinkModel {
  /** When a packet handed over at `now` arrives; undefined when it is lost. Packets are handed over in order. */
  carry(size: number, now: number): number | undefined;
}

/** Parts of one that a probability is drawn in. */
const resolution = 2 ** 20;

const happens = (random: SeededRandom, share: number): boolean =>
  random.below(resolution) < share * resolution;

/** Milliseconds that a packet waits and takes at the link's rate, in a queue without end. */
const createQueue = (rate: number | undefined) => {
  let free = Number.NEGATIVE_INFINITY;
  return (size: number, now: number): number => {
    if (rate === undefined) return now;
    free = Math.max(free, now) + (size * 8 * 1000) / rate;
    return free;
  };
};

/** A link for packets: each may be lost or overtaken. The same seed and packets give the same losses and delays. */
export const createPacketLink = (direction: LinkDirection, seed: number): LinkModel => {
  const random = createSeededRandom(seed);
  const { delay = 0, jitter = 0, loss = 0 } = direction;
  const queue = createQueue(direction.rate);
  return {
    carry(size, now) {
      const sent = queue(size, now);
      // Both are drawn for every packet, so that a loss does not move the delays of those behind it.
      const lost = happens(random, loss);
      const late = (random.below(resolution) / resolution) * jitter;
      return lost ? undefined : sent + delay + late;
    },
  };
};

/** Milliseconds after which a lost segment is sent again; TCP's least on Linux. */
const retransmission = 200;

/** Longest wait between retransmissions, milliseconds (RFC 6298 section 2.5 allows a maximum of at least 60 s). */
const longestRetransmission = 60_000;

/** A link for a byte stream: nothing is lost or overtaken, losses come out as delay. */
export const createStreamLink = (direction: LinkDirection, seed: number): LinkModel => {
  const packets = createPacketLink({ ...direction, loss: 0 }, seed);
  const random = createSeededRandom(seed + 1);
  const { loss = 0 } = direction;
  let last = Number.NEGATIVE_INFINITY;
  return {
    carry(size, now) {
      if (loss >= 1) return undefined;
      let repeated = 0;
      for (let wait = retransmission; happens(random, loss); wait *= 2)
        repeated += Math.min(wait, longestRetransmission);
      last = Math.max(last, (packets.carry(size, now) ?? now) + repeated);
      return last;
    },
  };
};
