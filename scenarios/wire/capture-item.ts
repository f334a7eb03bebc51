import type { Fault } from '../../reference/core/result.ts';

/** Link types this project reads (the registry of draft-ietf-opsawg-pcaplinktype). */
export const linkTypes = {
  null: 0,
  ethernet: 1,
  /** What BSD and OpenBSD call raw IP in their own files. */
  rawBsd: 12,
  rawOpenBsd: 14,
  rawIp: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

/** One captured packet. */
export interface CapturedPacket {
  readonly kind: 'packet';
  /** Milliseconds since 1970 with fraction; exact to about a quarter of a microsecond. */
  readonly at: number;
  readonly linkType: number;
  /** The bytes kept, link header first. */
  readonly bytes: Uint8Array;
  /** Length on the wire in bytes; more than `bytes` has when the capture cut the packet. */
  readonly length: number;
}

/**
 * A packet where it lies in the reader's memory. One object serves all packets and the bytes are overwritten later, so that
 * whoever keeps something copies it.
 */
export interface PacketView {
  bytes: Uint8Array;
  /** The packet's first byte, and the one behind its last, in `bytes`. */
  from: number;
  to: number;
  /** As in {@link CapturedPacket}. */
  at: number;
  linkType: number;
  length: number;
}

/** A view of nothing. */
export const newPacketView = (): PacketView => ({
  bytes: new Uint8Array(),
  from: 0,
  to: 0,
  at: 0,
  linkType: 0,
  length: 0,
});

export type CaptureProblemCode =
  | 'capture-empty'
  | 'capture-format'
  | 'capture-version'
  | 'capture-truncated'
  | 'gzip-corrupt'
  | 'gzip-truncated'
  | 'gzip-trailing'
  | 'block-length'
  | 'block-trailer'
  | 'section-magic'
  | 'interface-unknown'
  | 'interface-limit'
  | 'packet-length'
  | 'option-length'
  | 'secrets-length'
  | 'link-unknown'
  /** More of something than is kept: what else the capture held of it is only counted. */
  | 'limit-problems'
  | 'limit-secrets'
  | 'limit-udp-flows'
  | 'limit-tcp-connections'
  | 'limit-tcp-memory'
  | 'limit-facts';

/** Something other than a packet that a capture holds. */
export type CaptureNote =
  /** Lines of the NSS key log format from a decryption secrets block. */
  | { readonly kind: 'tls-key-log'; readonly lines: readonly string[] }
  | { readonly kind: 'comment'; readonly text: string }
  /** Packets the capturing side says it dropped. */
  | { readonly kind: 'dropped'; readonly count: number }
  | { readonly kind: 'problem'; readonly problem: Fault<CaptureProblemCode> };

/** What a capture file holds, in file order. A problem with the framing of the file is its last item. */
export type CaptureItem = CapturedPacket | CaptureNote;

/** Takes what a capture holds, in file order. */
export interface CaptureSink {
  /** The view is good until this returns. */
  packet(view: PacketView): void;
  note(note: CaptureNote): void;
}

/**
 * Reads a capture in chunks of any size, keeping at most one block or record of it.
 * Total: any bytes give items, and broken ones a problem at an offset from the start of the file.
 */
export interface CaptureReader {
  /** The items that this chunk completes. */
  push(chunk: Uint8Array): readonly CaptureItem[];
  /** The items that the end of the file completes: a problem when it ends inside a block. */
  end(): readonly CaptureItem[];
}

/** Reads the records or blocks of one file format. */
export interface FrameScanner {
  /**
   * Reads whole frames from `from` to at most `to`, whose first byte lies at `offset` in the file, and returns where the first
   * frame begins that is not whole; `needed` then says how many bytes of it must be there before the next call is of use.
   */
  scan(bytes: Uint8Array, from: number, to: number, offset: number): number;
  readonly needed: number;
  /** After a problem with the framing nothing more is read. */
  readonly stopped: boolean;
}

/** A problem item. */
export const problemItem = (
  code: CaptureProblemCode,
  offset: number,
  detail?: string,
): { readonly kind: 'problem'; readonly problem: Fault<CaptureProblemCode> } => ({
  kind: 'problem',
  problem: detail === undefined ? { code, offset } : { code, offset, detail },
});
