import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseWav } from '../../core/audio/wav.ts';
import type { AudioSink, AudioSource } from '../audio/phone-audio.ts';
import { loadSpeex } from '../audio/speex-codec.ts';
import { dominantFrequency } from '../audio/tone.ts';
import { changeOf, speexNote, useVirtualCalls } from './testing/virtual-call.ts';
import { createVirtualNetwork, type Impairment } from './testing/virtual-network.ts';

const { start, pass } = useVirtualCalls();

const folder = mkdtempSync(join(tmpdir(), 'speech-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SECONDS = 3;

/** Hertz at a time in seconds. */
const sweepAt = (time: number): number => 400 + 300 * time;

/** A tone that rises from 400 to 1,300 Hz in 3 s. */
const sweep: AudioSource = {
  kind: 'recording',
  samples: Int16Array.from({ length: 8_000 * SECONDS }, (_, index) => {
    const time = index / 8_000;
    return Math.round(9_000 * Math.sin(2 * Math.PI * (400 * time + 150 * time ** 2)));
  }),
};

const read = (path: string): Int16Array => {
  const samples = parseWav(new Uint8Array(readFileSync(path)));
  if (!samples.ok) throw new Error(samples.error.code);
  return samples.value;
};

/** How far off the sweep each fifth of a second is, in hertz. */
const errorsOf = (heard: Int16Array): number[] => {
  const onset = heard.findIndex((sample) => Math.abs(sample) > 500);
  return Array.from({ length: SECONDS * 5 - 1 }, (_, part) => {
    const from = onset + part * 1_600;
    const frequency = dominantFrequency(heard.subarray(from, from + 1_600));
    return Math.abs((frequency ?? 0) - sweepAt((part + 0.5) / 5));
  });
};

/** Loses every twentieth datagram of audio, lets every seventh come 45 ms later, and delays each by 0 to 11 ms more. */
const lossy: Impairment = (port, number) =>
  port % 2 === 0 && number % 20 === 10
    ? []
    : [10 + (number % 7 === 3 ? 45 : 0) + ((number * 5) % 12)];

describe('speech from WAV to WAV', () => {
  it.skipIf(loadSpeex() === null)(
    `is recognised behind a network that loses 5 % and reorders${speexNote}`,
    async () => {
      const network = createVirtualNetwork(lossy);
      const path = join(folder, 'heard.wav');
      const sink: AudioSink = { kind: 'wav', path };
      const alice = start(network, 'alice', {
        audio: { source: sweep, sink: { kind: 'discard' } },
      });
      const bob = start(network, 'bob', { audio: { source: { kind: 'silence' }, sink } });
      pass(SECONDS * 1_000 + 200);
      const { received, lost, late, concealed, refused, malformed, jitter } = bob.statistics();
      await Promise.all([alice.end(), bob.end()]);

      const errors = errorsOf(read(path));
      expect(Math.max(...errors)).toBeLessThanOrEqual(60);
      expect(errors.reduce((total, error) => total + error, 0) / errors.length).toBeLessThan(20);
      expect({ refused, malformed, late: late <= 3 }).toEqual({
        refused: 0,
        malformed: 0,
        late: true,
      });
      expect(received).toBeGreaterThanOrEqual(150);
      expect(lost).toBeGreaterThanOrEqual(8);
      expect(concealed).toBeGreaterThanOrEqual(lost);
      expect(concealed).toBeLessThanOrEqual(lost + late + 6);
      expect(jitter).toBeGreaterThan(3);
      expect(jitter).toBeLessThan(40);
      expect(alice.heard()).toBe(null);
    },
  );

  it.skipIf(loadSpeex() === null)(
    `goes on through a change of keys, at another quality${speexNote}`,
    async () => {
      const network = createVirtualNetwork();
      const path = join(folder, 'changed.wav');
      const discard: AudioSink = { kind: 'discard' };
      const speex = { quality: 4 } as const;
      const alice = start(network, 'alice', { audio: { source: sweep, sink: discard, speex } });
      const audio = { source: { kind: 'silence' }, sink: { kind: 'wav', path } } as const;
      const bob = start(network, 'bob', { audio });
      pass(1_500);
      bob.change(changeOf('bob', 1, 'sendrecv'));
      alice.change(changeOf('alice', 1, 'sendrecv'));
      pass(1_700);
      await Promise.all([alice.end(), bob.end()]);
      expect(Math.max(...errorsOf(read(path)))).toBeLessThanOrEqual(80);
      expect(bob.statistics()).toMatchObject({ refused: 0, lost: 0, malformed: 0 });
      expect(alice.codec()).toContain('quality 4, 20 bytes a frame');
    },
  );
});
