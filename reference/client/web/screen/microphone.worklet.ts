import { createResampler } from '../../audio/resampler.ts';
import { frameSamples, phoneRate, toIntegers } from './samples.ts';

/** Gives what it is fed as frames of 8 kHz to its port, each an ArrayBuffer of 16-bit samples. */
class Microphone extends AudioWorkletProcessor {
  readonly #resampler = createResampler(sampleRate, phoneRate);
  readonly #frame = new Float32Array(frameSamples);
  #filled = 0;

  process([input]: readonly (readonly Float32Array[])[]): boolean {
    const [channel] = input ?? [];
    for (const sample of channel === undefined ? [] : this.#resampler.process(channel)) {
      this.#frame[this.#filled] = sample;
      this.#filled += 1;
      if (this.#filled < frameSamples) continue;
      this.#filled = 0;
      const { buffer } = toIntegers(this.#frame);
      this.port.postMessage(buffer, [buffer]);
    }
    return true;
  }
}

registerProcessor('microphone', Microphone);
