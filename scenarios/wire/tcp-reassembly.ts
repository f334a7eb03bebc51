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
  data(direction: Direction, bytes: Uint8Array, at: number): void;
  /** So many bytes of the stream are not in the capture. */
  gap(direction: Direction, length: number, at: number): void;
  end(): void;
}

/** One TCP segment with where it came from. */
export interface TcpPacket {
  readonly source: string;
  readonly destination: string;
  readonly at: number;
  readonly segment: TcpSegment;
}

/** Out-of-order bytes kept of one direction before a hole in front of them is taken for a gap. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
/** And segments, so that sorting them stays cheap. */
const MAX_PENDING_SEGMENTS = 4096;
/** Segments waited for when a direction's SYN was not seen, so that reordered first segments are not lost. */
const MAX_UNSYNCHRONISED = 64;
/** A SYN this near behind the data seen (bytes) belongs to the same connection. */
const NEAR = 1 << 20;

interface Pending {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly at: number;
}

interface Half {
  /** Next sequence number expected, null while the start is unknown. */
  next: number | null;
  initial: number | null;
  pending: Pending[];
  pendingBytes: number;
}

interface Open {
  readonly handler: StreamHandler;
  readonly firstKey: string;
  readonly halves: readonly [Half, Half];
}

const distance = (from: number, to: number): number => (to - from) | 0;

const newHalf = (): Half => ({ next: null, initial: null, pending: [], pendingBytes: 0 });

const insert = (half: Half, item: Pending): void => {
  let index = half.pending.length;
  while (index > 0) {
    const before = half.pending[index - 1];
    if (before && distance(before.sequence, item.sequence) >= 0) break;
    index--;
  }
  half.pending.splice(index, 0, item);
  half.pendingBytes += item.bytes.length;
};

type Emit = Pick<StreamHandler, 'data' | 'gap'>;

/** Gives out what is contiguous; bytes already given are dropped, whoever sent them last. */
const drain = (half: Half, direction: Direction, emit: Emit): void => {
  while (half.next !== null) {
    const [item] = half.pending;
    if (!item) return;
    const ahead = distance(half.next, item.sequence);
    if (ahead > 0) return;
    half.pending.shift();
    half.pendingBytes -= item.bytes.length;
    const fresh = item.bytes.subarray(-ahead);
    if (fresh.length === 0) continue;
    half.next = (half.next + fresh.length) >>> 0;
    emit.data(direction, fresh, item.at);
  }
};

/** Accepts that what is missing in front of the pending bytes will not come. */
const skipHole = (half: Half, direction: Direction, emit: Emit): void => {
  const [item] = half.pending;
  if (!item) return;
  if (half.next !== null) emit.gap(direction, distance(half.next, item.sequence), item.at);
  half.next = item.sequence;
  drain(half, direction, emit);
};

const flush = (open: Open): void => {
  for (const direction of [0, 1] as const) {
    const half = open.halves[direction];
    while (half.pending.length > 0) skipHole(half, direction, open.handler);
  }
  open.handler.end();
};

const accept = (open: Open, direction: Direction, packet: TcpPacket): void => {
  const half = open.halves[direction];
  const { segment, at } = packet;
  const start = segment.syn ? (segment.sequence + 1) >>> 0 : segment.sequence;
  if (segment.syn && half.initial === null) {
    half.initial = segment.sequence;
    half.next ??= start;
  }
  if (segment.payload.length > 0) insert(half, { sequence: start, bytes: segment.payload, at });
  drain(half, direction, open.handler);
  const waitedEnough = half.next === null && half.pending.length > MAX_UNSYNCHRONISED;
  const tooMuch =
    half.pendingBytes > MAX_PENDING_BYTES || half.pending.length > MAX_PENDING_SEGMENTS;
  if (waitedEnough || tooMuch) skipHole(half, direction, open.handler);
};

const isNewConnection = (open: Open, direction: Direction, segment: TcpSegment): boolean => {
  if (!segment.syn || segment.ack) return false;
  const half = open.halves[direction];
  if (half.initial !== null) return half.initial !== segment.sequence;
  const reference = half.next ?? half.pending[0]?.sequence;
  return reference !== undefined && Math.abs(distance(segment.sequence, reference)) > NEAR;
};

/**
 * Puts TCP segments into stream order: retransmissions once, reordering undone, overlaps cut (the first bytes stay),
 * holes named. Memory is bounded per direction; a hole is given up when too much waits behind it or the capture ends.
 */
export const createTcpReassembler = (
  openStream: (connection: TcpConnection) => StreamHandler,
): { segment(packet: TcpPacket): void; end(): void } => {
  const connections = new Map<string, Open>();

  const begin = (key: string, packet: TcpPacket, sourceKey: string): Open => {
    const { segment } = packet;
    const source = { host: packet.source, port: segment.sourcePort };
    const destination = { host: packet.destination, port: segment.destinationPort };
    // A SYN with ACK is the answer: its receiver opened the connection.
    const answered = segment.syn && segment.ack;
    const [first, second] = answered ? [destination, source] : [source, destination];
    const handler = openStream({ first, second, fromStart: segment.syn, at: packet.at });
    const firstKey = answered ? `${destination.host} ${destination.port}` : sourceKey;
    const open: Open = { handler, firstKey, halves: [newHalf(), newHalf()] };
    connections.set(key, open);
    return open;
  };

  return {
    segment: (packet) => {
      const sourceKey = `${packet.source} ${packet.segment.sourcePort}`;
      const destinationKey = `${packet.destination} ${packet.segment.destinationPort}`;
      const key =
        sourceKey < destinationKey
          ? `${sourceKey} ${destinationKey}`
          : `${destinationKey} ${sourceKey}`;
      let open = connections.get(key);
      const directionOf = (it: Open): Direction => (it.firstKey === sourceKey ? 0 : 1);
      if (open && isNewConnection(open, directionOf(open), packet.segment)) {
        flush(open);
        open = undefined;
      }
      // Nothing to learn from a bare acknowledgement or reset of an unknown connection.
      if (!open && !packet.segment.syn && packet.segment.payload.length === 0) return;
      open ??= begin(key, packet, sourceKey);
      accept(open, directionOf(open), packet);
    },
    end: () => {
      for (const open of connections.values()) flush(open);
      connections.clear();
    },
  };
};
