import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { concat } from '../../core/bytes.ts';
import { parseNarrowband } from '../../core/speex/frame.ts';
import { FRAME_BYTES, FRAME_SAMPLES, loadSpeex, speexMissing } from './speex-codec.ts';
import { dominantFrequency, toneSamples } from './tone.ts';

const ENCODER = 'speexenc';

const codec = loadSpeex();
const missing = speexMissing();
const encoderProgram = spawnSync(ENCODER, ['--version']).error === undefined;
const skipNote = missing === null ? '' : ` (skipped: ${missing})`;
const programNote = encoderProgram ? '' : ' (skipped: speexenc is missing, apt install speex)';

const openCodec = () => {
  if (codec === null) throw new Error(missing ?? 'libspeex is missing');
  const encoder = codec.createEncoder();
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

/** What speexenc makes of the samples: its frames without the two header packets. */
const speexencFrames = (samples: Int16Array): Uint8Array[] => {
  const raw = join(folder, 'in.raw');
  const spx = join(folder, 'out.spx');
  writeFileSync(raw, new Uint8Array(samples.buffer));
  const options = ['--narrowband', '--rate', '8000', '--le', '--quality', '8'];
  const run = spawnSync(ENCODER, [...options, raw, spx], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return oggPackets(readFileSync(spx)).slice(2);
};

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
      for (const lost of [null, Uint8Array.of(0x48)]) {
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

  it.skipIf(codec === null || !encoderProgram)(`makes the frames of speexenc${programNote}`, () => {
    const samples = speechLike(100);
    const { encoder } = openCodec();
    const ours = Array.from({ length: 100 }, (_, frame) =>
      encoder.encode(samples.slice(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES)),
    );
    expect(speexencFrames(samples).slice(0, 100)).toEqual(ours);
    expect(new Set(ours.map((frame) => frame.join())).size).toBeGreaterThan(90);
  });
});
