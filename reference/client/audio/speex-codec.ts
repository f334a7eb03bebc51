import koffi, { type LibraryHandle } from 'koffi';
import { parseNarrowband } from '../../core/speex/frame.ts';

/** Samples of a narrowband frame: 20 ms at 8 kHz. */
export const FRAME_SAMPLES = 160;

/** libspeex's scale of quality: 0 to 10. */
export type SpeexQuality = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** Bytes of a frame by quality, at a constant bit rate. */
const FRAME_BYTES_BY_QUALITY = [6, 10, 15, 20, 20, 28, 28, 38, 38, 46, 62] as const;

const DEFAULT_QUALITY = 8;

/** Bytes of a frame at quality 8, the one of a phone that is told nothing else. */
export const FRAME_BYTES = FRAME_BYTES_BY_QUALITY[DEFAULT_QUALITY];

/** How a phone encodes. */
export interface SpeexSettings {
  /** 8 where absent: 15 kbit/s, sub-mode 5. */
  readonly quality?: SpeexQuality;
  /**
   * Makes frames as long as what is said needs. Encryption does not hide lengths, and from them an eavesdropper recognises the
   * language, the speaker and phrases (RFC 6562 section 2): for experiments that show this, never for a call.
   */
  readonly variableBitRateThatLeaksSpeech?: boolean;
}

/** One line: quality and bit rate. */
export const describeSettings = (settings: SpeexSettings): string => {
  const quality = settings.quality ?? DEFAULT_QUALITY;
  return settings.variableBitRateThatLeaksSpeech === true
    ? `quality ${quality}, variable bit rate: the lengths of packets reveal speech (RFC 6562)`
    : `quality ${quality}, ${FRAME_BYTES_BY_QUALITY[quality]} bytes a frame`;
};

/** Encodes one direction; predicts from frame to frame. */
export interface SpeexEncoder {
  /** 160 samples in, one packet out; throws RangeError for another number of samples. */
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

/** Narrowband Speex by libspeex. */
export interface SpeexCodec {
  /** At quality 8 and a constant bit rate unless told otherwise. */
  createEncoder(settings?: SpeexSettings): SpeexEncoder;
  createDecoder(): SpeexDecoder;
}

const NAMES = ['libspeex.so.1', 'libspeex.1.dylib'];

/** The complexity of speexenc, whose frames are the same as ours. */
const COMPLEXITY = 3;

/** Requests of speex.h. */
const SET_QUALITY = 4;
const SET_VBR = 12;
const SET_VBR_QUALITY = 14;
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
      value: Int32Array | Float32Array,
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

const createEncoder = (speex: Bound, settings: SpeexSettings): SpeexEncoder => {
  const bits = newBits(speex);
  const encoder = speex.encoderInit(speex.mode(MODE_NARROWBAND));
  const room = Buffer.alloc(MAXIMUM_FRAME);
  const quality = settings.quality ?? DEFAULT_QUALITY;
  const isVariable = settings.variableBitRateThatLeaksSpeech === true;
  const controls: readonly (readonly [number, Int32Array | Float32Array])[] = [
    [SET_VBR, Int32Array.of(isVariable ? 1 : 0)],
    [SET_COMPLEXITY, Int32Array.of(COMPLEXITY)],
    isVariable
      ? [SET_VBR_QUALITY, Float32Array.of(quality)]
      : [SET_QUALITY, Int32Array.of(quality)],
  ];
  for (const [request, value] of controls) speex.encoderControl(encoder, request, value);
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
      const packet = frame === null ? null : parseNarrowband(frame);
      // libspeex reads the length of a user's signal otherwise than parseNarrowband and its own manual do.
      const isSafe = packet?.ok === true && packet.value.signals.every(({ kind }) => kind === 14);
      if (frame !== null && isSafe) {
        speex.bitsRead(bits, Buffer.from(frame), frame.length);
        if (speex.decode(decoder, bits, samples) === 0) return samples;
      }
      speex.decode(decoder, null, samples);
      return samples;
    },
    close: close.run,
  };
};

/** The codec, or why there is none, with the way out. */
export type SpeexLibrary =
  | { readonly codec: SpeexCodec; readonly missing: null }
  | { readonly codec: null; readonly missing: string };

/** Binds libspeex; `load` opens a shared library by its name and throws where it is missing. */
export const openSpeex = (load: (name: string) => LibraryHandle): SpeexLibrary => {
  const reasons: string[] = [];
  for (const name of NAMES) {
    try {
      const speex = bind(load(name));
      const codec: SpeexCodec = {
        createEncoder: (settings = {}) => createEncoder(speex, settings),
        createDecoder: () => createDecoder(speex),
      };
      return { codec, missing: null };
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  const reason = reasons[0] ?? 'not looked for';
  return {
    codec: null,
    missing: `libspeex could not be loaded (${reason}); on Debian or Ubuntu: apt install libspeex1`,
  };
};

let loaded: SpeexLibrary | undefined;

/** libspeex of this machine, loaded once. */
export const speexLibrary = (): SpeexLibrary => (loaded ??= openSpeex((name) => koffi.load(name)));

/** The codec of {@link speexLibrary}; null where it is missing, and {@link speexMissing} tells why. */
export const loadSpeex = (): SpeexCodec | null => speexLibrary().codec;

/** Why {@link loadSpeex} gives null, with the way out; null when it gives a codec. */
export const speexMissing = (): string | null => speexLibrary().missing;
