import { fault, ok, type Fault, type Result } from '../result.ts';

/**
 * Why bytes are not a narrowband Speex packet. `wideband`: a frame carries the wideband bit. `reserved-sub-mode`: 9 to 12.
 * `truncated`: a frame or signal is longer than what is left. `no-frame`: no frame before the padding.
 * `padding`: the end is not a 0 bit and then ones to the end of the byte. `trailing`: bytes behind the terminator.
 */
export type SpeexRefusal =
  | 'empty'
  | 'wideband'
  | 'reserved-sub-mode'
  | 'truncated'
  | 'no-frame'
  | 'padding'
  | 'trailing';

/** One narrowband frame: 20 ms, 160 samples. */
export interface NarrowbandFrame {
  /** 0 (no transmission) to 8. */
  readonly subMode: number;
  /** Length in bits with the 5 bits of wideband bit and sub-mode. */
  readonly bits: number;
}

/** An in-band signal between frames; it carries no audio. */
export interface SpeexSignal {
  /** 14 for a request of the codec's own, 13 for a message of the application. */
  readonly kind: 13 | 14;
  /** Code of a request, or length in bytes of a message. */
  readonly code: number;
  /** Length in bits with the 5 bits of wideband bit and sub-mode. */
  readonly bits: number;
}

/** What a narrowband packet holds, in order. */
export interface NarrowbandPacket {
  readonly frames: readonly NarrowbandFrame[];
  readonly signals: readonly SpeexSignal[];
  /** 0 to 7: RFC 5574 section 3.3. */
  readonly paddingBits: number;
}

const HEADER_BITS = 5;
const TERMINATOR = 15;

/** Bits of a frame by sub-mode, header included (RFC 5574, the Speex manual's table of narrowband modes). */
const FRAME_BITS: readonly number[] = [5, 43, 119, 160, 220, 300, 364, 492, 79];

/** Payload bits of an in-band request by its 4-bit code. */
const REQUEST_BITS: readonly number[] = [1, 1, 4, 4, 4, 4, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64];

const readBits = (bytes: Uint8Array, at: number, count: number): number => {
  let value = 0;
  for (let bit = at; bit < at + count; bit += 1)
    value = value * 2 + (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
  return value;
};

const readSignal = (bytes: Uint8Array, at: number, kind: 13 | 14): SpeexSignal => {
  const width = kind === 14 ? 4 : 5;
  const code = readBits(bytes, at + HEADER_BITS, width);
  const payload = kind === 14 ? (REQUEST_BITS[code] ?? 0) : 8 * code;
  return { kind, code, bits: HEADER_BITS + width + payload };
};

/** The bits from `at` on must be 0, then ones to the end of that byte, which is the last. */
const endOf = (bytes: Uint8Array, at: number): Result<number, Fault<SpeexRefusal>> => {
  const left = bytes.length * 8 - at;
  if (left >= 8) return fault('trailing', (at >> 3) + 1);
  const expected = 2 ** Math.max(left - 1, 0) - 1;
  return readBits(bytes, at, left) === expected ? ok(left) : fault('padding', at >> 3);
};

/**
 * Reads how a packet of narrowband Speex is made up (RFC 5574 section 3): frames, in-band signals, padding; the sound itself is
 * not decoded. Offsets are bytes. A terminator on a byte's edge takes that whole byte (bits 0111 1111) and is refused as
 * `trailing`, because padding is shorter than a byte.
 */
export const parseNarrowband = (
  bytes: Uint8Array,
): Result<NarrowbandPacket, Fault<SpeexRefusal>> => {
  if (bytes.length === 0) return fault('empty', 0);
  const frames: NarrowbandFrame[] = [];
  const signals: SpeexSignal[] = [];
  const total = bytes.length * 8;
  let at = 0;
  while (total - at >= HEADER_BITS) {
    if (readBits(bytes, at, 1) === 1) return fault('wideband', at >> 3);
    const mode = readBits(bytes, at + 1, HEADER_BITS - 1);
    if (mode === TERMINATOR) break;
    const frameBits = FRAME_BITS[mode];
    let length: number;
    if (frameBits !== undefined) {
      length = frameBits;
      frames.push({ subMode: mode, bits: length });
    } else if (mode === 13 || mode === 14) {
      const signal = readSignal(bytes, at, mode);
      length = signal.bits;
      signals.push(signal);
    } else return fault('reserved-sub-mode', at >> 3);
    if (total - at < length) return fault('truncated', at >> 3);
    at += length;
  }
  if (frames.length === 0) return fault('no-frame', at >> 3);
  const padding = endOf(bytes, at);
  return padding.ok ? ok({ frames, signals, paddingBits: padding.value }) : padding;
};
