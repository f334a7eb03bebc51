import { createCipheriv, createHmac } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { concat, toHex } from '../bytes.ts';
import { INDEX_LIMIT } from './packet-index.ts';
import { nodeTransform } from './srtp.ts';
import { tableTransform } from './srtp-tables.ts';

const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe.each([
  ['node:crypto', nodeTransform],
  ['tables', tableTransform],
] as const)('the transform by %s', (_, transform) => {
  test.prop([
    fc.record({ cipherKey: fixed(16), authenticationKey: fixed(20), salt: fixed(14) }),
    fc.nat({ max: 2 ** 32 - 1 }),
    fc.oneof(fc.nat({ max: 2 ** 20 }), fc.nat({ max: INDEX_LIMIT - 1 })),
    fc.uint8Array({ maxLength: 300 }),
  ])('is the formulas of RFC 3711 sections 4.1.1 and 4.2', (keys, ssrc, index, bytes) => {
    const salt = BigInt(`0x${toHex(keys.salt)}`);
    const counter = (salt << 16n) ^ (BigInt(ssrc) << 64n) ^ (BigInt(index) << 16n);
    const iv = Buffer.from(counter.toString(16).padStart(32, '0'), 'hex');
    const encrypted = createCipheriv('aes-128-ctr', keys.cipherKey, iv).update(bytes);
    const rollover = Buffer.alloc(4);
    rollover.writeUInt32BE(Math.floor(index / 2 ** 16));
    const code = createHmac('sha1', keys.authenticationKey)
      .update(encrypted)
      .update(rollover)
      .digest();
    const made = concat(bytes, new Uint8Array(10));
    const protocol = transform(keys);
    protocol.crypt(ssrc, index, made, 0, bytes.length);
    protocol.writeTag(made, bytes.length, rollover.readUInt32BE());
    expect(toHex(made)).toBe(toHex(concat(encrypted, code.subarray(0, 10))));
  });
});
