import type { DelayEstimate } from './delay-estimate.ts';

/** Samples of a frame, and milliseconds. */
const FRAME_SAMPLES = 160;
export const FRAME_TIME = 20;

/** Bounds of the delay that is aimed at, in milliseconds. */
export const MINIMUM_DELAY = 20;
const MAXIMUM_DELAY = 200;

/** Frames ahead of playout that are kept; what lies further ahead begins a stream anew. */
const CAPACITY = 64;

/** Late packets in a row after which a stream begins anew at their place. */
const LATE_IN_A_ROW = 25;

/** A frame as it came. */
export interface BufferedFrame<Frame> {
  /** A greater number is a newer stream, which takes the place of those before. */
  readonly stream: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, in samples. */
  readonly timestamp: number;
  readonly frame: Frame;
}

/** What became of a frame that came. `late`: its turn is over, or its stream. `duplicate`: there is one for that time. */
export type Arrival = 'kept' | 'late' | 'duplicate';

export interface Kept<Frame> extends BufferedFrame<Frame> {
  /** The sequence number, with its wraps counted. */
  readonly position: number;
}

/** The number nearest to `reference` whose lowest bits are `value`. */
const unwrap = (reference: number, value: number, bits: 16 | 32): number => {
  const modulus = 2 ** bits;
  const difference = (((value - reference) % modulus) + modulus) % modulus;
  return reference + (difference >= modulus / 2 ? difference - modulus : difference);
};

/** Where a stream stands. Slots count 20 ms of its timestamps; positions count its sequence numbers. */
interface Timeline {
  readonly stream: number;
  /** Time stamp of slot 0. */
  readonly origin: number;
  /** Of the frame with the highest position. */
  timestamp: number;
  newest: number;
  /** The slot that is played next; null while nothing plays. */
  cursor: number | null;
  /** Slots before this one are over. */
  over: number;
  /** Position played last: none at or before it is played any more. */
  played: number;
}

export interface State<Frame> {
  readonly delays: DelayEstimate;
  /** By slot; at most {@link CAPACITY}. */
  readonly kept: Map<number, Kept<Frame>>;
  timeline: Timeline;
  /** Missing frames in a row. */
  missing: number;
  lateInARow: number;
  /** Playouts since the delay changed. */
  unchanged: number;
  readonly counts: {
    played: number;
    concealed: number;
    late: number;
    duplicates: number;
    dropped: number;
  };
}

const milliseconds = (samples: number): number => (samples * FRAME_TIME) / FRAME_SAMPLES;

/** A timeline that begins with a frame; `position` where the same stream went on before. */
export const beginWith = (frame: BufferedFrame<unknown>, position?: number): Timeline => ({
  stream: frame.stream,
  origin: frame.timestamp,
  timestamp: frame.timestamp,
  newest: position ?? frame.sequence,
  cursor: null,
  over: -Infinity,
  played: position === undefined ? -Infinity : position - 1,
});

export const restart = <Frame>(state: State<Frame>, timeline: Timeline): void => {
  state.counts.dropped += state.kept.size;
  state.kept.clear();
  state.delays.restart();
  state.timeline = timeline;
  state.missing = 0;
  state.lateInARow = 0;
};

export const delayOf = ({ delays }: State<unknown>): number =>
  Math.min(Math.max(delays.target(), MINIMUM_DELAY), MAXIMUM_DELAY);

/** Milliseconds by which a slot's turn is over; negative before. */
export const overdue = (state: State<unknown>, slot: number, now: number): number =>
  now -
  (state.delays.fastest() ?? now) -
  delayOf(state) -
  milliseconds(state.timeline.origin + slot * FRAME_SAMPLES);

/** Slots that may be kept lie this close together, so that at most {@link CAPACITY} are. */
const isOver = ({ timeline, kept }: State<unknown>, slot: number): boolean =>
  slot < timeline.over || (timeline.cursor === null && slot <= Math.max(...kept.keys()) - CAPACITY);

const isFarAhead = ({ timeline, kept }: State<unknown>, slot: number): boolean => {
  const edge = timeline.cursor ?? Math.min(...kept.keys());
  return slot >= edge + CAPACITY;
};

const countLate = <Frame>(
  state: State<Frame>,
  frame: BufferedFrame<Frame>,
  position: number,
): Arrival => {
  state.counts.late += 1;
  state.lateInARow += 1;
  if (state.lateInARow >= LATE_IN_A_ROW && position >= state.timeline.newest)
    restart(state, beginWith(frame, position + 1));
  return 'late';
};

/** Places a frame of the stream that plays. */
export const place = <Frame>(
  state: State<Frame>,
  frame: BufferedFrame<Frame>,
  now: number,
): Arrival => {
  const { delays, kept, counts } = state;
  const position = unwrap(state.timeline.newest, frame.sequence, 16);
  const isNewest = position >= state.timeline.newest;
  let timestamp = unwrap(state.timeline.timestamp, frame.timestamp, 32);
  let slot = Math.round((timestamp - state.timeline.origin) / FRAME_SAMPLES);
  if (kept.has(slot)) {
    counts.duplicates += 1;
    return 'duplicate';
  }
  if (isFarAhead(state, slot)) {
    if (!isNewest || position <= state.timeline.played) return countLate(state, frame, position);
    restart(state, beginWith(frame, position));
    ({ timestamp } = frame);
    slot = 0;
  }
  const delay = delays.arrival(milliseconds(timestamp), now);
  if (isOver(state, slot) || position <= state.timeline.played)
    return countLate(state, frame, position);
  if (delay > MAXIMUM_DELAY && state.timeline.cursor === null && kept.size === 0) {
    // The path or the sender's clock has moved while nothing came.
    delays.restart();
    delays.arrival(milliseconds(timestamp), now);
  }
  if (isNewest) {
    state.timeline.newest = position;
    state.timeline.timestamp = timestamp;
  }
  state.lateInARow = 0;
  kept.set(slot, { ...frame, position });
  return 'kept';
};
