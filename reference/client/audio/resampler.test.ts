import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createResampler } from './resampler.ts';

const sine = (frequency: number, rate: number, seconds: number): Float32Array =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, index) =>
    Math.sin((2 * Math.PI * frequency * index) / rate),
  );

/** Decibels of a sine of amplitude 1, of the middle of a signal. */
const level = (samples: Float32Array): number => {
  const middle = samples.slice(
    Math.floor(samples.length / 4),
    Math.floor((3 * samples.length) / 4),
  );
  const power = middle.reduce((total, sample) => total + sample ** 2, 0) / middle.length;
  return 10 * Math.log10(2 * power + 1e-20);
};

/** Decibels of what is left when the best sine of a frequency is taken away. */
const residue = (samples: Float32Array, frequency: number, rate: number): number => {
  const middle = samples.slice(
    Math.floor(samples.length / 4),
    Math.floor((3 * samples.length) / 4),
  );
  const angle = (index: number): number => (2 * Math.PI * frequency * index) / rate;
  let [sines, cosines] = [0, 0];
  for (const [index, sample] of middle.entries()) {
    sines += (2 * sample * Math.sin(angle(index))) / middle.length;
    cosines += (2 * sample * Math.cos(angle(index))) / middle.length;
  }
  return level(
    middle.map(
      (sample, index) => sample - sines * Math.sin(angle(index)) - cosines * Math.cos(angle(index)),
    ),
  );
};

const pass = (samples: Float32Array, from: number, to: number, block = 128): Float32Array => {
  const resampler = createResampler(from, to);
  const parts: number[] = [];
  for (let at = 0; at < samples.length; at += block)
    parts.push(...resampler.process(samples.subarray(at, at + block)));
  return Float32Array.from(parts);
};

const rates = [16_000, 22_050, 44_100, 48_000, 96_000];

describe.each(rates)('from %i Hz to 8 kHz', (rate) => {
  it.each([200, 1_000, 3_400])('a tone of %i Hz stays what it is', (frequency) => {
    const out = pass(sine(frequency, rate, 0.5), rate, 8_000);
    expect(Math.abs(level(out))).toBeLessThan(0.2);
    expect(residue(out, frequency, 8_000)).toBeLessThan(-60);
  });

  it.each([4_200, 5_000, 7_500])('a tone of %i Hz is not heard as another', (frequency) => {
    expect(level(pass(sine(frequency, rate, 0.5), rate, 8_000))).toBeLessThan(-65);
  });
});

describe.each(rates)('from 8 kHz to %i Hz', (rate) => {
  it.each([200, 1_000, 3_400])('a tone of %i Hz has no images', (frequency) => {
    const out = pass(sine(frequency, 8_000, 0.5), 8_000, rate, 160);
    expect(Math.abs(level(out))).toBeLessThan(0.2);
    expect(residue(out, frequency, rate)).toBeLessThan(-60);
  });
});

describe('a resampler', () => {
  it('of the same rate gives what it takes', () => {
    expect(createResampler(8_000, 8_000).process(Float32Array.of(1, 2))).toEqual(
      Float32Array.of(1, 2),
    );
  });

  it('gives as many samples as the rates say', () => {
    expect(pass(new Float32Array(48_000), 48_000, 8_000).length).toBe(8_000);
    expect(pass(new Float32Array(44_100), 44_100, 8_000).length).toBe(8_000);
    expect(pass(new Float32Array(8_000), 8_000, 44_100).length).toBe(44_100);
  });

  test.prop(
    [fc.constantFrom(...rates), fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 12 })],
    {
      numRuns: 30,
    },
  )('does not depend on how its input is cut', (rate, cuts) => {
    const samples = sine(900, rate, 0.05);
    const resampler = createResampler(rate, 8_000);
    const parts: number[] = [];
    let at = 0;
    for (const cut of cuts) {
      parts.push(...resampler.process(samples.subarray(at, at + cut)));
      at += cut;
    }
    parts.push(...resampler.process(samples.subarray(at)));
    expect(Float32Array.from(parts)).toEqual(pass(samples, rate, 8_000, 4_096));
  });
});
