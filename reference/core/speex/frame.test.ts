import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseNarrowband } from './frame.ts';

const FRAME_BITS = [5, 43, 119, 160, 220, 300, 364, 492, 79];

const inBits = (value: number, width: number): string => value.toString(2).padStart(width, '0');

/** Bytes of a string of bits, filled up as RFC 5574 section 3.3 says: 0, then ones. */
const pack = (bits: string): Uint8Array => {
  const missing = (8 - (bits.length % 8)) % 8;
  const padded = bits + (missing === 0 ? '' : `0${'1'.repeat(missing - 1)}`);
  return Uint8Array.from({ length: padded.length / 8 }, (_, index) =>
    Number.parseInt(padded.slice(index * 8, index * 8 + 8), 2),
  );
};

const frameBits = (subMode: number, fill = '1'): string =>
  `0${inBits(subMode, 4)}${fill.repeat((FRAME_BITS[subMode] ?? 5) - 5)}`;

const codeOf = (bytes: Uint8Array): string => {
  const packet = parseNarrowband(bytes);
  return packet.ok ? 'ok' : `${packet.error.code}@${packet.error.offset}`;
};

const parts = fc.oneof(
  fc.record({
    kind: fc.constant('frame' as const),
    subMode: fc.nat({ max: 8 }),
    fill: fc.constantFrom('0', '1'),
  }),
  fc.record({ kind: fc.constant(13 as const), code: fc.nat({ max: 31 }) }),
  fc.record({ kind: fc.constant(14 as const), code: fc.nat({ max: 15 }) }),
);

const REQUEST_BITS = [1, 1, 4, 4, 4, 4, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64];

describe('narrowband Speex packets (RFC 5574)', () => {
  it.each(FRAME_BITS.map((bits, subMode) => [subMode, bits]))(
    'sub-mode %i has %i bits',
    (subMode, bits) => {
      const bytes = pack(frameBits(subMode));
      expect(bytes.length).toBe(Math.ceil(bits / 8));
      expect(parseNarrowband(bytes)).toEqual({
        ok: true,
        value: { frames: [{ subMode, bits }], signals: [], paddingBits: bytes.length * 8 - bits },
      });
    },
  );

  it.each([
    ['nothing', new Uint8Array(0), 'empty@0'],
    ['a wideband frame', pack(`1${inBits(1, 3)}${'0'.repeat(40)}`), 'wideband@0'],
    [
      'a wideband layer behind a narrowband frame',
      pack(`${frameBits(5)}1001${'0'.repeat(32)}`),
      'wideband@37',
    ],
    ['sub-mode 9', pack(`0${inBits(9, 4)}000`), 'reserved-sub-mode@0'],
    ['sub-mode 12', pack(`0${inBits(12, 4)}000`), 'reserved-sub-mode@0'],
    ['a frame cut short', pack(frameBits(5)).subarray(0, 37), 'truncated@0'],
    ['a second frame cut short', pack(frameBits(5) + frameBits(5)).subarray(0, 74), 'truncated@37'],
    ['a signal cut short', pack(`01110${inBits(15, 4)}`), 'truncated@0'],
    ['a terminator alone', Uint8Array.of(0x7f), 'no-frame@0'],
    ['a signal alone', pack(`01110${inBits(0, 4)}1`), 'no-frame@1'],
    ['padding of zeros', pack(`${frameBits(5)}0000`), 'padding@37'],
    ['padding that begins with 1', pack(`${frameBits(5)}1111`), 'padding@37'],
    ['a zero among the ones', pack(`${frameBits(4)}0101`), 'padding@27'],
    ['bytes behind the terminator', pack(`${frameBits(1)}01111${'1'.repeat(8)}`), 'trailing@6'],
  ])('refuses %s', (_, bytes, expected) => {
    expect(codeOf(bytes)).toBe(expected);
  });

  test.prop([fc.array(parts, { minLength: 1, maxLength: 5 })])(
    'tells what was packed, in order',
    (items) => {
      const bits = items.map((item) => {
        if (item.kind === 'frame') return frameBits(item.subMode, item.fill);
        const width = item.kind === 13 ? 5 : 4;
        const payload = item.kind === 13 ? 8 * item.code : (REQUEST_BITS[item.code] ?? 0);
        return `0${inBits(item.kind, 4)}${inBits(item.code, width)}${'1'.repeat(payload)}`;
      });
      const packet = parseNarrowband(pack(bits.join('')));
      const frames = items.filter((item) => item.kind === 'frame');
      if (frames.length === 0) {
        expect(packet).toMatchObject({ ok: false, error: { code: 'no-frame' } });
        return;
      }
      if (!packet.ok) throw new Error(packet.error.code);
      expect(packet.value.frames.map(({ subMode }) => subMode)).toEqual(
        frames.map(({ subMode }) => subMode),
      );
      expect(packet.value.signals.map(({ kind, code }) => ({ kind, code }))).toEqual(
        items.filter((item) => item.kind !== 'frame'),
      );
      expect(packet.value.paddingBits).toBe((8 - (bits.join('').length % 8)) % 8);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 80 })])(
    'every byte string has one outcome whose bits add up',
    (bytes) => {
      const packet = parseNarrowband(bytes);
      if (packet.ok) {
        const { frames, signals, paddingBits } = packet.value;
        const used = [...frames, ...signals].reduce((total, { bits }) => total + bits, paddingBits);
        expect(used).toBe(bytes.length * 8);
        expect(frames.length).toBeGreaterThan(0);
      } else expect(packet.error.offset).toBeLessThanOrEqual(bytes.length);
    },
  );
});
