import { createCipheriv, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

/** Blocks of keystream under one initial counter: its last two bytes count them (RFC 3711 section 4.1.1). */
const MAXIMUM_BLOCKS = 2 ** 16;

/** Blocks that a cipher keeps memory for: the audio packets of a phone need three. */
const USUAL_BLOCKS = 8;

/** AES-128 in the counter mode of RFC 3711 section 4.1.1, one key. */
export interface Aes128CounterMode {
  /**
   * XORs the keystream onto `bytes` from `from` to `to` in place: encrypts and decrypts. `counter` is the 16-byte initial value,
   * whose last two bytes are not read: block j has j there. At most 2^20 bytes; more throws RangeError.
   */
  apply(counter: Uint8Array, bytes: Uint8Array, from: number, to: number): void;
  /** Overwrites what is left of the last counter; the key is OpenSSL's to clear. */
  erase(): void;
}

/** Counter mode under a key of 16 bytes; one cipher object serves every call, which is what makes it fast. */
export const aes128CounterMode = (key: Uint8Array): Aes128CounterMode => {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const usual = new Uint8Array(USUAL_BLOCKS * 16);
  return {
    apply: (counter, bytes, from, to) => {
      const count = Math.ceil((to - from) / 16);
      if (count > MAXIMUM_BLOCKS) throw new RangeError('counter mode: more than 2^16 blocks');
      const blocks =
        count > USUAL_BLOCKS ? new Uint8Array(count * 16) : usual.subarray(0, count * 16);
      for (let block = 0; block < count; block += 1) {
        blocks.set(counter, block * 16);
        blocks[block * 16 + 14] = block >> 8;
        blocks[block * 16 + 15] = block;
      }
      const keystream = cipher.update(blocks);
      for (let index = 0; index < to - from; index += 1)
        bytes[from + index] = (bytes[from + index] ?? 0) ^ (keystream[index] ?? 0);
    },
    erase: () => {
      usual.fill(0);
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
