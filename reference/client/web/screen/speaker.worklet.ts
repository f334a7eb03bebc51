import { createResampler } from '../../audio/resampler.ts';
import { phoneRate, toFractions } from './samples.ts';

/** Seconds that wait before anything is heard, also after it ran dry; and at most, then the oldest are left out. */
const cushion = 0.06;
const longest = 0.24;

/** Plays the frames that its port gets, at the context's rate. */
class Speaker extends AudioWorkletProcessor {
  readonly #resampler = createResampler(phoneRate, sampleRate);
  readonly #waiting: Float32Array[] = [];
  #first = 0;
  #count = 0;
  #isFilling = true;

  constructor() {
    super();
    this.port.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      const samples = this.#resampler.process(toFractions(new Int16Array(data)));
      this.#waiting.push(samples);
      this.#count += samples.length;
      while (this.#count > longest * sampleRate) this.#drop();
      if (this.#count >= cushion * sampleRate) this.#isFilling = false;
    });
    this.port.start();
  }

  #drop(): void {
    this.#count -= (this.#waiting.shift()?.length ?? 0) - this.#first;
    this.#first = 0;
  }

  #next(): number {
    const [block] = this.#waiting;
    if (block === undefined || this.#isFilling) {
      this.#isFilling = true;
      return 0;
    }
    const sample = block[this.#first] ?? 0;
    this.#first += 1;
    this.#count -= 1;
    if (this.#first >= block.length) {
      this.#waiting.shift();
      this.#first = 0;
    }
    return sample;
  }

  process(_: unknown, [output]: readonly (readonly Float32Array[])[]): boolean {
    const [channel, ...others] = output ?? [];
    for (let index = 0; index < (channel?.length ?? 0); index += 1) {
      const sample = this.#next();
      if (channel) channel[index] = sample;
      for (const other of others) other[index] = sample;
    }
    return true;
  }
}

registerProcessor('speaker', Speaker);
