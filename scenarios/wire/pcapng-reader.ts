import { ordered16, ordered32 } from './bytes-at.ts';
import {
  newPacketView,
  problemItem,
  type CaptureProblemCode,
  type CaptureSink,
  type FrameScanner,
} from './capture-item.ts';
import { readBlock, readPacket, type BlockContext, type Section } from './pcapng-blocks.ts';
import type { BlockBody } from './pcapng-options.ts';
import { scanPlainPackets } from './pcapng-plain-packets.ts';

const SECTION_HEADER = 0x0a0d0d0a;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const BYTE_ORDER_MAGIC_SWAPPED = 0x4d3c2b1a;
const BLOCK_HEADER = 8;
const SECTION_START = 16;

/** Longest block accepted, in bytes; keeps memory bounded on a wrong length field. */
const MAX_BLOCK = 16 * 1024 * 1024;

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Reads blocks of a pcapng file (draft-ietf-opsawg-pcapng): any number of sections, each in its own byte order. */
export const pcapngScanner = (sink: CaptureSink): FrameScanner => {
  const section: Section = { little: true, interfaces: [], full: false, lastAt: 0 };
  const context: BlockContext = { sink, section, view: newPacketView() };
  // One object for all blocks; nothing keeps it.
  const body: Mutable<BlockBody> = {
    bytes: new Uint8Array(),
    from: 0,
    to: 0,
    offset: 0,
    little: true,
  };
  let needed = SECTION_START;
  let stopped = false;

  const stop = (code: CaptureProblemCode, offset: number, detail?: string): void => {
    stopped = true;
    sink.note(problemItem(code, offset, detail));
  };

  /** A section header tells the byte order of what follows, its own length included. */
  const enterSection = (bytes: Uint8Array, at: number, offset: number): void => {
    const magic = ordered32(bytes, at + 8, true);
    if (magic !== BYTE_ORDER_MAGIC && magic !== BYTE_ORDER_MAGIC_SWAPPED) {
      stop('section-magic', offset + 8);
      return;
    }
    section.little = magic === BYTE_ORDER_MAGIC;
    section.interfaces = [];
    section.full = false;
    const major = ordered16(bytes, at + 12, section.little);
    if (major !== 1) stop('capture-version', offset + 12, `version ${major}`);
  };

  /** Length of the block at `at`, or 0 where reading ends. */
  const blockLength = (bytes: Uint8Array, at: number, offset: number): number => {
    const { little } = section;
    const length = ordered32(bytes, at + 4, little);
    const least = ordered32(bytes, at, true) === SECTION_HEADER ? 28 : 12;
    if (length >= least && length % 4 === 0 && length <= MAX_BLOCK) return length;
    stop('block-length', offset + 4, `${length} bytes`);
    return 0;
  };

  const scan = (bytes: Uint8Array, from: number, to: number, offset: number): number => {
    body.bytes = bytes;
    let at = from;
    for (;;) {
      if (section.little) at = scanPlainPackets(bytes, at, to, context);
      if (to - at < BLOCK_HEADER) break;
      const place = offset + at - from;
      // This block type reads the same in both byte orders.
      const isSection = ordered32(bytes, at, true) === SECTION_HEADER;
      if (isSection && to - at < SECTION_START) {
        needed = SECTION_START;
        return at;
      }
      if (isSection) enterSection(bytes, at, place);
      const length = stopped ? 0 : blockLength(bytes, at, place);
      if (length === 0) return at;
      if (to - at < length) {
        needed = length;
        return at;
      }
      const { little } = section;
      if (ordered32(bytes, at + length - 4, little) !== length) {
        stop('block-trailer', place + length - 4);
        return at;
      }
      body.from = at + BLOCK_HEADER;
      body.to = at + length - 4;
      body.offset = place + BLOCK_HEADER;
      body.little = little;
      const type = ordered32(bytes, at, little);
      if (type === ENHANCED_PACKET) readPacket(body, context, false);
      else readBlock(type, body, context);
      at += length;
    }
    needed = BLOCK_HEADER;
    return at;
  };

  return {
    scan,
    get needed() {
      return needed;
    },
    get stopped() {
      return stopped;
    },
  };
};
