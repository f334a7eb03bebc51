import type { Fault } from '../../reference/core/result.ts';

/** Link types this project reads (the registry of draft-ietf-opsawg-pcaplinktype). */
export const linkTypes = {
  null: 0,
  ethernet: 1,
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
  /** The bytes kept, link header first; a view that shares memory with the chunk it came in. */
  readonly bytes: Uint8Array;
  /** Length on the wire in bytes; more than `bytes` has when the capture cut the packet. */
  readonly length: number;
}

export type CaptureProblemCode =
  | 'capture-empty'
  | 'capture-format'
  | 'capture-version'
  | 'capture-truncated'
  | 'block-length'
  | 'block-trailer'
  | 'section-magic'
  | 'interface-unknown'
  | 'packet-length'
  | 'option-length'
  | 'secrets-length'
  | 'link-unknown';

/** What a capture file holds, in file order. A problem with the framing of the file is its last item. */
export type CaptureItem =
  | CapturedPacket
  /** Lines of the NSS key log format from a decryption secrets block. */
  | { readonly kind: 'tls-key-log'; readonly lines: readonly string[] }
  | { readonly kind: 'comment'; readonly text: string }
  /** Packets the capturing side says it dropped. */
  | { readonly kind: 'dropped'; readonly count: number }
  | { readonly kind: 'problem'; readonly problem: Fault<CaptureProblemCode> };

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

/** One framed unit of a file format: how long it is and what it says. */
export type FrameStep =
  | { readonly kind: 'more' }
  | { readonly kind: 'frame'; readonly length: number; readonly items: readonly CaptureItem[] }
  | { readonly kind: 'stop'; readonly problem: Fault<CaptureProblemCode> };

/** Reads the unit at the start of `bytes`, which lies at `offset` in the file. */
export type FrameReader = (bytes: DataView, offset: number) => FrameStep;

/** A problem item. */
export const problemItem = (
  code: CaptureProblemCode,
  offset: number,
  detail?: string,
): { readonly kind: 'problem'; readonly problem: Fault<CaptureProblemCode> } => ({
  kind: 'problem',
  problem: detail === undefined ? { code, offset } : { code, offset, detail },
});

/** Ends the reading with a problem. */
export const stopAt = (code: CaptureProblemCode, offset: number, detail?: string): FrameStep => ({
  kind: 'stop',
  problem: problemItem(code, offset, detail).problem,
});
