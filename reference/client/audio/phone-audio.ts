import type { SpeexSettings } from './speex-codec.ts';

/** What a phone says: a tone, silence, a recording of 8 kHz samples once and then silence, or what a microphone gives. */
export type AudioSource =
  | { readonly kind: 'tone'; readonly frequency: number }
  | { readonly kind: 'silence' }
  | { readonly kind: 'recording'; readonly samples: Int16Array }
  /** Asked every 20 ms for 160 samples of 8 kHz, which it gives at once. */
  | { readonly kind: 'live'; readonly next: () => Int16Array };

/** Where a phone puts what it hears: nowhere, into a WAV file that each call writes anew, or to a loudspeaker. */
export type AudioSink =
  | { readonly kind: 'discard' }
  | { readonly kind: 'wav'; readonly path: string }
  /** Given 160 samples of 8 kHz every 20 ms. */
  | { readonly kind: 'live'; readonly take: (samples: Int16Array) => void };

/** A phone's mouth and ear. Where libspeex is missing, a recorded tone is said and nothing is heard, whatever stands here. */
export interface PhoneAudio {
  readonly source: AudioSource;
  readonly sink: AudioSink;
  readonly speex?: SpeexSettings;
}

/** What a phone says in hertz, if nothing else is chosen. */
export const DEFAULT_FREQUENCY = 440;

/** A tone, and no file. */
export const defaultAudio: PhoneAudio = {
  source: { kind: 'tone', frequency: DEFAULT_FREQUENCY },
  sink: { kind: 'discard' },
};
