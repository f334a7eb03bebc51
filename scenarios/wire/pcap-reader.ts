import { problemItem, stopAt, type FrameReader } from './capture-item.ts';

/** Longest packet accepted, in bytes; keeps memory bounded on a wrong length field. */
const MAX_PACKET = 16 * 1024 * 1024;

interface FileHeader {
  readonly little: boolean;
  readonly ticksPerSecond: number;
  readonly linkType: number;
}

const magics: Readonly<Record<number, { little: boolean; ticksPerSecond: number }>> = {
  0xa1b2c3d4: { little: true, ticksPerSecond: 1e6 },
  0xd4c3b2a1: { little: false, ticksPerSecond: 1e6 },
  0xa1b23c4d: { little: true, ticksPerSecond: 1e9 },
  0x4d3cb2a1: { little: false, ticksPerSecond: 1e9 },
};

/** Whether a file's first four bytes are of a classic capture file. */
export const isPcapMagic = (littleEndianWord: number): boolean => littleEndianWord in magics;

/** Reads a classic capture file (draft-ietf-opsawg-pcap): either byte order, microseconds or nanoseconds. */
export const pcapFrames = (): FrameReader => {
  let header: FileHeader | null = null;
  return (view, offset) => {
    if (header) return readRecord(view, offset, header);
    if (view.byteLength < 24) return { kind: 'more' };
    const magic = magics[view.getUint32(0, true)];
    if (!magic) return stopAt('capture-format', offset);
    const major = view.getUint16(4, magic.little);
    if (major !== 2) return stopAt('capture-version', offset + 4, `version ${major}`);
    header = { ...magic, linkType: view.getUint32(20, magic.little) & 0xffff };
    return { kind: 'frame', length: 24, items: [] };
  };
};

const readRecord = (
  view: DataView,
  offset: number,
  header: FileHeader,
): ReturnType<FrameReader> => {
  if (view.byteLength < 16) return { kind: 'more' };
  const { little, ticksPerSecond } = header;
  const captured = view.getUint32(8, little);
  if (captured > MAX_PACKET) return stopAt('packet-length', offset + 8, `${captured} bytes`);
  if (view.byteLength < 16 + captured) return { kind: 'more' };
  const length = view.getUint32(12, little);
  const fraction = view.getUint32(4, little);
  const packet = {
    kind: 'packet' as const,
    at: view.getUint32(0, little) * 1000 + (fraction * 1000) / ticksPerSecond,
    linkType: header.linkType,
    bytes: new Uint8Array(view.buffer, view.byteOffset + 16, captured),
    length: Math.max(length, captured),
  };
  const items = length < captured ? [packet, problemItem('packet-length', offset + 12)] : [packet];
  return { kind: 'frame', length: 16 + captured, items };
};
