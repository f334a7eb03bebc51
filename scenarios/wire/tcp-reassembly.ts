import type { CaptureProblemCode } from './capture-item.ts';
import {
  distance,
  flushHalf,
  isEnded,
  newHalf,
  releaseHalf,
  takeSegment,
  type Half,
  type HalfSink,
  type TcpBudget,
} from './tcp-half.ts';
import type { TcpSegment } from './transport.ts';

/** 0: from the side that opened the connection (or spoke first, if the capture began later); 1: from the other. */
export type Direction = 0 | 1;

/** An address and port as the capture shows them. */
export interface WireEndpoint {
  readonly host: string;
  readonly port: number;
}

/** A TCP connection: `first` opened it. */
export interface TcpConnection {
  readonly first: WireEndpoint;
  readonly second: WireEndpoint;
  /** Whether the SYN was captured. */
  readonly fromStart: boolean;
  /** Time of its first packet, milliseconds. */
  readonly at: number;
}

/** Receives one connection's bytes in stream order, each stretch with the time of the packet that brought it. */
export interface StreamHandler {
  /** The bytes are the handler's. */
  data(direction: Direction, bytes: Uint8Array, at: number): void;
  /** So many bytes of the stream are not in the capture. */
  gap(direction: Direction, length: number, at: number): void;
  /** A packet repeated bytes of the stream with other contents; the first stay. */
  conflict?(direction: Direction, at: number): void;
  end(): void;
}

/** One TCP segment with where it came from. */
export interface TcpPacket {
  readonly source: string;
  readonly destination: string;
  readonly at: number;
  readonly segment: TcpSegment;
}

/** A SYN this near behind the data seen (bytes) belongs to the same connection. */
const NEAR = 1 << 20;
/** Connections followed at once, and those that closed and whose late repetitions are still known. */
const MAX_CONNECTIONS = 10_000;
const MAX_CLOSED = 4096;
/** Milliseconds of the capture's time after which a connection that closed is done with. */
const LINGER = 30_000;
const FIRST_SWEEP = 64;

interface Open {
  readonly handler: StreamHandler;
  readonly firstKey: string;
  readonly halves: readonly [Half, Half];
  readonly sinks: readonly [HalfSink, HalfSink];
  reset: boolean;
  lastAt: number;
}

/** Where the directions of a connection that closed had come to, in the order of the sorted key. */
type Closed = Pick<Open, 'firstKey' | 'halves'>;

const isNewConnection = (
  { halves }: Closed,
  direction: Direction,
  segment: TcpSegment,
): boolean => {
  if (!segment.syn || segment.ack) return false;
  const half = halves[direction];
  if (half.initial !== null) return half.initial !== segment.sequence;
  const reference = half.next ?? half.pending[0]?.sequence;
  return reference !== undefined && Math.abs(distance(segment.sequence, reference)) > NEAR;
};

const directionOf = ({ firstKey }: Closed, sourceKey: string): Direction =>
  firstKey === sourceKey ? 0 : 1;

const sinkOf = (handler: StreamHandler, direction: Direction): HalfSink => ({
  data: (bytes, at) => handler.data(direction, bytes, at),
  gap: (length, at) => handler.gap(direction, length, at),
  conflict: (at) => handler.conflict?.(direction, at),
});

const begin = (
  openStream: (connection: TcpConnection) => StreamHandler,
  packet: TcpPacket,
  sourceKey: string,
  destinationKey: string,
): Open => {
  const { segment, at } = packet;
  const source = { host: packet.source, port: segment.sourcePort };
  const destination = { host: packet.destination, port: segment.destinationPort };
  // A SYN with ACK is the answer: its receiver opened the connection.
  const answered = segment.syn && segment.ack;
  const [first, second] = answered ? [destination, source] : [source, destination];
  const handler = openStream({ first, second, fromStart: segment.syn, at });
  return {
    handler,
    firstKey: answered ? destinationKey : sourceKey,
    halves: [newHalf(), newHalf()],
    sinks: [sinkOf(handler, 0), sinkOf(handler, 1)],
    reset: false,
    lastAt: at,
  };
};

const isDone = ({ halves, reset, lastAt }: Open, at: number): boolean =>
  at - lastAt > LINGER && (reset || halves.every(isEnded));

/** A repetition of what a closed connection carried, or its last acknowledgements. */
const isLate = (closed: Closed, direction: Direction, segment: TcpSegment): boolean => {
  if (isNewConnection(closed, direction, segment)) return false;
  const { next } = closed.halves[direction];
  const end = (segment.sequence + segment.payload.length) >>> 0;
  return segment.payload.length === 0 || (next !== null && distance(next, end) <= 0);
};

const flush = ({ halves, sinks, handler }: Open, budget: TcpBudget): void => {
  for (const direction of [0, 1] as const) {
    flushHalf(halves[direction], sinks[direction], budget);
    releaseHalf(halves[direction], budget);
  }
  handler.end();
};

/**
 * Puts TCP segments into stream order: retransmissions once, reordering undone, overlaps cut (the first bytes stay, other
 * contents are a conflict), holes named. Memory is bounded per direction and in all: a hole is given up when it was waited for
 * long enough or too much waits behind it, and the connection idle for longest when there are too many, which is told.
 */
export const createTcpReassembler = (
  openStream: (connection: TcpConnection) => StreamHandler,
  exceeded: (code: CaptureProblemCode, detail: string) => void = () => {},
): { segment(packet: TcpPacket): void; end(): void } => {
  const connections = new Map<string, Open>();
  const closed = new Map<string, Closed>();
  const budget: TcpBudget = { pendingBytes: 0, historyBytes: 0 };
  let sweepAt = FIRST_SWEEP;

  const close = (key: string, open: Open): void => {
    flush(open, budget);
    connections.delete(key);
    closed.delete(key);
    closed.set(key, { firstKey: open.firstKey, halves: open.halves });
    const [oldest] = closed.keys();
    if (closed.size > MAX_CLOSED && oldest !== undefined) closed.delete(oldest);
  };
  const sweep = (at: number): void => {
    for (const [key, open] of connections) if (isDone(open, at)) close(key, open);
    if (connections.size >= MAX_CONNECTIONS) {
      exceeded('limit-tcp-connections', `more than ${MAX_CONNECTIONS} TCP connections at once`);
      const idle = [...connections].sort(([, left], [, right]) => left.lastAt - right.lastAt);
      for (const [key, open] of idle.slice(0, MAX_CONNECTIONS / 4)) close(key, open);
    }
    sweepAt = Math.min(MAX_CONNECTIONS, Math.max(FIRST_SWEEP, connections.size * 2));
  };
  /** The connection of a segment, begun where it must be; undefined where there is nothing to learn. */
  const openFor = (
    packet: TcpPacket,
    sourceKey: string,
    destinationKey: string,
  ): Open | undefined => {
    const { segment, at } = packet;
    const key =
      sourceKey < destinationKey
        ? `${sourceKey} ${destinationKey}`
        : `${destinationKey} ${sourceKey}`;
    const known = connections.get(key);
    if (known && !isNewConnection(known, directionOf(known, sourceKey), segment)) return known;
    if (known) close(key, known);
    // Nothing to learn from a bare acknowledgement or reset of an unknown connection.
    if (!segment.syn && segment.payload.length === 0) return undefined;
    const past = closed.get(key);
    if (past && isLate(past, directionOf(past, sourceKey), segment)) return undefined;
    if (connections.size >= sweepAt) sweep(at);
    const open = begin(openStream, packet, sourceKey, destinationKey);
    connections.set(key, open);
    return open;
  };

  return {
    segment: (packet) => {
      const { segment, at } = packet;
      const sourceKey = `${packet.source} ${segment.sourcePort}`;
      const open = openFor(packet, sourceKey, `${packet.destination} ${segment.destinationPort}`);
      if (!open) return;
      open.lastAt = at;
      open.reset ||= segment.rst;
      const direction = directionOf(open, sourceKey);
      const other = open.halves[direction === 0 ? 1 : 0];
      if (segment.ack) {
        const { acknowledgement } = segment;
        const further = other.acknowledged ?? acknowledgement;
        if (distance(further, acknowledgement) >= 0) other.acknowledged = acknowledgement;
      }
      if (takeSegment(open.halves[direction], segment, at, open.sinks[direction], budget))
        exceeded('limit-tcp-memory', 'too much waits behind missing TCP segments');
    },
    end: () => {
      for (const open of connections.values()) flush(open, budget);
      connections.clear();
      closed.clear();
    },
  };
};
