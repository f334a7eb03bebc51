import type { IpPacket } from './ip.ts';
import type { Tally } from './tally.ts';

/** Datagrams waited for at once, their bytes in all, and for how long by the capture's clock, in milliseconds. */
const MAX_DATAGRAMS = 512;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_AGE = 30_000;
/** Longest datagram (RFC 791): more is the "ping of death". */
const MAX_DATAGRAM = 65_535;
/** Fragments of one datagram: the least that IPv6 links carry make 47 of the longest. */
const MAX_FRAGMENTS = 1024;

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface Partial {
  readonly startedAt: number;
  readonly name: string;
  /** Ascending, without overlaps. */
  readonly pieces: Piece[];
  /** Length of the whole, null until the last fragment came. */
  total: number | null;
  held: number;
  seen: number;
  /** The first fragment, whose header the whole has. */
  first: IpPacket | null;
  /** An overlap or contradiction was seen: everything more of it is refused. */
  refused: boolean;
}

/** Puts datagrams together from their fragments. */
export interface FragmentReassembler {
  /** The packet that this fragment completes, as its first fragment with the whole payload, or null. */
  add(
    packet: IpPacket,
    at: number,
  ): { readonly first: IpPacket; readonly payload: Uint8Array } | null;
  /** Counts what never became whole. */
  end(): void;
}

type Placed = 'new' | 'again' | 'overlap';

const sameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);

const place = (partial: Partial, piece: Piece): Placed => {
  const end = piece.offset + piece.bytes.length;
  let index = partial.pieces.length;
  while (index > 0 && (partial.pieces[index - 1]?.offset ?? 0) >= piece.offset) index -= 1;
  const after = partial.pieces[index];
  const before = partial.pieces[index - 1];
  if (after?.offset === piece.offset && sameBytes(after.bytes, piece.bytes)) return 'again';
  if (before && before.offset + before.bytes.length > piece.offset) return 'overlap';
  if (after && end > after.offset) return 'overlap';
  partial.pieces.splice(index, 0, piece);
  partial.held += piece.bytes.length;
  return 'new';
};

const joined = ({ pieces, total }: Partial): Uint8Array => {
  const whole = new Uint8Array(total ?? 0);
  for (const { offset, bytes } of pieces) whole.set(bytes, offset);
  return whole;
};

/** Whether a fragment contradicts what is known of the length of its datagram. */
const contradicts = (partial: Partial, end: number, more: boolean): boolean => {
  const { total, pieces } = partial;
  const last = pieces.at(-1);
  const reached = last ? last.offset + last.bytes.length : 0;
  if (end > MAX_DATAGRAM) return true;
  if (total !== null) return more ? end > total : end !== total;
  return !more && reached > end;
};

/**
 * Reassembles IPv4 and IPv6 fragments. Overlapping fragments are refused with their whole datagram, as RFC 5722 asks, and
 * named; an exact repetition is none. Memory is bounded: the oldest datagrams are given up first, and counted as `ip-fragment`.
 */
export const createFragmentReassembler = (tally: Tally): FragmentReassembler => {
  const partials = new Map<string, Partial>();
  let bytesHeld = 0;

  const forget = (key: string, partial: Partial): void => {
    partials.delete(key);
    bytesHeld -= partial.held;
  };
  const giveUp = (key: string, partial: Partial): void => {
    forget(key, partial);
    if (!partial.refused)
      for (let count = partial.seen; count > 0; count -= 1) tally.add('ip-fragment', partial.name);
  };
  const makeRoom = (at: number): void => {
    for (const [key, partial] of partials) {
      const full = partials.size >= MAX_DATAGRAMS || bytesHeld > MAX_BYTES;
      if (!full && at - partial.startedAt <= MAX_AGE) return;
      giveUp(key, partial);
    }
  };
  const refuse = (partial: Partial, why: string): void => {
    tally.add(why, partial.name);
    partial.refused = true;
    bytesHeld -= partial.held;
    partial.held = 0;
    partial.pieces.length = 0;
  };
  const partialOf = (key: string, packet: IpPacket, at: number): Partial => {
    const known = partials.get(key);
    if (known && at - known.startedAt <= MAX_AGE) return known;
    if (known) giveUp(key, known);
    makeRoom(at);
    const begun: Partial = {
      startedAt: at,
      name: `${packet.source} to ${packet.destination}`,
      pieces: [],
      total: null,
      held: 0,
      seen: 0,
      first: null,
      refused: false,
    };
    partials.set(key, begun);
    return begun;
  };

  return {
    add: (packet, at) => {
      const { fragment, payload, source, destination } = packet;
      if (!fragment) return null;
      const version6 = source.includes(':');
      // IPv4 tells datagrams apart by their protocol too, IPv6 does not (RFC 8200 section 4.5).
      const key = `${source} ${destination} ${version6 ? '' : packet.protocol} ${fragment.identification}`;
      const partial = partialOf(key, packet, at);
      partial.seen += 1;
      if (partial.refused) return null;
      const end = fragment.offset + payload.length;
      const ragged = fragment.more && payload.length % 8 !== 0;
      if (packet.cut || ragged || payload.length === 0 || partial.seen > MAX_FRAGMENTS) {
        refuse(partial, 'ip-fragment');
        return null;
      }
      if (contradicts(partial, end, fragment.more)) {
        refuse(partial, 'ip-fragment-overlap');
        return null;
      }
      // A copy: the packet's own memory is the reader's.
      const placed = place(partial, { offset: fragment.offset, bytes: payload.slice() });
      if (placed === 'overlap') refuse(partial, 'ip-fragment-overlap');
      if (placed !== 'new') return null;
      bytesHeld += payload.length;
      if (!fragment.more) partial.total = end;
      if (fragment.offset === 0) partial.first = { ...packet, payload: new Uint8Array() };
      if (partial.held !== partial.total || !partial.first) return null;
      forget(key, partial);
      return { first: partial.first, payload: joined(partial) };
    },
    end: () => {
      for (const [key, partial] of partials) giveUp(key, partial);
    },
  };
};
