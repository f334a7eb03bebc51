import { createCipheriv, createHmac } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../bytes.ts';
import { tableCounterMode, tableHmacSha1, type TableCounterMode } from './tables.ts';

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

const fromHexOf = (hex: string): Uint8Array => {
  const bytes = fromHex(hex);
  if (!bytes.ok) throw new Error(bytes.error.code);
  return bytes.value;
};

const apply = (cipher: TableCounterMode, counter: string, bytes: Uint8Array): Uint8Array => {
  const view = new DataView(fromHexOf(counter).buffer);
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = [0, 4, 8, 12].map((at) => view.getInt32(at));
  cipher.apply(w0, w1, w2, w3, bytes, 0, bytes.length);
  return bytes;
};

describe('AES-CM (RFC 3711 appendix B)', () => {
  const cipher = tableCounterMode(fromHexOf('2b7e151628aed2a6abf7158809cf4f3c'));
  const keystream = apply(cipher, 'f0f1f2f3f4f5f6f7f8f9fafbfcfd0000', new Uint8Array(1_044_512));

  it.each([
    [0x0000, 'e03ead0935c95e80e166b16dd92b4eb4'],
    [0x0001, 'd23513162b02d0f72a43a2fe4a5f97ab'],
    [0x0002, '41e95b3bb0a2e8dd477901e4fca894c0'],
    [0xfeff, 'ec8cdf7398607cb0f2d21675ea9ea1e4'],
    [0xff00, '362b7c3c6773516318a077d7fc5073ae'],
    [0xff01, '6a2cc3787889374fbeb4c81b17ba6c44'],
  ])('B.2, keystream block %i', (block, expected) => {
    expect(toHex(keystream.subarray(block * 16, block * 16 + 16))).toBe(expected);
  });

  it.each([
    ['cipher key', '0ec675ad498afeebb6960b3aabe60000', 'c61e7a93744f39ee10734afe3ff7a087'],
    ['salt', '0ec675ad498afee9b6960b3aabe60000', '30cbbc08863d8c85d49db34a9ae1'],
    [
      'authentication key',
      '0ec675ad498afeeab6960b3aabe60000',
      'cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2dc68',
    ],
  ])('B.3, %s', (_, counter, expected) => {
    const derivation = tableCounterMode(fromHexOf('e1f97a0d3e018be0d64fa32c06de4139'));
    const length = Math.floor(expected.length / 2);
    expect(toHex(apply(derivation, counter, new Uint8Array(length)))).toBe(expected);
  });
});

describe('HMAC-SHA1', () => {
  it('gives test case 1 of RFC 2202', () => {
    const words = tableHmacSha1(new Uint8Array(20).fill(0x0b)).mac(utf8('Hi There'), 0, 8, null);
    expect([...words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')).toBe(
      'b617318655057264e28bc0b6fb378c8ef146be00',
    );
  });
});

describe('erased', () => {
  it('neither encrypts nor authenticates as before', () => {
    const cipher = tableCounterMode(new Uint8Array(16).fill(1));
    const hmac = tableHmacSha1(new Uint8Array(20).fill(2));
    const encrypted = () => toHex(apply(cipher, '00'.repeat(16), new Uint8Array(16)));
    const authenticated = () => [...hmac.mac(new Uint8Array(50), 0, 50, 0)];
    const [stream, code] = [encrypted(), authenticated()];
    expect([encrypted(), authenticated()]).toEqual([stream, code]);
    cipher.erase();
    hmac.erase();
    expect(encrypted()).not.toBe(stream);
    expect(authenticated()).not.toEqual(code);
  });
});

describe('tables and pads give what node:crypto gives', () => {
  test.prop([bytesOf(16), bytesOf(14), fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 7 })])(
    'AES-128 in counter mode',
    (key, iv, bytes, from) => {
      const counter = Buffer.concat([iv, Buffer.alloc(2)]);
      const expected = createCipheriv('aes-128-ctr', key, counter).update(bytes);
      const made = Buffer.concat([Buffer.alloc(from), bytes, Buffer.alloc(3)]);
      const [w0, w1, w2, w3] = [0, 4, 8, 12].map((at) => counter.readInt32BE(at));
      tableCounterMode(key).apply(
        w0 ?? 0,
        w1 ?? 0,
        w2 ?? 0,
        w3 ?? 0,
        made,
        from,
        from + bytes.length,
      );
      expect(made.subarray(from, from + bytes.length)).toEqual(expected);
      expect(made.subarray(0, from)).toEqual(Buffer.alloc(from));
      expect(made.subarray(from + bytes.length)).toEqual(Buffer.alloc(3));
    },
  );

  test.prop([
    fc.uint8Array({ maxLength: 64 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.option(fc.nat({ max: 2 ** 32 - 1 })),
  ])('HMAC-SHA1 with and without a trailing word', (key, bytes, trailer) => {
    const hmac = createHmac('sha1', key).update(bytes);
    if (trailer !== null) {
      const word = Buffer.alloc(4);
      word.writeUInt32BE(trailer);
      hmac.update(word);
    }
    const words = tableHmacSha1(key).mac(bytes, 0, bytes.length, trailer);
    const found = Buffer.alloc(20);
    words.forEach((word, index) => found.writeInt32BE(word, index * 4));
    expect(found).toEqual(hmac.digest());
  });
});
