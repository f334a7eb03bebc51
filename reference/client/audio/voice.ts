import { checkFrame, type FrameRefusal } from '../../core/audio/incoming.ts';
import { fromBase64 } from '../../core/bytes.ts';
import { ok, type Fault, type Result } from '../../core/result.ts';
import {
  DEFAULT_FREQUENCY,
  defaultAudio,
  type AudioSink,
  type AudioSource,
} from './phone-audio.ts';
import { RECORDED_TONE_BASE64 } from './recorded-tone.ts';
import {
  describeSettings,
  FRAME_BYTES,
  FRAME_SAMPLES,
  speexLibrary,
  type SpeexLibrary,
  type SpeexSettings,
} from './speex-codec.ts';
import { dominantFrequency, toneSamples } from './tone.ts';
import { createWavFile, type SampleSink } from './wav-file.ts';

/** The frequency in hertz of the recorded frames. */
export const RECORDED_FREQUENCY = 440;

/** Where a phone's outgoing audio comes from. */
export interface FrameSource {
  /** What is heard, in hertz; null for what is no tone. */
  readonly frequency: number | null;
  /** The next 20 ms: one narrowband Speex frame. */
  next(): Uint8Array;
  close(): void;
}

/** Where a phone's incoming audio goes. */
export interface FrameSink {
  /** Takes 20 ms of audio, null for a lost packet; refuses what is not exactly one narrowband frame, which then counts as lost. */
  accept(frame: Uint8Array | null): Result<void, Fault<FrameRefusal>>;
  /** Takes 20 ms in which nobody spoke. */
  rest(): void;
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

/** Samples from the `first` on, {@link FRAME_SAMPLES} of them. */
type SampleSource = (first: number) => Int16Array;

const samplesOf = (source: AudioSource): SampleSource => {
  switch (source.kind) {
    case 'tone':
      return (first) => toneSamples(source.frequency, first, FRAME_SAMPLES);
    case 'silence':
      return () => new Int16Array(FRAME_SAMPLES);
    case 'recording':
      return (first) => {
        const frame = new Int16Array(FRAME_SAMPLES);
        frame.set(source.samples.subarray(first, first + FRAME_SAMPLES));
        return frame;
      };
    case 'live':
      return () => source.next();
  }
};

/** Encodes live, or plays {@link recordedTone} of 440 Hz where libspeex is missing: see the source's `frequency`. */
export const voiceSource = (
  source: AudioSource,
  settings: SpeexSettings = {},
  library: SpeexLibrary = speexLibrary(),
): FrameSource => {
  if (library.codec === null) return recordedTone();
  const encoder = library.codec.createEncoder(settings);
  const samples = samplesOf(source);
  let said = 0;
  return {
    frequency: source.kind === 'tone' ? source.frequency : null,
    next: () => {
      const frame = encoder.encode(samples(said));
      said += FRAME_SAMPLES;
      return frame;
    },
    close: () => encoder.close(),
  };
};

/** A tone: {@link voiceSource}. */
export const toneSource = (frequency = DEFAULT_FREQUENCY): FrameSource =>
  voiceSource({ kind: 'tone', frequency });

const DISCARD: SampleSink = { take: () => undefined, close: () => undefined };

const openSink = (sink: AudioSink): SampleSink => {
  switch (sink.kind) {
    case 'discard':
      return DISCARD;
    case 'wav':
      return createWavFile(sink.path);
    case 'live':
      return { take: sink.take, close: () => undefined };
  }
};

/** Checks every frame, and decodes where libspeex is there; where it is missing no file is written. */
export const frameSink = (
  sink: AudioSink = defaultAudio.sink,
  library: SpeexLibrary = speexLibrary(),
): FrameSink => {
  const file = library.codec === null ? DISCARD : openSink(sink);
  const decoder = library.codec?.createDecoder() ?? null;
  const heard = new Int16Array(HEARD_SAMPLES);
  let accepted = 0;
  const hear = (samples: Int16Array): void => {
    heard.copyWithin(0, FRAME_SAMPLES);
    heard.set(samples, HEARD_SAMPLES - FRAME_SAMPLES);
    file.take(samples);
  };
  return {
    accept: (frame) => {
      const checked = frame === null ? ok(undefined) : checkFrame(frame);
      if (decoder !== null) hear(decoder.decode(checked.ok ? frame : null));
      if (frame !== null && checked.ok) accepted += 1;
      return checked;
    },
    rest: () => hear(new Int16Array(FRAME_SAMPLES)),
    accepted: () => accepted,
    dominantFrequency: () => dominantFrequency(heard),
    close: () => {
      decoder?.close();
      file.close();
    },
  };
};

/** One line: whether audio is encoded live or comes recorded, and why. */
export const describeCodec = (
  settings: SpeexSettings = {},
  { missing }: SpeexLibrary = speexLibrary(),
): string =>
  missing === null
    ? `audio: Speex narrowband encoded and decoded live by libspeex, ${describeSettings(settings)}`
    : `audio: recorded Speex narrowband frames of ${RECORDED_FREQUENCY} Hz, nothing is decoded: ${missing}`;
