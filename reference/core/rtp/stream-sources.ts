import { createReception, type Reception } from './reception.ts';
import type { ReportBlock, RtcpPacket } from './rtcp.ts';
import type { RtcpPopulation } from './rtcp-timer.ts';

/** Reporting intervals without a packet after which a source no longer counts as a member (RFC 3550 section 6.3.5). */
const MEMBER_INTERVALS = 5;

/** Reporting intervals without audio after which a source no longer counts as a sender (RFC 3550 section 6.3.8). */
const SENDER_INTERVALS = 2;

interface Source {
  readonly reception: Reception;
  /** How many sources were heard before this one. */
  readonly order: number;
  /** Milliseconds since 1970 of the last packet of any kind. */
  heardAt: number;
  /** Of the last RTP packet, null before the first. */
  audioAt: number | null;
  /** Whether it said BYE (RFC 3550 section 6.6). */
  left: boolean;
}

/** The peer's synchronization sources; only verified packets may be told here, so there are at most 4 (interpretations I-3). */
export interface StreamSources {
  /** Gives how many sources were heard before this one. */
  audio(ssrc: number, sequence: number, timestamp: number, now: number): number;
  /** Notes a compound packet of a source: its report, and the sources that leave. */
  control(ssrc: number, packets: readonly RtcpPacket[], now: number): void;
  reports(now: number): readonly ReportBlock[];
  /** Members and senders besides us, `interval` being the deterministic one in milliseconds. */
  others(interval: number, now: number): Pick<RtcpPopulation, 'members' | 'senders'>;
  lost(): number;
  /** Interarrival jitter of the source heard last, in samples. */
  jitter(): number;
}

/** No sources yet; `startedAt` in milliseconds, on the clock of every `now`. */
export const createStreamSources = (startedAt: number): StreamSources => {
  const sources = new Map<number, Source>();
  let newest: Source | null = null;
  const heard = (ssrc: number, now: number): Source => {
    const known = sources.get(ssrc);
    const source = known ?? {
      reception: createReception(ssrc, startedAt),
      order: sources.size,
      heardAt: now,
      audioAt: null,
      left: false,
    };
    if (known === undefined) sources.set(ssrc, source);
    source.heardAt = now;
    return source;
  };
  return {
    audio: (ssrc, sequence, timestamp, now) => {
      const source = heard(ssrc, now);
      source.audioAt = now;
      source.reception.packet(sequence, timestamp, now);
      newest = source;
      return source.order;
    },
    control: (ssrc, packets, now) => {
      const { reception } = heard(ssrc, now);
      for (const packet of packets) {
        if (packet.type === 'sender-report' && packet.ssrc === ssrc)
          reception.senderReport(packet, now);
        if (packet.type === 'goodbye')
          for (const leaving of packet.sources) {
            const source = sources.get(leaving);
            if (source) source.left = true;
          }
      }
    },
    reports: (now) =>
      [...sources.values()].flatMap(({ reception }) => {
        const report = reception.report(now);
        return report === null ? [] : [report];
      }),
    others: (interval, now) => {
      const members = [...sources.values()].filter(
        ({ left, heardAt }) => !left && now - heardAt < MEMBER_INTERVALS * interval,
      );
      const senders = members.filter(
        ({ audioAt }) => audioAt !== null && now - audioAt < SENDER_INTERVALS * interval,
      );
      return { members: members.length, senders: senders.length };
    },
    lost: () => [...sources.values()].reduce((total, { reception }) => total + reception.lost(), 0),
    jitter: () => newest?.reception.jitter() ?? 0,
  };
};
