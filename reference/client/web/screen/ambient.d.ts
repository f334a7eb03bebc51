/** What an audio worklet finds in its global scope (Web Audio API section 1.32). */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Hertz of the context. */
declare const sampleRate: number;
