import type { SpeexSettings } from './speex-codec.ts';

/** What a phone says: a tone, silence, or a recording of 8 kHz samples once and then silence. */
export type AudioSource =
  | { readonly kind: 'tone'; readonly frequency: number }
  | { readonly kind: 'silence' }
  | { readonly kind: 'recording'; readonly samples: Int16Array };

/** Where a phone puts what it hears: nowhere, or into a WAV file that each call writes anew. */
export type AudioSink =
  | { readonly kind: 'discard' }
  | { readonly kind: 'wav'; readonly path: string };

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
