/** Shortest deterministic interval between reports, in milliseconds (RFC 3550 section 6.2). */
const MINIMUM_INTERVAL = 5_000;

/** Compensates for timer reconsideration, which would send too rarely (RFC 3550 section 6.3.1). */
const COMPENSATION = Math.E - 1.5;

/** The part of the members that may send and still share bandwidth equally, and the part of the bandwidth they get otherwise. */
const SENDER_SHARE = 0.25;

/** UDP and IPv4 headers count as part of a packet (RFC 3550 section 6.2). */
const LOWER_LAYERS = 28;

/** Who takes part, this phone included. */
export interface RtcpPopulation {
  readonly members: number;
  readonly senders: number;
  /** Whether this phone is one of the senders. */
  readonly weSent: boolean;
}

/** What the length of an interval depends on. */
export interface RtcpShare extends RtcpPopulation {
  /** For the control traffic of everybody, in bytes a second: 5 % of that of the session. */
  readonly bandwidth: number;
  /** Average bytes of a compound packet with its UDP and IP headers. */
  readonly averageSize: number;
  /** Before the first report, when the minimum is halved. */
  readonly initial: boolean;
}

/** Td: milliseconds between reports before randomisation (RFC 3550 section 6.3.1 and appendix A.7). */
export const deterministicInterval = (share: RtcpShare): number => {
  const { members, senders, weSent, bandwidth, averageSize, initial } = share;
  const few = senders <= members * SENDER_SHARE;
  const sharing = !few ? members : weSent ? senders : members - senders;
  const part = !few ? 1 : weSent ? SENDER_SHARE : 1 - SENDER_SHARE;
  const milliseconds = (1000 * averageSize * sharing) / (bandwidth * part);
  return Math.max(milliseconds, initial ? MINIMUM_INTERVAL / 2 : MINIMUM_INTERVAL);
};

/** T: {@link deterministicInterval} times 0.5 to 1.5, compensated; `random` from 0 to 1 (RFC 3550 section 6.3.1). */
export const randomInterval = (share: RtcpShare, random: number): number =>
  (deterministicInterval(share) * (random + 0.5)) / COMPENSATION;

/** When to report (RFC 3550 section 6.3); all times in milliseconds on one clock. */
export interface RtcpTimer {
  /** Whether a report is to be sent now; if so it counts as sent. To be asked again and again; asks in turn who takes part now. */
  due(population: () => RtcpPopulation, now: number): boolean;
  /** Notes a compound packet that was sent or received, by its bytes without UDP and IP headers. */
  packet(bytes: number): void;
  /** Notes that the population shrank by a BYE: the next report comes sooner (section 6.3.4). */
  left(population: RtcpPopulation, now: number): void;
  /** Td with what is known now: sources silent for 5 of them have left (section 6.3.5). */
  interval(population: RtcpPopulation): number;
}

/** What a timer begins with (RFC 3550 section 6.3.2). */
export interface RtcpTimerOptions {
  readonly bandwidth: number;
  /** Bytes that the first report will probably have. */
  readonly probableSize: number;
  /** Evenly from 0 to 1, a fresh one each time. */
  readonly random: () => number;
  readonly startedAt: number;
}

/** A timer with reconsideration; before the first packet of anybody else there is one member. */
export const createRtcpTimer = (options: RtcpTimerOptions): RtcpTimer => {
  const { bandwidth, random } = options;
  let averageSize = options.probableSize + LOWER_LAYERS;
  let initial = true;
  let members = 1;
  let last = options.startedAt;
  const shareOf = (population: RtcpPopulation): RtcpShare => ({
    ...population,
    bandwidth,
    averageSize,
    initial,
  });
  const draw = (population: RtcpPopulation): number =>
    randomInterval(shareOf(population), random());
  let next = last + draw({ members, senders: 0, weSent: false });
  return {
    due: (population, now) => {
      if (now < next) return false;
      // Section 6.3.6: reconsidered with the population of now, so that many who join at once do not report at once.
      const present = population();
      next = last + draw(present);
      members = present.members;
      if (next > now) return false;
      last = now;
      initial = false;
      next = now + draw(present);
      return true;
    },
    packet: (bytes) => {
      // Section 6.3.3.
      averageSize += (bytes + LOWER_LAYERS - averageSize) / 16;
    },
    left: (population, now) => {
      if (population.members >= members) return;
      const ratio = population.members / members;
      next = now + ratio * (next - now);
      last = now - ratio * (now - last);
      members = population.members;
    },
    interval: (population) => deterministicInterval({ ...shareOf(population), initial: false }),
  };
};
