import { concat, latin1, utf8 } from '../bytes.ts';
import { fault, ok, type Fault, type Result } from '../result.ts';

/**
 * Why bytes are not a recording that a phone can send. `truncated`: a chunk is longer than the file. `no-format`: no fmt chunk
 * before the data. `format`: not PCM. `data-length`: not whole samples.
 */
export type WavRefusal =
  | 'not-riff'
  | 'not-wave'
  | 'truncated'
  | 'no-format'
  | 'format'
  | 'channels'
  | 'sample-rate'
  | 'sample-size'
  | 'no-data'
  | 'data-length';

type Refused = Fault<WavRefusal>;

const SAMPLE_RATE = 8_000;
const SAMPLE_BYTES = 2;
const RIFF_HEADER = 12;
const CHUNK_HEADER = 8;
const PCM = 1;
const EXTENSIBLE = 0xfffe;

/** Bytes of a fmt chunk: of PCM, and with the extension of WAVE_FORMAT_EXTENSIBLE. */
const PLAIN_FORMAT = 16;
const EXTENSIBLE_FORMAT = 40;

/** The data size that a program writes which does not know it. */
const UNKNOWN_SIZE = 0xffff_ffff;

/** KSDATAFORMAT_SUBTYPE_PCM behind its first two bytes, which are the format. */
const SUBTYPE_TAIL = Uint8Array.from([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);

/** Bytes of {@link wavHeader}. */
export const WAV_HEADER_BYTES = RIFF_HEADER + CHUNK_HEADER + PLAIN_FORMAT + CHUNK_HEADER;

/** Samples that the sizes in a header, of 32 bits, leave room for: 74 hours. */
export const WAV_MAXIMUM_SAMPLES = Math.floor((UNKNOWN_SIZE - WAV_HEADER_BYTES) / SAMPLE_BYTES) - 1;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

interface Chunk {
  readonly name: string;
  /** Of its body. */
  readonly at: number;
  readonly body: Uint8Array;
}

/** Whether a fmt chunk describes 8 kHz mono 16-bit PCM. */
const checkFormat = ({ at, body }: Chunk): Result<void, Refused> => {
  if (body.length < PLAIN_FORMAT) return fault('format', at, `${body.length} bytes`);
  const view = viewOf(body);
  const tag = view.getUint16(0, true);
  const isExtensible =
    tag === EXTENSIBLE &&
    body.length >= EXTENSIBLE_FORMAT &&
    SUBTYPE_TAIL.every((byte, index) => byte === body[26 + index]);
  const format = isExtensible ? view.getUint16(24, true) : tag;
  if (format !== PCM) return fault('format', at, String(format));
  const channels = view.getUint16(2, true);
  if (channels !== 1) return fault('channels', at + 2, String(channels));
  const rate = view.getUint32(4, true);
  if (rate !== SAMPLE_RATE) return fault('sample-rate', at + 4, String(rate));
  const bits = view.getUint16(14, true);
  if (bits !== 8 * SAMPLE_BYTES || view.getUint16(12, true) !== SAMPLE_BYTES)
    return fault('sample-size', at + 14, String(bits));
  return ok(undefined);
};

const readChunk = (bytes: Uint8Array, at: number): Result<Chunk, Refused> => {
  if (bytes.length < at + CHUNK_HEADER) return fault('truncated', at);
  const name = latin1(bytes.subarray(at, at + 4));
  const size = viewOf(bytes).getUint32(at + 4, true);
  const start = at + CHUNK_HEADER;
  const end = name === 'data' && size === UNKNOWN_SIZE ? bytes.length : start + size;
  if (end > bytes.length) return fault('truncated', at + 4);
  return ok({ name, at: start, body: bytes.subarray(start, end) });
};

const readSamples = ({ at, body }: Chunk): Result<Int16Array, Refused> => {
  if (body.length % SAMPLE_BYTES !== 0) return fault('data-length', at - 4, String(body.length));
  const view = viewOf(body);
  return ok(
    Int16Array.from({ length: body.length / SAMPLE_BYTES }, (_, index) =>
      view.getInt16(index * SAMPLE_BYTES, true),
    ),
  );
};

/**
 * The samples of a RIFF WAVE file of 8 kHz mono 16-bit PCM, by itself or as WAVE_FORMAT_EXTENSIBLE; other chunks are passed
 * over, and the size that RIFF names is not looked at, because programs that write to a pipe leave it wrong. Everything else is refused.
 */
export const parseWav = (bytes: Uint8Array): Result<Int16Array, Refused> => {
  if (bytes.length < RIFF_HEADER || latin1(bytes.subarray(0, 4)) !== 'RIFF')
    return fault('not-riff', 0);
  if (latin1(bytes.subarray(8, 12)) !== 'WAVE') return fault('not-wave', 8);
  let hasFormat = false;
  let at = RIFF_HEADER;
  while (at < bytes.length) {
    const chunk = readChunk(bytes, at);
    if (!chunk.ok) return chunk;
    const { name, body } = chunk.value;
    if (name === 'data') return hasFormat ? readSamples(chunk.value) : fault('no-format', at);
    if (name === 'fmt ') {
      const format = checkFormat(chunk.value);
      if (!format.ok) return format;
      hasFormat = true;
    }
    // A chunk of odd length is followed by a byte of padding.
    at += CHUNK_HEADER + body.length + (body.length % 2);
  }
  return fault('no-data', bytes.length);
};

/** The header of a RIFF WAVE file of 8 kHz mono 16-bit PCM, behind which the samples follow, little-endian. */
export const wavHeader = (samples: number): Uint8Array => {
  const size = samples * SAMPLE_BYTES;
  const header = new Uint8Array(WAV_HEADER_BYTES);
  header.set(utf8('RIFF'), 0);
  header.set(utf8('WAVEfmt '), 8);
  header.set(utf8('data'), 36);
  const view = viewOf(header);
  view.setUint32(4, WAV_HEADER_BYTES - CHUNK_HEADER + size, true);
  view.setUint32(16, PLAIN_FORMAT, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, SAMPLE_RATE * SAMPLE_BYTES, true);
  view.setUint16(32, SAMPLE_BYTES, true);
  view.setUint16(34, 8 * SAMPLE_BYTES, true);
  view.setUint32(40, size, true);
  return header;
};

/** Samples as a file holds them: little-endian, on every machine. */
export const wavSamples = (samples: Int16Array): Uint8Array => {
  const bytes = new Uint8Array(samples.length * SAMPLE_BYTES);
  const view = viewOf(bytes);
  samples.forEach((sample, index) => view.setInt16(index * SAMPLE_BYTES, sample, true));
  return bytes;
};

/** A whole file, of at most {@link WAV_MAXIMUM_SAMPLES}. */
export const serializeWav = (samples: Int16Array): Uint8Array =>
  concat(wavHeader(samples.length), wavSamples(samples));
