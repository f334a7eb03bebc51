/** Width of a class of delays, in milliseconds. */
const CLASS_WIDTH = 10;

/** Classes of delay; what is longer counts in the last. */
const CLASSES = 41;

/** What a packet still weighs once the next has come: half is forgotten after 7 s of audio. */
const MEMORY = 0.998;

/** The part of the packets that should come in time. */
const IN_TIME = 0.99;

/** Milliseconds of arrivals whose fastest packet counts as not delayed; so a drift of clocks moves it along. */
const SPAN = 1_000;
const SPANS = 10;

/** How late packets come, measured against the fastest one of the last 10 s; all in milliseconds. */
export interface DelayEstimate {
  /** Notes a packet sent at `mediaTime` on the sender's clock and gives its delay behind the fastest. */
  arrival(mediaTime: number, now: number): number;
  /** Arrival less media time of the fastest packet; null before the first. */
  fastest(): number | null;
  /** The delay that 99 % of the packets stay below, rounded up to 10 ms. */
  target(): number;
  /** Forgets which packet was the fastest, not how much delays vary: for a stream or a path that begins anew. */
  restart(): void;
}

/** An estimate that knows nothing yet; its memory is bounded. */
export const createDelayEstimate = (): DelayEstimate => {
  const weights = new Float64Array(CLASSES);
  let total = 0;
  /** The fastest of each span, by the span's number modulo {@link SPANS}. */
  const spans = new Float64Array(SPANS).fill(Infinity);
  let newest: number | null = null;
  const fastest = (): number | null => (newest === null ? null : Math.min(...spans));
  const moveTo = (span: number): void => {
    const from = newest === null ? span - SPANS : Math.max(newest, span - SPANS);
    for (let number = from + 1; number <= span; number += 1) spans[number % SPANS] = Infinity;
    newest = Math.max(newest ?? span, span);
  };
  const weigh = (delay: number): void => {
    const index = Math.min(Math.floor(delay / CLASS_WIDTH), CLASSES - 1);
    for (let each = 0; each < CLASSES; each += 1) weights[each] = (weights[each] ?? 0) * MEMORY;
    weights[index] = (weights[index] ?? 0) + 1;
    total = total * MEMORY + 1;
  };
  return {
    fastest,
    arrival: (mediaTime, now) => {
      const transit = now - mediaTime;
      const span = Math.floor(now / SPAN);
      moveTo(span);
      spans[span % SPANS] = Math.min(spans[span % SPANS] ?? Infinity, transit);
      const delay = transit - (fastest() ?? transit);
      weigh(delay);
      return delay;
    },
    target: () => {
      let below = 0;
      for (let each = 0; each < CLASSES; each += 1) {
        below += weights[each] ?? 0;
        if (below >= total * IN_TIME) return (each + 1) * CLASS_WIDTH;
      }
      return CLASSES * CLASS_WIDTH;
    },
    restart: () => {
      spans.fill(Infinity);
      newest = null;
    },
  };
};
