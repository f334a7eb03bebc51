const SAMPLES_PER_SECOND = 8000;

/** A sine wave of full-scale 16-bit samples at 8 kHz, a quarter of the range loud; `first` is the number of its first sample. */
export const toneSamples = (frequency: number, first: number, count: number): Int16Array =>
  Int16Array.from({ length: count }, (_, index) =>
    Math.round(8192 * Math.sin((2 * Math.PI * frequency * (first + index)) / SAMPLES_PER_SECOND)),
  );

const STEP = 10;
const LOWEST = 100;
const HIGHEST = 3900;

/** Mean square below which samples count as silence: about -60 dB of full scale. */
const SILENCE = 1000;

/** Power of one frequency by the Goertzel algorithm. */
const powerAt = (samples: Int16Array, frequency: number): number => {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / SAMPLES_PER_SECOND);
  let previous = 0;
  let beforePrevious = 0;
  for (const sample of samples) {
    const current = sample + coefficient * previous - beforePrevious;
    beforePrevious = previous;
    previous = current;
  }
  return previous ** 2 + beforePrevious ** 2 - coefficient * previous * beforePrevious;
};

/** The strongest frequency in hertz, to the nearest 10 from 100 to 3,900; null for silence. Samples at 8 kHz. */
export const dominantFrequency = (samples: Int16Array): number | null => {
  const energy = samples.reduce((total, sample) => total + sample ** 2, 0);
  if (samples.length === 0 || energy / samples.length < SILENCE) return null;
  let best = { frequency: LOWEST, power: -1 };
  for (let frequency = LOWEST; frequency <= HIGHEST; frequency += STEP) {
    const power = powerAt(samples, frequency);
    if (power > best.power) best = { frequency, power };
  }
  return best.frequency;
};
