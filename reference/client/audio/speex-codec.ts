import koffi, { type LibraryHandle } from 'koffi';
import { parseNarrowband } from '../../core/speex/frame.ts';

/** Samples of a narrowband frame: 20 ms at 8 kHz. */
export const FRAME_SAMPLES = 160;

/** Bytes of a frame at {@link QUALITY}. */
export const FRAME_BYTES = 38;

/** Encodes one direction; predicts from frame to frame. */
export interface SpeexEncoder {
  /** 160 samples in, 38 bytes out (15 kbit/s, sub-mode 5); throws RangeError for another number of samples. */
  encode(samples: Int16Array): Uint8Array;
  /** Frees libspeex's state; using the encoder again throws. */
  close(): void;
}

/** Decodes one direction. */
export interface SpeexDecoder {
  /** 160 samples of a packet's first frame; null, or what is no narrowband packet, is concealed as lost and never reaches libspeex. */
  decode(frame: Uint8Array | null): Int16Array;
  /** Frees libspeex's state; using the decoder again throws. */
  close(): void;
}

/** Narrowband Speex by libspeex, at quality 8 and a constant bit rate. */
export interface SpeexCodec {
  createEncoder(): SpeexEncoder;
  createDecoder(): SpeexDecoder;
}

const NAMES = ['libspeex.so.1', 'libspeex.1.dylib'];

const QUALITY = 8;

/** The complexity of speexenc, whose frames are the same as ours. */
const COMPLEXITY = 3;

/** Requests of speex.h. */
const SET_QUALITY = 4;
const SET_VBR = 12;
const SET_COMPLEXITY = 16;
const MODE_NARROWBAND = 0;

/** At least sizeof(SpeexBits) of speex_bits.h. */
const BITS_STRUCT = 64;

const MAXIMUM_FRAME = 200;

const bind = (library: LibraryHandle) => {
  const pointers = (count: number): string[] => Array.from({ length: count }, () => 'void *');
  return {
    mode: library.func('speex_lib_get_mode', 'void *', ['int']) as (mode: number) => unknown,
    bitsInit: library.func('speex_bits_init', 'void', pointers(1)) as (bits: Buffer) => void,
    bitsReset: library.func('speex_bits_reset', 'void', pointers(1)) as (bits: Buffer) => void,
    bitsEnd: library.func('speex_bits_insert_terminator', 'void', pointers(1)) as (
      bits: Buffer,
    ) => void,
    bitsWrite: library.func('speex_bits_write', 'int', [...pointers(2), 'int']) as (
      bits: Buffer,
      bytes: Buffer,
      room: number,
    ) => number,
    bitsRead: library.func('speex_bits_read_from', 'void', [...pointers(2), 'int']) as (
      bits: Buffer,
      bytes: Buffer,
      length: number,
    ) => void,
    bitsDestroy: library.func('speex_bits_destroy', 'void', pointers(1)) as (bits: Buffer) => void,
    encoderInit: library.func('speex_encoder_init', 'void *', pointers(1)) as (
      mode: unknown,
    ) => unknown,
    encoderControl: library.func('speex_encoder_ctl', 'int', ['void *', 'int', 'void *']) as (
      encoder: unknown,
      request: number,
      value: Int32Array,
    ) => number,
    encode: library.func('speex_encode_int', 'int', pointers(3)) as (
      encoder: unknown,
      samples: Int16Array,
      bits: Buffer,
    ) => number,
    encoderDestroy: library.func('speex_encoder_destroy', 'void', pointers(1)) as (
      encoder: unknown,
    ) => void,
    decoderInit: library.func('speex_decoder_init', 'void *', pointers(1)) as (
      mode: unknown,
    ) => unknown,
    decode: library.func('speex_decode_int', 'int', pointers(3)) as (
      decoder: unknown,
      bits: Buffer | null,
      samples: Int16Array,
    ) => number,
    decoderDestroy: library.func('speex_decoder_destroy', 'void', pointers(1)) as (
      decoder: unknown,
    ) => void,
  };
};

type Bound = ReturnType<typeof bind>;

const newBits = (speex: Bound): Buffer => {
  const bits = Buffer.alloc(BITS_STRUCT);
  speex.bitsInit(bits);
  return bits;
};

/** Frees once, because libspeex would free twice; using what was freed throws instead of crashing the process. */
const once = (name: string, free: () => void) => {
  let open = true;
  return {
    run: () => {
      if (open) free();
      open = false;
    },
    assertOpen: () => {
      if (!open) throw new Error(`speex: the ${name} is closed; create another one`);
    },
  };
};

const createEncoder = (speex: Bound): SpeexEncoder => {
  const bits = newBits(speex);
  const encoder = speex.encoderInit(speex.mode(MODE_NARROWBAND));
  const room = Buffer.alloc(MAXIMUM_FRAME);
  const settings = [
    [SET_VBR, 0],
    [SET_COMPLEXITY, COMPLEXITY],
    [SET_QUALITY, QUALITY],
  ] as const;
  for (const [request, value] of settings)
    speex.encoderControl(encoder, request, Int32Array.of(value));
  const close = once('encoder', () => {
    speex.encoderDestroy(encoder);
    speex.bitsDestroy(bits);
  });
  return {
    encode: (samples) => {
      close.assertOpen();
      if (samples.length !== FRAME_SAMPLES)
        throw new RangeError(`speex: ${samples.length} samples in a frame; give ${FRAME_SAMPLES}`);
      speex.bitsReset(bits);
      speex.encode(encoder, samples.slice(), bits);
      speex.bitsEnd(bits);
      const length = speex.bitsWrite(bits, room, room.length);
      return new Uint8Array(room.subarray(0, length));
    },
    close: close.run,
  };
};

const createDecoder = (speex: Bound): SpeexDecoder => {
  const bits = newBits(speex);
  const decoder = speex.decoderInit(speex.mode(MODE_NARROWBAND));
  const close = once('decoder', () => {
    speex.decoderDestroy(decoder);
    speex.bitsDestroy(bits);
  });
  return {
    decode: (frame) => {
      close.assertOpen();
      const samples = new Int16Array(FRAME_SAMPLES);
      if (frame !== null && parseNarrowband(frame).ok) {
        speex.bitsRead(bits, Buffer.from(frame), frame.length);
        if (speex.decode(decoder, bits, samples) === 0) return samples;
      }
      speex.decode(decoder, null, samples);
      return samples;
    },
    close: close.run,
  };
};

interface Loaded {
  readonly codec: SpeexCodec | null;
  readonly reason: string | null;
}

const load = (): Loaded => {
  const reasons: string[] = [];
  for (const name of NAMES) {
    try {
      const speex = bind(koffi.load(name));
      const codec = {
        createEncoder: () => createEncoder(speex),
        createDecoder: () => createDecoder(speex),
      };
      return { codec, reason: null };
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { codec: null, reason: reasons[0] ?? 'not looked for' };
};

let loaded: Loaded | undefined;

const loadOnce = (): Loaded => {
  loaded ??= load();
  return loaded;
};

/** libspeex, loaded once; null where it is missing, and {@link speexMissing} tells why. */
export const loadSpeex = (): SpeexCodec | null => loadOnce().codec;

/** Why {@link loadSpeex} gives null, with the way out; null when it gives a codec. */
export const speexMissing = (): string | null => {
  const { reason } = loadOnce();
  return reason === null
    ? null
    : `libspeex could not be loaded (${reason}); on Debian or Ubuntu: apt install libspeex1`;
};
