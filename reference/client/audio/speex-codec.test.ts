import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseWav, serializeWav } from '../../core/audio/wav.ts';
import { concat } from '../../core/bytes.ts';
import { parseNarrowband } from '../../core/speex/frame.ts';
import {
  describeSettings,
  FRAME_BYTES,
  FRAME_SAMPLES,
  loadSpeex,
  openSpeex,
  speexMissing,
  type SpeexSettings,
} from './speex-codec.ts';
import { dominantFrequency, toneSamples } from './tone.ts';

const ENCODER = 'speexenc';
const DECODER = 'speexdec';

const codec = loadSpeex();
const missing = speexMissing();
const programs = [ENCODER, DECODER].every(
  (program) => spawnSync(program, ['--version']).error === undefined,
);
const skipNote = missing === null ? '' : ` (skipped: ${missing})`;
const programNote = programs
  ? ''
  : ' (skipped: speexenc or speexdec is missing, apt install speex)';

const openCodec = (settings: SpeexSettings = {}) => {
  if (codec === null) throw new Error(missing ?? 'libspeex is missing');
  const encoder = codec.createEncoder(settings);
  const decoder = codec.createDecoder();
  return { encoder, decoder };
};

/** Two tones and a little pseudo-random noise that swells and fades: something like speech, the same every time. */
const speechLike = (frames: number): Int16Array => {
  let noise = 1;
  return Int16Array.from({ length: frames * FRAME_SAMPLES }, (_, index) => {
    noise = (noise * 1_103_515_245 + 12_345) % 2 ** 31;
    const swell = Math.sin((Math.PI * index) / 4000) ** 2;
    const tones = Math.sin(index * 0.12) * 6000 + Math.sin(index * 0.61) * 3000;
    return Math.round(swell * (tones + (noise / 2 ** 31 - 0.5) * 4000));
  });
};

/** The packets of an Ogg stream whose pages all hold whole packets (RFC 3533 section 6). */
const oggPackets = (bytes: Uint8Array): Uint8Array[] => {
  const packets: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const count = bytes[at + 26] ?? 0;
    const table = bytes.subarray(at + 27, at + 27 + count);
    at += 27 + count;
    for (const length of table) {
      pieces.push(bytes.subarray(at, at + length));
      at += length;
      if (length === 255) continue;
      packets.push(concat(...pieces));
      pieces = [];
    }
  }
  return packets;
};

const folder = mkdtempSync(join(tmpdir(), 'speex-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (program: string, ...options: readonly string[]): void => {
  const { status, stderr } = spawnSync(program, options, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
};

/** What speexenc makes of a WAV file of the samples: its frames without the two header packets, and the file itself. */
const speexenc = (samples: Int16Array, quality: number) => {
  const wav = join(folder, 'in.wav');
  const file = join(folder, `${quality}.spx`);
  writeFileSync(wav, serializeWav(samples));
  run(ENCODER, '--narrowband', '--quality', String(quality), wav, file);
  return { file, frames: oggPackets(readFileSync(file)).slice(2) };
};

/** What speexdec writes as a WAV file. */
const speexdec = (file: string): Int16Array => {
  const wav = join(folder, 'out.wav');
  run(DECODER, file, wav);
  const samples = parseWav(new Uint8Array(readFileSync(wav)));
  if (!samples.ok) throw new Error(samples.error.code);
  return samples.value;
};

/** Where the second sequence, from its start, is found in the first within 200 samples; -1 if nowhere. */
const findIn = (whole: Int16Array, part: Int16Array): number =>
  Array.from({ length: 200 }, (_, shift) => shift).findIndex((shift) =>
    part.every((sample, index) => whole[shift + index] === sample),
  );

describe(`libspeex${skipNote}`, () => {
  it.skipIf(codec === null)('makes frames of 38 bytes, sub-mode 5', () => {
    const { encoder } = openCodec();
    for (let frame = 0; frame < 10; frame += 1) {
      const bytes = encoder.encode(toneSamples(300, frame * FRAME_SAMPLES, FRAME_SAMPLES));
      expect(bytes.length).toBe(FRAME_BYTES);
      expect(parseNarrowband(bytes)).toEqual({
        ok: true,
        value: { frames: [{ subMode: 5, bits: 300 }], signals: [], paddingBits: 4 },
      });
    }
  });

  it.skipIf(codec === null).each([200, 440, 1000, 2500])(
    'decodes a tone of %i Hz to that frequency',
    (frequency) => {
      const { encoder, decoder } = openCodec();
      const heard = Array.from({ length: 50 }, (_, frame) =>
        decoder.decode(
          encoder.encode(toneSamples(frequency, frame * FRAME_SAMPLES, FRAME_SAMPLES)),
        ),
      );
      const samples = Int16Array.from(heard.flatMap((frame) => [...frame]));
      expect(dominantFrequency(samples)).toBe(frequency);
    },
  );

  it.skipIf(codec === null)(
    'conceals a lost frame and a refused one with what it heard before',
    () => {
      const { encoder, decoder } = openCodec();
      const frames = Array.from({ length: 20 }, (_, frame) =>
        encoder.encode(toneSamples(440, frame * FRAME_SAMPLES, FRAME_SAMPLES)),
      );
      frames.forEach((frame) => decoder.decode(frame));
      const userSignal = Buffer.from('6afcae465aa0919e647ace0540eafc6b', 'hex');
      for (const lost of [null, Uint8Array.of(0x48), new Uint8Array(userSignal)]) {
        const concealed = decoder.decode(lost);
        expect(concealed.length).toBe(FRAME_SAMPLES);
        expect(Math.abs((dominantFrequency(concealed) ?? 0) - 440)).toBeLessThanOrEqual(50);
      }
    },
  );

  it.skipIf(codec === null)('refuses another number of samples, and use after closing', () => {
    const { encoder, decoder } = openCodec();
    expect(() => encoder.encode(new Int16Array(159))).toThrow(RangeError);
    for (const closing of [encoder, decoder]) {
      closing.close();
      closing.close();
    }
    expect(() => encoder.encode(new Int16Array(160))).toThrow('the encoder is closed');
    expect(() => decoder.decode(null)).toThrow('the decoder is closed');
  });

  it.skipIf(codec === null || !programs).each([2, 4, 6, 8, 10] as const)(
    `makes the frames of speexenc and the samples of speexdec at quality %i${programNote}`,
    (quality) => {
      const samples = speechLike(100);
      const { encoder, decoder } = openCodec({ quality });
      const frames = Array.from({ length: 100 }, (_, frame) =>
        encoder.encode(samples.slice(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES)),
      );
      const theirs = speexenc(samples, quality);
      expect(theirs.frames.slice(0, 100)).toEqual(frames);
      expect(new Set(frames.map((frame) => frame.join())).size).toBeGreaterThan(90);
      const heard = Int16Array.from(frames.flatMap((frame) => [...decoder.decode(frame)]));
      // speexdec leaves out what the codec's look-ahead adds at the start.
      expect(findIn(heard, speexdec(theirs.file).subarray(0, 15_000))).toBeGreaterThanOrEqual(0);
    },
  );

  it.skipIf(codec === null)('has frames of one length at a constant bit rate, by quality', () => {
    const samples = speechLike(40);
    const lengths = ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const).map((quality) => {
      const { encoder } = openCodec({ quality });
      const frames = Array.from({ length: 40 }, (_, frame) =>
        encoder.encode(samples.slice(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES)),
      );
      const [length, ...others] = new Set(frames.map((frame) => frame.length));
      expect(others).toEqual([]);
      expect(describeSettings({ quality })).toBe(`quality ${quality}, ${length} bytes a frame`);
      return length;
    });
    expect(lengths).toEqual([6, 10, 15, 20, 20, 28, 28, 38, 38, 46, 62]);
  });

  it.skipIf(codec === null)('shows what is said by the length of frames at a variable one', () => {
    const { encoder } = openCodec({ variableBitRateThatLeaksSpeech: true });
    const loud = Array.from({ length: 25 }, (_, frame) =>
      encoder.encode(toneSamples(300 + 40 * frame, frame * FRAME_SAMPLES, FRAME_SAMPLES)),
    );
    const quiet = Array.from({ length: 25 }, () => encoder.encode(new Int16Array(FRAME_SAMPLES)));
    const mean = (frames: readonly Uint8Array[]): number =>
      frames.reduce((total, { length }) => total + length, 0) / frames.length;
    for (const frame of [...loud, ...quiet]) expect(parseNarrowband(frame).ok).toBe(true);
    expect(mean(loud)).toBeGreaterThan(2 * mean(quiet));
    expect(describeSettings({ variableBitRateThatLeaksSpeech: true })).toMatch(/RFC 6562/);
  });
});

describe('where libspeex is missing', () => {
  it('tells the reason and the way out, after having tried each name', () => {
    const tried: string[] = [];
    const library = openSpeex((name) => {
      tried.push(name);
      throw new Error(`${name}: no such file`);
    });
    expect(library).toEqual({
      codec: null,
      missing:
        'libspeex could not be loaded (libspeex.so.1: no such file); on Debian or Ubuntu: apt install libspeex1',
    });
    expect(tried).toEqual(['libspeex.so.1', 'libspeex.1.dylib']);
  });
});
