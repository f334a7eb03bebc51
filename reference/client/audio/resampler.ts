/** Changes the rate of one stream of samples, block by block. */
export interface Resampler {
  /** Takes any number of samples and gives those that are ready. */
  process(samples: Float32Array): Float32Array;
}

/** Zero crossings of the low-pass on each side. */
const crossings = 40;

/** Middle of the slope, of the lower rate's half: of 8 kHz, what is below 3,480 Hz stays and what is above 3,960 Hz goes. */
const rollOff = 0.93;

/** Shape of the Kaiser window: about -80 dB beside the pass band. */
const beta = 8;

const greatestDivisor = (left: number, right: number): number =>
  right === 0 ? left : greatestDivisor(right, left % right);

/** Modified Bessel function of the first kind, order 0. */
const besselI0 = (x: number): number => {
  let [term, total] = [1, 1];
  for (let k = 1; k < 40; k += 1) {
    term *= (x / (2 * k)) ** 2;
    total += term;
  }
  return total;
};

/** A windowed sinc; `time` in samples of the source, `cutoff` as a share of its rate, `half` its length on each side. */
const lowPass = (time: number, cutoff: number, half: number): number => {
  if (Math.abs(time) >= half) return 0;
  const angle = 2 * Math.PI * cutoff * time;
  const sinc = time === 0 ? 1 : Math.sin(angle) / angle;
  const window = besselI0(beta * Math.sqrt(1 - (time / half) ** 2)) / besselI0(beta);
  return 2 * cutoff * sinc * window;
};

/** One set of taps for each place that an output sample can have between two input samples, each of gain 1. */
const kernelsOf = (up: number, cutoff: number, half: number): readonly Float64Array[] => {
  const reach = Math.ceil(half);
  return Array.from({ length: up }, (_, phase) => {
    const taps = Float64Array.from({ length: 2 * reach }, (__, tap) =>
      lowPass(tap - reach + 1 - phase / up, cutoff, half),
    );
    const gain = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / gain);
  });
};

/**
 * A polyphase filter from one rate to another, both whole numbers of hertz, with a low-pass below half of the lower one, so that
 * neither aliases nor images are heard. Delays by about 5 ms where the lower rate is 8 kHz.
 */
export const createResampler = (from: number, to: number): Resampler => {
  const divisor = greatestDivisor(from, to);
  const [up, down] = [to / divisor, from / divisor];
  if (up === down) return { process: (samples) => samples.slice() };
  const cutoff = (rollOff * Math.min(from, to)) / 2 / from;
  const half = crossings / (2 * cutoff);
  const kernels = kernelsOf(up, cutoff, half);
  const length = 2 * Math.ceil(half);
  let waiting = new Float32Array(length - 1);
  /** Place of the next output in `waiting`, in parts of `up` of an input sample. */
  let position = 0;
  return {
    process(samples) {
      const input = new Float32Array(waiting.length + samples.length);
      input.set(waiting);
      input.set(samples, waiting.length);
      const output: number[] = [];
      for (; Math.floor(position / up) + length <= input.length; position += down) {
        const first = Math.floor(position / up);
        const taps = kernels[position % up] ?? new Float64Array(0);
        let total = 0;
        for (let tap = 0; tap < length; tap += 1)
          total += (taps[tap] ?? 0) * (input[first + tap] ?? 0);
        output.push(total);
      }
      const used = Math.min(Math.floor(position / up), input.length);
      waiting = input.slice(used);
      position -= used * up;
      return Float32Array.from(output);
    },
  };
};
