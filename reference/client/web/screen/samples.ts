/** Samples of a frame: 20 ms at 8 kHz. */
export const frameSamples = 160;

/** Hertz of what the phone says and hears. */
export const phoneRate = 8_000;

/** 16-bit samples of -1 to 1; beyond that they are cut off. */
export const toIntegers = (samples: Float32Array): Int16Array<ArrayBuffer> =>
  Int16Array.from(samples, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32_767));

/** The other way round. */
export const toFractions = (samples: Int16Array): Float32Array =>
  Float32Array.from(samples, (sample) => sample / 32_768);
