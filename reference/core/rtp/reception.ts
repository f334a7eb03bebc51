import { estimateIndex } from './packet-index.ts';
import { middleOf, type NtpTime } from './rtcp-time.ts';
import type { ReportBlock } from './rtcp.ts';

/** Samples per millisecond of narrowband Speex. */
const SAMPLES_PER_MILLISECOND = 8;

/**
 * What one source's packets tell about the path (RFC 3550 section 6.4 and appendices A.3 and A.8). The probation of appendix A.1
 * is left out: it guards against packets that stray in, and none that strays verifies; for the same reason a jump of the
 * sequence number is what the packet index says (RFC 3711 section 3.3.1), never a restart, which takes a new SSRC (I-4).
 */
export interface Reception {
  /** Notes a verified packet; `now` is in milliseconds. */
  packet(sequence: number, timestamp: number, now: number): void;
  /** Notes a verified sender report; its middle 32 bits of time stamp come back in our report blocks. */
  senderReport(stamp: NtpTime, now: number): void;
  /** Packets expected and not received, 0 when duplicates outweigh losses. */
  lost(): number;
  /** Interarrival jitter in samples. */
  jitter(): number;
  /** A report block, its loss fraction that since the previous one; null if no packet came since then (section 6.4). */
  report(now: number): ReportBlock | null;
}

const signed32 = (value: number): number => value | 0;

/** Statistics of one source from its first packet; `startedAt` in milliseconds, on the clock of every `now`. */
export const createReception = (ssrc: number, startedAt: number): Reception => {
  let lowest: number | null = null;
  let highest: number | null = null;
  let received = 0;
  let jitter = 0;
  let transit: number | null = null;
  let prior = { expected: 0, received: 0 };
  let last: { readonly stamp: number; readonly at: number } | null = null;

  const expected = (): number => (lowest === null || highest === null ? 0 : highest - lowest + 1);

  const fractionLost = (): number => {
    const expectedSince = expected() - prior.expected;
    const lostSince = expectedSince - (received - prior.received);
    prior = { expected: expected(), received };
    return expectedSince === 0 || lostSince <= 0
      ? 0
      : Math.min(Math.floor((lostSince * 256) / expectedSince), 255);
  };

  return {
    packet: (sequence, timestamp, now) => {
      const index = estimateIndex(highest, sequence);
      lowest = Math.min(lowest ?? index, index);
      highest = Math.max(highest ?? index, index);
      received += 1;
      const arrival = Math.round((now - startedAt) * SAMPLES_PER_MILLISECOND);
      const current = signed32(arrival - timestamp);
      if (transit !== null) jitter += (Math.abs(signed32(current - transit)) - jitter) / 16;
      transit = current;
    },
    senderReport: (stamp, now) => {
      last = { stamp: middleOf(stamp), at: now };
    },
    lost: () => Math.max(expected() - received, 0),
    jitter: () => jitter,
    report: (now) => {
      if (received === prior.received) return null;
      return {
        ssrc,
        fractionLost: fractionLost(),
        cumulativeLost: Math.max(Math.min(expected() - received, 0x7fffff), -0x800000),
        highestSequence: (highest ?? 0) % 2 ** 32,
        jitter: Math.floor(jitter),
        lastSenderReport: last?.stamp ?? 0,
        delaySinceLastSenderReport:
          last === null ? 0 : Math.max(Math.round((now - last.at) * 65.536), 0) % 2 ** 32,
      };
    },
  };
};
