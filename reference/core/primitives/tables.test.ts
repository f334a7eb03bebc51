import { createCipheriv, createHmac } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { tableCounterMode, tableHmacSha1 } from './tables.ts';

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

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
