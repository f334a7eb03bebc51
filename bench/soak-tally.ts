import type { SrtpSuite } from '../reference/core/rtp/srtp.ts';

/** What went through one phone's SRTP, by the packets themselves. */
export interface Tally {
  readonly sent: number;
  /** Verified packets, each once. */
  readonly received: number;
  /** Packets between the first and the last received that never came. */
  readonly lost: number;
  /** Extended sequence numbers; -1 before the first packet. */
  readonly firstSent: number;
  readonly lastSent: number;
  readonly firstReceived: number;
  readonly lastReceived: number;
}

/** A suite that counts, and its count. */
export interface CountingSuite {
  readonly suite: SrtpSuite;
  tally(): Tally;
}

interface Sequence {
  count: number;
  first: number;
  last: number;
}

const half = 2 ** 15;

/** Notes a packet's sequence number, extended by rollovers (RFC 3550 appendix A.1). */
const note = (sequence: Sequence, packet: Uint8Array): void => {
  const number = (packet[2] ?? 0) * 256 + (packet[3] ?? 0);
  const last = sequence.count === 0 ? number : sequence.last;
  const step = ((number - last + 3 * half) % (2 * half)) - half;
  sequence.first = sequence.count === 0 ? number : Math.min(sequence.first, last + step);
  sequence.last = Math.max(last, last + step);
  sequence.count += 1;
};

/** Counts what one phone sends and receives in one call with one source each way; what is received twice is the suite's to refuse. */
export const countingSuite = (suite: SrtpSuite): CountingSuite => {
  const sent: Sequence = { count: 0, first: -1, last: -1 };
  const received: Sequence = { count: 0, first: -1, last: -1 };
  return {
    suite: {
      sender(key) {
        const sender = suite.sender(key);
        return {
          ...sender,
          protectRtp(packet) {
            const outcome = sender.protectRtp(packet);
            if (outcome.ok) note(sent, packet);
            return outcome;
          },
        };
      },
      receiver(key) {
        const receiver = suite.receiver(key);
        return {
          ...receiver,
          unprotectRtp(packet) {
            const outcome = receiver.unprotectRtp(packet);
            if (outcome.ok) note(received, packet);
            return outcome;
          },
        };
      },
    },
    tally: () => ({
      sent: sent.count,
      received: received.count,
      lost: received.count === 0 ? 0 : received.last - received.first + 1 - received.count,
      firstSent: sent.first,
      lastSent: sent.last,
      firstReceived: received.first,
      lastReceived: received.last,
    }),
  };
};
