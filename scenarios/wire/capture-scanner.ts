import { ordered32 } from './bytes-at.ts';
import { problemItem, type CaptureSink, type FrameScanner } from './capture-item.ts';
import { isPcapMagic, pcapScanner } from './pcap-reader.ts';
import { pcapngScanner } from './pcapng-reader.ts';

const PCAPNG_MAGIC = 0x0a0d0d0a;
const MAGIC_LENGTH = 4;
const LEAST_CARRY = 4096;

/** Reads a capture in chunks of any size; copies nothing but the frames that chunks cut in two. */
export interface CaptureScanner {
  /** Gives the sink what this chunk completes; the chunk's memory is the caller's again afterwards. */
  push(chunk: Uint8Array): void;
  /** The end of the file: a problem when it lies inside a frame. */
  end(): void;
  /** Whether a problem with the framing ended the reading. */
  readonly stopped: boolean;
}

const createFormat = (sink: CaptureSink): FrameScanner => {
  let format: FrameScanner | null = null;
  let unknown = false;
  return {
    scan: (bytes, from, to, offset) => {
      if (!format) {
        if (to - from < MAGIC_LENGTH) return from;
        const magic = ordered32(bytes, from, true);
        if (magic === PCAPNG_MAGIC) format = pcapngScanner(sink);
        else if (isPcapMagic(magic)) format = pcapScanner(sink);
        else {
          unknown = true;
          sink.note(problemItem('capture-format', offset));
          return from;
        }
      }
      return format.scan(bytes, from, to, offset);
    },
    get needed() {
      return format?.needed ?? MAGIC_LENGTH;
    },
    get stopped() {
      return unknown || (format?.stopped ?? false);
    },
  };
};

/** The bytes of a frame that is not whole yet; grows by what came, never by what a length field says. */
const createCarry = () => {
  let bytes = new Uint8Array(LEAST_CARRY);
  let length = 0;
  return {
    get bytes() {
      return bytes;
    },
    get length() {
      return length;
    },
    append: (chunk: Uint8Array, from: number, to: number): void => {
      const total = length + to - from;
      if (total > bytes.length) {
        const grown = new Uint8Array(Math.max(total, bytes.length * 2));
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
      bytes.set(chunk.subarray(from, to), length);
      length = total;
    },
    drop: (count: number): void => {
      bytes.copyWithin(0, count, length);
      length -= count;
    },
  };
};

/** Reads pcapng and classic pcap, told apart by their first bytes. */
export const createCaptureScanner = (sink: CaptureSink): CaptureScanner => {
  const format = createFormat(sink);
  const carry = createCarry();
  let offset = 0;
  let ended = false;

  /** Completes the frame that the chunks before left open; returns how much of the chunk it took. */
  const complete = (chunk: Uint8Array): number => {
    let at = 0;
    while (carry.length > 0 && !format.stopped) {
      const missing = Math.max(format.needed - carry.length, 0);
      const end = Math.min(at + missing, chunk.length);
      carry.append(chunk, at, end);
      at = end;
      if (carry.length < format.needed) return at;
      const used = format.scan(carry.bytes, 0, carry.length, offset);
      carry.drop(used);
      offset += used;
      // A frame that is whole and not taken would be waited for without end.
      if (used === 0 && carry.length >= format.needed) return at;
    }
    return at;
  };

  return {
    push: (given) => {
      if (ended || format.stopped) return;
      // A Buffer's `slice` copies nothing: whoever takes packets gets plain arrays.
      const chunk = new Uint8Array(given.buffer, given.byteOffset, given.length);
      const from = complete(chunk);
      if (format.stopped || carry.length > 0 || from === chunk.length) return;
      const at = format.scan(chunk, from, chunk.length, offset);
      offset += at - from;
      if (!format.stopped) carry.append(chunk, at, chunk.length);
    },
    end: () => {
      if (ended || format.stopped) return;
      ended = true;
      if (carry.length > 0) sink.note(problemItem('capture-truncated', offset));
      else if (offset === 0) sink.note(problemItem('capture-empty', 0));
    },
    get stopped() {
      return format.stopped;
    },
  };
};
