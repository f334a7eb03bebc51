import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../bytes.ts';
import { aes128CounterMode, equalInConstantTime, hmacSha1 } from './aes.ts';

const bytesOf = (hex: string): Uint8Array => {
  const bytes = fromHex(hex);
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};

describe('AES-CM (RFC 3711 appendix B.2)', () => {
  const cipher = aes128CounterMode(bytesOf('2b7e151628aed2a6abf7158809cf4f3c'));
  const counter = bytesOf('f0f1f2f3f4f5f6f7f8f9fafbfcfd0000');
  const applied = (initial: Uint8Array, bytes: Uint8Array): Uint8Array => {
    const changed = bytes.slice();
    cipher.apply(initial, changed, 0, changed.length);
    return changed;
  };
  const keystream = applied(counter, new Uint8Array(1_044_512));

  it.each([
    [0x0000, 'e03ead0935c95e80e166b16dd92b4eb4'],
    [0x0001, 'd23513162b02d0f72a43a2fe4a5f97ab'],
    [0x0002, '41e95b3bb0a2e8dd477901e4fca894c0'],
    [0xfeff, 'ec8cdf7398607cb0f2d21675ea9ea1e4'],
    [0xff00, '362b7c3c6773516318a077d7fc5073ae'],
    [0xff01, '6a2cc3787889374fbeb4c81b17ba6c44'],
  ])('keystream block %i', (block, expected) => {
    expect(toHex(keystream.subarray(block * 16, block * 16 + 16))).toBe(expected);
  });

  it('ignores the last two bytes of the initial counter', () => {
    const other = bytesOf('f0f1f2f3f4f5f6f7f8f9fafbfcfdffff');
    expect(applied(other, new Uint8Array(32))).toEqual(keystream.slice(0, 32));
  });

  it('refuses to run past 2^16 blocks', () => {
    expect(() => applied(counter, new Uint8Array(2 ** 20 + 1))).toThrow(RangeError);
  });

  test.prop([fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 10 }), fc.nat({ max: 10 })])(
    'gives its input back when applied twice, and leaves what is before and behind it',
    (bytes, before, behind) => {
      const from = Math.min(before, bytes.length);
      const to = Math.max(from, bytes.length - behind);
      const changed = bytes.slice();
      cipher.apply(counter, changed, from, to);
      expect(changed).toEqual(
        bytes.map((byte, at) =>
          at < from || at >= to ? byte : byte ^ (keystream[at - from] ?? 0),
        ),
      );
      cipher.apply(counter, changed, from, to);
      expect(changed).toEqual(bytes);
    },
  );
});

describe('HMAC-SHA1', () => {
  it('gives test case 1 of RFC 2202, whatever the parts', () => {
    const tag = hmacSha1(new Uint8Array(20).fill(0x0b));
    const expected = 'b617318655057264e28bc0b6fb378c8ef146be00';
    expect(toHex(tag(utf8('Hi There')))).toBe(expected);
    expect(toHex(tag(utf8('Hi'), utf8(' There')))).toBe(expected);
  });
});

describe('comparison', () => {
  test.prop([
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
  ])('sees every changed byte, and a missing one', (bytes, position, change) => {
    const changed = bytes.slice();
    const at = position % bytes.length;
    changed[at] = (changed[at] ?? 0) ^ change;
    expect(equalInConstantTime(bytes, bytes.slice())).toBe(true);
    expect(equalInConstantTime(bytes, changed)).toBe(false);
    expect(equalInConstantTime(bytes, bytes.subarray(1))).toBe(false);
  });
});
