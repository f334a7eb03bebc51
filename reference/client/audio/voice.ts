import { fromBase64 } from '../../core/bytes.ts';
import { fault, ok, type Fault, type Result } from '../../core/result.ts';
import { parseNarrowband, type SpeexRefusal } from '../../core/speex/frame.ts';
import { RECORDED_TONE_BASE64 } from './recorded-tone.ts';
import { FRAME_BYTES, FRAME_SAMPLES, loadSpeex, speexMissing } from './speex-codec.ts';
import { dominantFrequency, toneSamples } from './tone.ts';

/** The frequency in hertz of the recorded frames. */
export const RECORDED_FREQUENCY = 440;

/** Where a phone's outgoing audio comes from. */
export interface FrameSource {
  /** What is heard, in hertz. */
  readonly frequency: number;
  /** The next 20 ms: one narrowband Speex frame of 38 bytes. */
  next(): Uint8Array;
  close(): void;
}

/** Where a phone's incoming audio goes. */
export interface FrameSink {
  /** Takes 20 ms of audio, null for a lost packet; refuses what is not exactly one narrowband frame, which then counts as lost. */
  accept(frame: Uint8Array | null): Result<void, Fault<SpeexRefusal | 'frame-count'>>;
  /** Frames accepted. */
  accepted(): number;
  /** The strongest frequency in hertz of the last second heard; null for silence, or where libspeex is missing. */
  dominantFrequency(): number | null;
  close(): void;
}

/** A second of audio, in samples. */
const HEARD_SAMPLES = 8000;

const recordedFrames = (): readonly Uint8Array[] => {
  const bytes = fromBase64(RECORDED_TONE_BASE64);
  if (!bytes.ok) throw new Error(`recorded tone: ${bytes.error.code}; restore recorded-tone.ts`);
  const count = bytes.value.length / FRAME_BYTES;
  return Array.from({ length: count }, (_, index) =>
    bytes.value.slice(index * FRAME_BYTES, (index + 1) * FRAME_BYTES),
  );
};

/** Plays one second of 440 Hz, encoded beforehand, again and again; needs no codec. */
export const recordedTone = (): FrameSource => {
  const frames = recordedFrames();
  let played = 0;
  return {
    frequency: RECORDED_FREQUENCY,
    next: () => {
      const frame = frames[played % frames.length] ?? new Uint8Array(0);
      played += 1;
      return frame.slice();
    },
    close: () => {},
  };
};

/** A tone encoded live, or {@link recordedTone} of 440 Hz where libspeex is missing: see the source's `frequency`. */
export const toneSource = (frequency = RECORDED_FREQUENCY): FrameSource => {
  const codec = loadSpeex();
  if (codec === null) return recordedTone();
  const encoder = codec.createEncoder();
  let played = 0;
  return {
    frequency,
    next: () => {
      const samples = toneSamples(frequency, played, FRAME_SAMPLES);
      played += FRAME_SAMPLES;
      return encoder.encode(samples);
    },
    close: () => encoder.close(),
  };
};

/** Checks every frame, and decodes where libspeex is there. */
export const frameSink = (): FrameSink => {
  const decoder = loadSpeex()?.createDecoder() ?? null;
  const heard = new Int16Array(HEARD_SAMPLES);
  let accepted = 0;
  const hear = (frame: Uint8Array | null): void => {
    if (decoder === null) return;
    heard.copyWithin(0, FRAME_SAMPLES);
    heard.set(decoder.decode(frame), HEARD_SAMPLES - FRAME_SAMPLES);
  };
  return {
    accept: (frame) => {
      const packet = frame === null ? null : parseNarrowband(frame);
      const good = packet?.ok === true && packet.value.frames.length === 1;
      hear(good ? frame : null);
      if (packet === null) return ok(undefined);
      if (!packet.ok) return packet;
      if (!good) return fault('frame-count', 0, String(packet.value.frames.length));
      accepted += 1;
      return ok(undefined);
    },
    accepted: () => accepted,
    dominantFrequency: () => dominantFrequency(heard),
    close: () => decoder?.close(),
  };
};

/** One line: whether audio is encoded live or comes recorded, and why. */
export const describeCodec = (): string => {
  const missing = speexMissing();
  return missing === null
    ? 'audio: Speex narrowband encoded and decoded live by libspeex, quality 8, 38 bytes a frame'
    : `audio: recorded Speex narrowband frames of ${RECORDED_FREQUENCY} Hz, nothing is decoded: ${missing}`;
};
