import type { TcpSegment } from './transport.ts';

/** What one direction of a connection gives out, in stream order. */
export interface HalfSink {
  /** Bytes of their own memory, with the time of the packet that brought them. */
  data(bytes: Uint8Array, at: number): void;
  /** So many bytes of the stream are not in the capture. */
  gap(length: number, at: number): void;
  /** A packet repeated bytes of the stream with other contents; the first stay. */
  conflict(at: number): void;
}

/** Bytes that all connections hold together. */
export interface TcpBudget {
  pendingBytes: number;
  historyBytes: number;
}

/** Out-of-order bytes kept of one direction before a hole in front of them is taken for a gap. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
/** And segments, so that sorting them stays cheap. */
const MAX_PENDING_SEGMENTS = 4096;
/** Out-of-order bytes kept in all. */
const MAX_PENDING_TOTAL = 48 * 1024 * 1024;
/** Segments waited for when a direction's SYN was not seen, so that reordered first segments are not lost. */
const MAX_UNSYNCHRONISED = 64;
/** Segments and milliseconds waited for what the receiver has acknowledged and the capture has not shown. */
const ACKNOWLEDGED_SEGMENTS = 64;
const ACKNOWLEDGED_TIME = 2000;
/** Milliseconds waited for what nobody acknowledged. */
const UNACKNOWLEDGED_TIME = 120_000;
/** Bytes already given out that repetitions are compared with, per direction and in all; beyond that they are not compared. */
const HISTORY = 8192;
const MAX_HISTORY_TOTAL = 32 * 1024 * 1024;

interface Pending {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** One direction of a connection. */
export interface Half {
  /** Next sequence number expected, null while the start is unknown. */
  next: number | null;
  initial: number | null;
  /** Sequence number behind the last byte, once a FIN told it. */
  end: number | null;
  /** Greatest acknowledgement the other side sent. */
  acknowledged: number | null;
  readonly pending: Pending[];
  pendingBytes: number;
  /** When the present hole was first seen, and the segments since. */
  holeAt: number | null;
  holeSegments: number;
  /** The last bytes given out, as a ring that ends at `next`. */
  history: Uint8Array | null;
  historyLength: number;
}

/** Distance from one sequence number to another, across the wrap (RFC 9293 section 3.4). */
export const distance = (from: number, to: number): number => (to - from) | 0;

/** A direction of which nothing was seen. */
export const newHalf = (): Half => ({
  next: null,
  initial: null,
  end: null,
  acknowledged: null,
  pending: [],
  pendingBytes: 0,
  holeAt: null,
  holeSegments: 0,
  history: null,
  historyLength: 0,
});

const remember = (half: Half, bytes: Uint8Array, budget: TcpBudget): void => {
  if (!half.history) {
    if (budget.historyBytes + HISTORY > MAX_HISTORY_TOTAL) return;
    half.history = new Uint8Array(HISTORY);
    budget.historyBytes += HISTORY;
  }
  const kept = bytes.length > HISTORY ? bytes.subarray(-HISTORY) : bytes;
  // A byte's place is its sequence number: the ring needs no pointer.
  const from = ((half.next ?? 0) - kept.length) & (HISTORY - 1);
  const first = Math.min(kept.length, HISTORY - from);
  half.history.set(kept.subarray(0, first), from);
  half.history.set(kept.subarray(first), 0);
  half.historyLength = Math.min(half.historyLength + bytes.length, HISTORY);
};

/** Whether bytes that were given out already differ from what was given, as far as that is remembered. */
const contradicts = (half: Half, sequence: number, bytes: Uint8Array): boolean => {
  const { history, historyLength, next } = half;
  if (!history || next === null) return false;
  const behind = -distance(next, sequence);
  // A keep-alive repeats the last byte, whatever it holds (RFC 9293 section 3.8.4).
  if (behind === 1 && bytes.length === 1) return false;
  const end = Math.min(bytes.length, behind);
  for (let index = Math.max(0, behind - historyLength); index < end; index += 1)
    if (history[(sequence + index) & (HISTORY - 1)] !== bytes[index]) return true;
  return false;
};

const give = (half: Half, bytes: Uint8Array, at: number, sink: HalfSink, budget: TcpBudget) => {
  half.next = ((half.next ?? 0) + bytes.length) >>> 0;
  remember(half, bytes, budget);
  sink.data(bytes, at);
};

const insert = (half: Half, item: Pending, budget: TcpBudget): void => {
  let index = half.pending.length;
  while (index > 0) {
    const before = half.pending[index - 1];
    if (before && distance(before.sequence, item.sequence) >= 0) break;
    index -= 1;
  }
  half.pending.splice(index, 0, item);
  half.pendingBytes += item.bytes.length;
  budget.pendingBytes += item.bytes.length;
};

/** Gives out what is contiguous; bytes already given are dropped, whoever sent them last. */
const drain = (half: Half, sink: HalfSink, budget: TcpBudget): void => {
  while (half.next !== null) {
    const [item] = half.pending;
    if (!item) return;
    const ahead = distance(half.next, item.sequence);
    if (ahead > 0) return;
    half.pending.shift();
    half.pendingBytes -= item.bytes.length;
    budget.pendingBytes -= item.bytes.length;
    half.holeAt = null;
    if (ahead < 0 && contradicts(half, item.sequence, item.bytes)) sink.conflict(item.at);
    const fresh = item.bytes.subarray(-ahead);
    if (fresh.length > 0) give(half, fresh, item.at, sink, budget);
  }
};

/** Accepts that what is missing in front of the pending bytes will not come. */
const skipHole = (half: Half, sink: HalfSink, budget: TcpBudget): void => {
  const [item] = half.pending;
  if (!item) return;
  if (half.next !== null) sink.gap(distance(half.next, item.sequence), item.at);
  half.next = item.sequence;
  half.historyLength = 0;
  half.holeAt = null;
  drain(half, sink, budget);
};

/** Whether the bytes in front of the first pending segment have been waited for long enough. */
const waitedEnough = (half: Half, at: number): boolean => {
  const [item] = half.pending;
  if (!item) return false;
  if (half.pendingBytes > MAX_PENDING_BYTES || half.pending.length > MAX_PENDING_SEGMENTS)
    return true;
  if (half.next === null) return half.pending.length > MAX_UNSYNCHRONISED;
  if (half.holeAt === null) {
    half.holeAt = at;
    half.holeSegments = 0;
  }
  half.holeSegments += 1;
  const waited = at - half.holeAt;
  const has = half.acknowledged !== null && distance(item.sequence, half.acknowledged) >= 0;
  if (!has) return waited > UNACKNOWLEDGED_TIME;
  return half.holeSegments > ACKNOWLEDGED_SEGMENTS || waited > ACKNOWLEDGED_TIME;
};

/** Takes one segment of this direction; true when the memory of all connections ran out and holes were given up for it. */
export const takeSegment = (
  half: Half,
  segment: TcpSegment,
  at: number,
  sink: HalfSink,
  budget: TcpBudget,
): boolean => {
  const start = segment.syn ? (segment.sequence + 1) >>> 0 : segment.sequence;
  const { payload } = segment;
  if (segment.syn && half.initial === null) {
    half.initial = segment.sequence;
    half.next ??= start;
  }
  if (segment.fin) half.end = (start + payload.length) >>> 0;
  if (payload.length > 0) {
    const ahead = half.next === null ? 1 : distance(half.next, start);
    if (ahead + payload.length <= 0) {
      if (contradicts(half, start, payload)) sink.conflict(at);
    } else {
      // A copy: the packet's own memory is the reader's.
      const bytes = payload.slice();
      if (ahead === 0 && half.pending.length === 0) give(half, bytes, at, sink, budget);
      else insert(half, { sequence: start, bytes, at }, budget);
    }
  }
  if (half.pending.length === 0) return false;
  drain(half, sink, budget);
  const exhausted = budget.pendingBytes > MAX_PENDING_TOTAL;
  if (exhausted) flushHalf(half, sink, budget);
  else if (waitedEnough(half, at)) skipHole(half, sink, budget);
  return exhausted;
};

/** Gives out everything that waits, with gaps where it must. */
export const flushHalf = (half: Half, sink: HalfSink, budget: TcpBudget): void => {
  while (half.pending.length > 0) skipHole(half, sink, budget);
};

/** Lets go of the memory of a direction that has ended. */
export const releaseHalf = (half: Half, budget: TcpBudget): void => {
  if (half.history) budget.historyBytes -= HISTORY;
  half.history = null;
};

/** Whether the direction was read to its FIN. */
export const isEnded = (half: Half): boolean => half.end !== null && half.next === half.end;
