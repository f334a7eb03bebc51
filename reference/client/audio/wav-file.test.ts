import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { serializeWav } from '../../core/audio/wav.ts';
import { createWavFile, readRecording } from './wav-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'wav-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a WAV file', () => {
  it.each([0, 160, 16_000, 20_000])('of %i samples is that of the serialiser', async (count) => {
    const path = join(folder, `${count}.wav`);
    const samples = Int16Array.from({ length: count }, (_, index) => (index * 7_919) % 30_000);
    const file = createWavFile(path);
    for (let at = 0; at < count; at += 160) file.take(samples.subarray(at, at + 160));
    file.close();
    file.close();
    expect(new Uint8Array(readFileSync(path))).toEqual(serializeWav(samples));
    expect(await readRecording(path)).toEqual({ kind: 'recording', samples });
  });

  it('that is another one, or none, is refused in one line', async () => {
    const path = join(folder, 'other.wav');
    writeFileSync(path, serializeWav(Int16Array.of(1)).with(22, 2));
    await expect(readRecording(path)).rejects.toThrow(
      `phone audio: ${path}: channels 2 at byte 22; give a WAV file of 8 kHz, mono, 16-bit PCM`,
    );
    await expect(readRecording(join(folder, 'none.wav'))).rejects.toThrow(
      /^phone audio: \S+none\.wav cannot be read \(ENOENT[^\n]+\)$/,
    );
    expect(() => createWavFile(folder)).toThrow(/^phone audio: \S+ cannot be written \(EISDIR/);
  });
});
