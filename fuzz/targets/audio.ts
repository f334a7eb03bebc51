import { utf8 } from '../../reference/core/bytes.ts';
import { parseWav, serializeWav } from '../../reference/core/audio/wav.ts';
import { parseNarrowband } from '../../reference/core/speex/frame.ts';
import { bytesOfCase, mutatedCases, type MutatedCase } from '../generators/mutations.ts';
import { demand, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

const frame = (subMode: number, bits: number): string =>
  `0${subMode.toString(2).padStart(4, '0')}${'10'.repeat(300).slice(0, bits - 5)}`;

const packed = (bits: string): Uint8Array => {
  const filled =
    bits.length % 8 === 0 ? bits : `${bits}0`.padEnd(Math.ceil((bits.length + 1) / 8) * 8, '1');
  return Uint8Array.from(filled.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
};

const speexPackets: readonly Uint8Array[] = [
  frame(5, 300),
  frame(7, 492),
  frame(0, 5),
  `${frame(1, 43)}${frame(8, 79)}${frame(3, 160)}`,
  `011100001 1${frame(2, 119)}011010000100000000`.replaceAll(' ', ''),
].map(packed);

/** Packets of narrowband Speex. */
export const speex: FuzzTarget<MutatedCase> = {
  name: 'speex',
  parsers: ['reference/core/speex/frame.ts#parseNarrowband'],
  cases: mutatedCases(speexPackets.length),
  check: (made) => {
    const bytes = bytesOfCase(speexPackets, made);
    const packet = parseNarrowband(bytes);
    if (!packet.ok) return packet.error.code;
    const { frames, signals, paddingBits } = packet.value;
    const bits = [...frames, ...signals].reduce((sum, each) => sum + each.bits, paddingBits);
    sameValue('frames, signals and padding are all', bytes.length * 8, bits);
    return signals.length > 0 ? ['ok', 'signal'] : 'ok';
  },
  reaches: 'ok signal empty wideband reserved-sub-mode truncated no-frame padding trailing'.split(
    ' ',
  ),
  file: (made) => ({ extension: 'spx', bytes: bytesOfCase(speexPackets, made) }),
};

const samples = Int16Array.from({ length: 32 }, (_, index) => index * 999 - 16_000);
const wav = serializeWav(samples);

/** The same with an unknown chunk of odd length before the data, which is padded. */
const withChunk = Uint8Array.from([
  ...wav.subarray(0, 36),
  ...utf8('LIST'),
  3,
  0,
  0,
  0,
  1,
  2,
  3,
  0,
  ...wav.subarray(36),
]);
const extensible = Uint8Array.from([
  ...wav.subarray(0, 16),
  40,
  0,
  0,
  0,
  0xfe,
  0xff,
  ...wav.subarray(22, 36),
  22,
  0,
  16,
  0,
  4,
  0,
  0,
  0,
  1,
  0,
  0,
  0,
  0,
  0,
  0x10,
  0,
  0x80,
  0,
  0,
  0xaa,
  0,
  0x38,
  0x9b,
  0x71,
  ...wav.subarray(36),
]);
const wavFiles: readonly Uint8Array[] = [
  wav,
  withChunk,
  extensible,
  wav.slice(0, 36),
  Uint8Array.from([...wav.subarray(0, 40), 3, 0, 0, 0, 1, 2, 3]),
  Uint8Array.from([...wav.subarray(0, 12), ...wav.subarray(36)]),
];

/** WAV files. */
export const wavFile: FuzzTarget<MutatedCase> = {
  name: 'wav',
  parsers: ['reference/core/audio/wav.ts#parseWav'],
  cases: mutatedCases(wavFiles.length),
  check: (made) => {
    const bytes = bytesOfCase(wavFiles, made);
    const read = parseWav(bytes);
    if (!read.ok) return read.error.code;
    const again = parseWav(serializeWav(read.value));
    sameValue('parse(serialise(x)) = x', read.value, again.ok ? again.value : again.error);
    demand(
      'no more samples than bytes',
      read.value.length * 2 <= bytes.length,
      'fewer',
      () => read.value.length,
    );
    return 'ok';
  },
  reaches:
    'ok not-riff not-wave truncated no-format format channels sample-rate sample-size no-data data-length'.split(
      ' ',
    ),
  file: (made) => ({ extension: 'wav', bytes: bytesOfCase(wavFiles, made) }),
};
