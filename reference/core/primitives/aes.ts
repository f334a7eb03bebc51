import { createCipheriv, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

/** Blocks of keystream under one initial counter: its last two bytes count them (RFC 3711 section 4.1.1). */
const MAXIMUM_BLOCKS = 2 ** 16;

/** AES-128 in the counter mode of RFC 3711 section 4.1.1, one key. */
export interface Aes128CounterMode {
  /**
   * Bytes XOR keystream: encrypts and decrypts. `counter` is the 16-byte initial value, whose last two bytes are not read:
   * block j has j there. At most 2^20 bytes; more throws RangeError.
   */
  apply(counter: Uint8Array, bytes: Uint8Array): Uint8Array;
}

/** Counter mode under a key of 16 bytes; one cipher object serves every call, which is what makes it fast. */
export const aes128CounterMode = (key: Uint8Array): Aes128CounterMode => {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return {
    apply: (counter, bytes) => {
      const count = Math.ceil(bytes.length / 16);
      if (count > MAXIMUM_BLOCKS) throw new RangeError('counter mode: more than 2^16 blocks');
      const blocks = new Uint8Array(count * 16);
      for (let block = 0; block < count; block += 1) {
        blocks.set(counter, block * 16);
        blocks[block * 16 + 14] = block >> 8;
        blocks[block * 16 + 15] = block;
      }
      const keystream = cipher.update(blocks);
      const output = new Uint8Array(bytes.length);
      for (let index = 0; index < bytes.length; index += 1)
        output[index] = (bytes[index] ?? 0) ^ (keystream[index] ?? 0);
      return output;
    },
  };
};

/**
 * HMAC-SHA1 (20 bytes, RFC 2104) under one key, over the parts in order: SRTP's authentication tags only (RFC 3711 section
 * 4.2.1). The key object made once is what makes it fast.
 */
export const hmacSha1 = (key: Uint8Array): ((...parts: readonly Uint8Array[]) => Uint8Array) => {
  const keyObject = createSecretKey(key);
  return (...parts) => {
    const hmac = createHmac('sha1', keyObject);
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  };
};

/** Whether two byte strings are the same, in a time that depends on their lengths only. */
export const equalInConstantTime = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && timingSafeEqual(left, right);
