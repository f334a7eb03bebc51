import { ordered16, ordered32 } from './bytes-at.ts';
import {
  newPacketView,
  problemItem,
  type CaptureProblemCode,
  type CaptureSink,
  type FrameScanner,
} from './capture-item.ts';

/** Longest packet accepted, in bytes; keeps memory bounded on a wrong length field. */
const MAX_PACKET = 16 * 1024 * 1024;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

interface FileHeader {
  readonly little: boolean;
  readonly ticksPerMillisecond: number;
  readonly linkType: number;
}

const magics: Readonly<Record<number, { little: boolean; ticksPerMillisecond: number }>> = {
  0xa1b2c3d4: { little: true, ticksPerMillisecond: 1e3 },
  0xd4c3b2a1: { little: false, ticksPerMillisecond: 1e3 },
  0xa1b23c4d: { little: true, ticksPerMillisecond: 1e6 },
  0x4d3cb2a1: { little: false, ticksPerMillisecond: 1e6 },
};

/** Whether a file's first four bytes are of a classic capture file. */
export const isPcapMagic = (littleEndianWord: number): boolean => littleEndianWord in magics;

/** Reads a classic capture file (draft-ietf-opsawg-pcap): either byte order, microseconds or nanoseconds. */
export const pcapScanner = (sink: CaptureSink): FrameScanner => {
  const view = newPacketView();
  let header: FileHeader | null = null;
  let needed = FILE_HEADER;
  let stopped = false;

  const stop = (code: CaptureProblemCode, offset: number, detail?: string): void => {
    stopped = true;
    sink.note(problemItem(code, offset, detail));
  };

  const readHeader = (bytes: Uint8Array, at: number, offset: number): FileHeader | null => {
    const magic = magics[ordered32(bytes, at, true)];
    if (!magic) {
      stop('capture-format', offset);
      return null;
    }
    const major = ordered16(bytes, at + 4, magic.little);
    if (major !== 2) {
      stop('capture-version', offset + 4, `version ${major}`);
      return null;
    }
    return { ...magic, linkType: ordered32(bytes, at + 20, magic.little) & 0xffff };
  };

  const records = (
    { little, ticksPerMillisecond, linkType }: FileHeader,
    bytes: Uint8Array,
    from: number,
    to: number,
    offset: number,
  ): number => {
    view.bytes = bytes;
    view.linkType = linkType;
    let at = from;
    needed = RECORD_HEADER;
    while (to - at >= RECORD_HEADER) {
      const captured = ordered32(bytes, at + 8, little);
      if (captured > MAX_PACKET) {
        stop('packet-length', offset + at - from + 8, `${captured} bytes`);
        return at;
      }
      if (to - at < RECORD_HEADER + captured) {
        needed = RECORD_HEADER + captured;
        return at;
      }
      const length = ordered32(bytes, at + 12, little);
      view.at =
        ordered32(bytes, at, little) * 1000 +
        ordered32(bytes, at + 4, little) / ticksPerMillisecond;
      view.length = length < captured ? captured : length;
      view.from = at + RECORD_HEADER;
      at = view.from + captured;
      view.to = at;
      sink.packet(view);
      if (length < captured) sink.note(problemItem('packet-length', offset + view.from - from - 4));
    }
    return at;
  };

  return {
    scan: (bytes, from, to, offset) => {
      if (header) return records(header, bytes, from, to, offset);
      if (to - from < FILE_HEADER) return from;
      header = readHeader(bytes, from, offset);
      return header ? records(header, bytes, from + FILE_HEADER, to, offset + FILE_HEADER) : from;
    },
    get needed() {
      return needed;
    },
    get stopped() {
      return stopped;
    },
  };
};
