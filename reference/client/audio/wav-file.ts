import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  parseWav,
  WAV_HEADER_BYTES,
  WAV_MAXIMUM_SAMPLES,
  wavHeader,
  wavSamples,
} from '../../core/audio/wav.ts';
import type { AudioSource } from './phone-audio.ts';

/** Samples written at once: a second. */
const BLOCK = 8_000;

/** Reads a WAV file as something to say; rejects in one line. */
export const readRecording = async (path: string): Promise<AudioSource> => {
  const bytes = await readFile(path).catch((error: Error) => {
    throw new Error(`phone audio: ${path} cannot be read (${error.message})`, { cause: error });
  });
  const samples = parseWav(new Uint8Array(bytes));
  if (samples.ok) return { kind: 'recording', samples: samples.value };
  const { code, offset, detail } = samples.error;
  const found = detail === undefined ? '' : ` ${detail}`;
  throw new Error(
    `phone audio: ${path}: ${code}${found} at byte ${offset}; give a WAV file of 8 kHz, mono, 16-bit PCM`,
  );
};

/** Where decoded audio goes, 20 ms at a time. */
export interface SampleSink {
  take(samples: Int16Array): void;
  /** Once or more often; nothing is taken after it. */
  close(): void;
}

/** A WAV file that grows by a second at a time; complete once closed. Throws in one line where it cannot be opened. */
export const createWavFile = (path: string): SampleSink => {
  const block = new Int16Array(BLOCK);
  let filled = 0;
  let written = 0;
  let file: number | null;
  try {
    file = openSync(path, 'w', 0o600);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`phone audio: ${path} cannot be written (${reason})`, { cause: error });
  }
  const flush = (): void => {
    if (file === null || filled === 0) return;
    writeSync(
      file,
      wavSamples(block.subarray(0, filled)),
      0,
      undefined,
      WAV_HEADER_BYTES + 2 * written,
    );
    written += filled;
    filled = 0;
  };
  return {
    take: (samples) => {
      for (const sample of samples) {
        if (written + filled >= WAV_MAXIMUM_SAMPLES) return;
        block[filled] = sample;
        filled += 1;
        if (filled === BLOCK) flush();
      }
    },
    close: () => {
      if (file === null) return;
      flush();
      writeSync(file, wavHeader(written), 0, undefined, 0);
      closeSync(file);
      file = null;
    },
  };
};
