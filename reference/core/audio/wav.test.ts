import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, utf8 } from '../bytes.ts';
import { parseWav, serializeWav, WAV_HEADER_BYTES, wavHeader } from './wav.ts';

const little = (value: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** index) % 256);

const chunk = (name: string, body: Uint8Array, size = body.length): Uint8Array =>
  concat(utf8(name), little(size, 4), body, new Uint8Array(body.length % 2));

const riff = (...chunks: readonly Uint8Array[]): Uint8Array => {
  const body = concat(utf8('WAVE'), ...chunks);
  return concat(utf8('RIFF'), little(body.length, 4), body);
};

const format = ({ tag = 1, channels = 1, rate = 8000, bits = 16, block = 2 } = {}): Uint8Array =>
  concat(
    little(tag, 2),
    little(channels, 2),
    little(rate, 4),
    little(rate * block, 4),
    little(block, 2),
    little(bits, 2),
  );

const extensible = (subtype: string): Uint8Array => {
  const bytes = fromHex(subtype);
  if (!bytes.ok) throw new Error(bytes.error.code);
  return concat(format({ tag: 0xfffe }), little(22, 2), little(16, 2), little(4, 4), bytes.value);
};

const PCM_SUBTYPE = '0100000000001000800000aa00389b71';
const DATA = chunk('data', Uint8Array.of(1, 0, 0xff, 0xff));

const codeOf = (bytes: Uint8Array): string => {
  const parsed = parseWav(bytes);
  return parsed.ok ? [...parsed.value].join() : `${parsed.error.code}@${parsed.error.offset}`;
};

const samples = fc.int16Array({ maxLength: 400 });

describe('RIFF WAVE files', () => {
  it.each([
    ['as written here', serializeWav(Int16Array.of(1, -1))],
    [
      'with other chunks, one of odd length',
      riff(chunk('LIST', utf8('odd')), chunk('fmt ', format()), chunk('fact', utf8('1234')), DATA),
    ],
    ['with a fmt chunk of 18 bytes', riff(chunk('fmt ', concat(format(), little(0, 2))), DATA)],
    ['as WAVE_FORMAT_EXTENSIBLE', riff(chunk('fmt ', extensible(PCM_SUBTYPE)), DATA)],
    ['with a chunk behind the data', riff(chunk('fmt ', format()), DATA, chunk('LIST', utf8('x')))],
    [
      'of unknown size, from a pipe',
      riff(chunk('fmt ', format()), chunk('data', Uint8Array.of(1, 0, 0xff, 0xff), 2 ** 32 - 1)),
    ],
  ])('are read %s', (_, bytes) => {
    expect(codeOf(bytes)).toBe('1,-1');
  });

  it.each([
    ['nothing', new Uint8Array(0), 'not-riff@0'],
    ['big-endian RIFX', concat(utf8('RIFX'), riff().subarray(4)), 'not-riff@0'],
    ['an AVI file', concat(utf8('RIFF'), little(4, 4), utf8('AVI ')), 'not-wave@8'],
    ['a file without data', riff(chunk('fmt ', format())), 'no-data@36'],
    ['data before its format', riff(DATA), 'no-format@12'],
    ['A-law', riff(chunk('fmt ', format({ tag: 6 })), DATA), 'format@20'],
    ['a short format', riff(chunk('fmt ', format().subarray(0, 14)), DATA), 'format@20'],
    [
      'extensible floating point',
      riff(chunk('fmt ', extensible(PCM_SUBTYPE.replace('01', '03'))), DATA),
      'format@20',
    ],
    [
      'extensible of a foreign kind',
      riff(chunk('fmt ', extensible('01'.repeat(16))), DATA),
      'format@20',
    ],
    ['stereo', riff(chunk('fmt ', format({ channels: 2, block: 4 })), DATA), 'channels@22'],
    ['44.1 kHz', riff(chunk('fmt ', format({ rate: 44_100 })), DATA), 'sample-rate@24'],
    ['8 bits', riff(chunk('fmt ', format({ bits: 8, block: 1 })), DATA), 'sample-size@34'],
    [
      'samples of 2 bytes in blocks of 4',
      riff(chunk('fmt ', format({ block: 4 })), DATA),
      'sample-size@34',
    ],
    [
      'half a sample',
      riff(chunk('fmt ', format()), chunk('data', Uint8Array.of(1))),
      'data-length@40',
    ],
    ['data cut short', serializeWav(Int16Array.of(1, 2)).subarray(0, 47), 'truncated@40'],
    ['a chunk header cut short', serializeWav(Int16Array.of(1, 2)).subarray(0, 42), 'truncated@36'],
  ])('are refused: %s', (_, bytes, expected) => {
    expect(codeOf(bytes)).toBe(expected);
  });

  test.prop([samples])('come back as written', (given) => {
    const bytes = serializeWav(given);
    expect(bytes.length).toBe(WAV_HEADER_BYTES + 2 * given.length);
    expect(parseWav(bytes)).toEqual({ ok: true, value: given });
  });

  test.prop([
    fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      samples.map(serializeWav),
      fc.uint8Array({ maxLength: 60 }).map((tail) => concat(wavHeader(4).subarray(0, 36), tail)),
    ),
    fc.nat(),
    fc.nat({ max: 255 }),
  ])('every byte string has one outcome', (bytes, position, value) => {
    if (bytes.length > 0) bytes[position % bytes.length] = value;
    const parsed = parseWav(bytes);
    if (parsed.ok) expect(parsed.value.length * 2).toBeLessThanOrEqual(bytes.length);
    else expect(parsed.error.offset).toBeLessThanOrEqual(bytes.length);
  });
});
