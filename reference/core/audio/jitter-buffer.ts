import { createDelayEstimate } from './delay-estimate.ts';
import {
  beginWith,
  delayOf,
  FRAME_TIME,
  MINIMUM_DELAY,
  overdue,
  place,
  restart,
  type Arrival,
  type BufferedFrame,
  type Kept,
  type State,
} from './jitter-placing.ts';

/** Missing frames in a row that are concealed; then nothing is played until audio comes again. */
const LONGEST_CONCEALMENT = 10;

/** Playouts between two changes of the delay: it shrinks by at most 20 ms in 500 ms, and grows by as much in 100 ms. */
const SHRINK_EVERY = 25;
const GROW_EVERY = 5;

/** Milliseconds beyond the aim at which the delay shrinks: two frames, so that it does not grow again at once. */
const SURPLUS = 2 * FRAME_TIME;

/** Milliseconds beyond the aim at which playout leaps forward, as after this phone itself stood still. */
const LEAP = 400;

/** What the next 20 ms are: a frame, a gap to conceal, or nothing while no stream plays. */
export type Playout<Frame> =
  | ({ readonly kind: 'frame' } & BufferedFrame<Frame>)
  | { readonly kind: 'conceal' }
  | { readonly kind: 'idle' };

/** What a buffer has seen; frames, and for `delay` milliseconds. */
export interface JitterCounters {
  readonly played: number;
  readonly concealed: number;
  readonly late: number;
  readonly duplicates: number;
  /** Kept, and passed over because the delay shrank or a stream began anew. */
  readonly dropped: number;
  readonly kept: number;
  /** The delay aimed at, beyond that of the fastest packets. */
  readonly delay: number;
}

/** Puts frames in order and in time; no clock inside: `now` is in milliseconds and never goes back. */
export interface JitterBuffer<Frame> {
  insert(frame: BufferedFrame<Frame>, now: number): Arrival;
  /** To be called every 20 ms. Frames never come out of order, by stream and then by sequence number. */
  next(now: number): Playout<Frame>;
  counters(): JitterCounters;
}

/** Moves playout forward to where it should be, but not beyond the newest frame. */
const leap = <Frame>(state: State<Frame>, from: number, now: number): void => {
  const { kept, timeline, counts } = state;
  const wanted = from + Math.floor(overdue(state, from, now) / FRAME_TIME);
  const cursor = Math.max(from, Math.min(wanted, Math.max(...kept.keys())));
  for (const slot of kept.keys()) if (slot < cursor && kept.delete(slot)) counts.dropped += 1;
  timeline.cursor = cursor;
  timeline.over = cursor;
  state.unchanged = 0;
};

const begin = (state: State<unknown>, now: number): void => {
  if (state.kept.size === 0) return;
  const earliest = Math.min(...state.kept.keys());
  if (overdue(state, earliest, now) >= 0) leap(state, earliest, now);
};

/** The frame of the slot that plays, unless one of a higher position has been played. */
const frameAt = <Frame>(
  { kept, timeline, counts }: State<Frame>,
  slot: number,
): Kept<Frame> | null => {
  const frame = kept.get(slot);
  if (frame === undefined) return null;
  if (frame.position > timeline.played) return frame;
  kept.delete(slot);
  counts.dropped += 1;
  return null;
};

const moveTo = (state: State<unknown>, cursor: number): void => {
  state.timeline.cursor = cursor;
  state.timeline.over = cursor;
};

const conceal = (state: State<unknown>): Playout<never> => {
  state.missing += 1;
  if (state.missing > LONGEST_CONCEALMENT) {
    state.timeline.cursor = null;
    state.missing = 0;
    return { kind: 'idle' };
  }
  state.counts.concealed += 1;
  return { kind: 'conceal' };
};

/** Passes over a slot, so that the delay shrinks by 20 ms. */
const shrink = (state: State<unknown>, cursor: number): number => {
  if (state.kept.delete(cursor)) state.counts.dropped += 1;
  state.unchanged = 0;
  moveTo(state, cursor + 1);
  return cursor + 1;
};

const play = <Frame>(state: State<Frame>, from: number, now: number): Playout<Frame> => {
  const surplus = overdue(state, from, now);
  if (surplus > LEAP && state.kept.size > 0) leap(state, from, now);
  let cursor = state.timeline.cursor ?? from;
  let frame = frameAt(state, cursor);
  state.unchanged += 1;
  if (surplus < 0 && (frame === null || state.unchanged >= GROW_EVERY)) {
    state.unchanged = 0;
    return conceal(state);
  }
  if (surplus >= SURPLUS && state.kept.size > 0 && state.unchanged >= SHRINK_EVERY) {
    cursor = shrink(state, cursor);
    frame = frameAt(state, cursor);
  }
  if (frame === null) {
    const gap = conceal(state);
    if (gap.kind === 'conceal') moveTo(state, cursor + 1);
    return gap;
  }
  moveTo(state, cursor + 1);
  const { position, ...given } = frame;
  state.kept.delete(cursor);
  state.timeline.played = position;
  state.missing = 0;
  state.counts.played += 1;
  return { kind: 'frame', ...given };
};

/**
 * An empty buffer. Its delay follows how much arrivals vary, from 20 to 200 ms: it grows by playing concealment before a frame and
 * shrinks by passing over one, seldom enough not to be heard as a stutter. It holds at most 64 frames, whatever comes.
 */
export const createJitterBuffer = <Frame>(): JitterBuffer<Frame> => {
  let state: State<Frame> | null = null;
  let latest = -Infinity;
  const forward = (now: number): number => (latest = Math.max(latest, now));
  const counts = { played: 0, concealed: 0, late: 0, duplicates: 0, dropped: 0 };
  const stateFor = (frame: BufferedFrame<Frame>): State<Frame> => {
    state ??= {
      delays: createDelayEstimate(),
      kept: new Map(),
      timeline: beginWith(frame),
      missing: 0,
      lateInARow: 0,
      unchanged: 0,
      counts,
    };
    if (frame.stream > state.timeline.stream) restart(state, beginWith(frame));
    return state;
  };
  return {
    insert: (frame, now) => {
      const current = stateFor(frame);
      if (frame.stream === current.timeline.stream) return place(current, frame, forward(now));
      counts.late += 1;
      return 'late';
    },
    next: (now) => {
      const at = forward(now);
      if (state === null) return { kind: 'idle' };
      if (state.timeline.cursor === null) begin(state, at);
      const { cursor } = state.timeline;
      return cursor === null ? { kind: 'idle' } : play(state, cursor, at);
    },
    counters: () => ({
      ...counts,
      kept: state?.kept.size ?? 0,
      delay: state === null ? MINIMUM_DELAY : delayOf(state),
    }),
  };
};
