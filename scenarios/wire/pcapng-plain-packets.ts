import type { BlockContext } from './pcapng-blocks.ts';

const ENHANCED_PACKET = 6;
/** An enhanced packet block's fields in front of the packet, and with its trailing length. */
const PACKET_START = 28;
const PACKET_OVERHEAD = 32;

/** 32 bits, little-endian, as a signed number, which stays a small integer. */
const little32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) |
  ((bytes[at + 1] ?? 0) << 8) |
  ((bytes[at + 2] ?? 0) << 16) |
  ((bytes[at + 3] ?? 0) << 24);

/**
 * Reads the usual blocks: whole enhanced packets of known interfaces, little-endian, without options or anything amiss. Returns
 * where the first block of another kind begins.
 */
export const scanPlainPackets = (
  bytes: Uint8Array,
  from: number,
  to: number,
  { sink, section, view }: BlockContext,
): number => {
  const { interfaces } = section;
  let at = from;
  view.bytes = bytes;
  while (to - at >= PACKET_OVERHEAD && little32(bytes, at) === ENHANCED_PACKET) {
    const length = little32(bytes, at + 4);
    const captured = little32(bytes, at + 20);
    const onWire = little32(bytes, at + 24);
    const number = little32(bytes, at + 8);
    if (captured < 0 || onWire < captured || ((captured + 3) & ~3) + PACKET_OVERHEAD !== length)
      return at;
    if (to - at < length || little32(bytes, at + length - 4) !== length) return at;
    const source = number >= 0 && number < interfaces.length ? interfaces[number] : undefined;
    if (!source) return at;
    const high = little32(bytes, at + 12) >>> 0;
    const ticks = high * 2 ** 32 + (little32(bytes, at + 16) >>> 0);
    section.lastAt = ticks / source.ticksPerMillisecond + source.offset;
    view.at = section.lastAt;
    view.from = at + PACKET_START;
    view.to = at + PACKET_START + captured;
    view.length = onWire;
    view.linkType = source.linkType;
    sink.packet(view);
    at += length;
  }
  return at;
};
