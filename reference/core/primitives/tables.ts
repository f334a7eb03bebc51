/**
 * AES-128 encryption by tables and HMAC-SHA1 with precomputed pads, in plain TypeScript: several times faster on short
 * packets than calls into node:crypto. Table look-ups depend on the key, so neither is constant-time: for reading captures
 * with keys that their owner gave, and for simulated fleets, never for an endpoint that an attacker can time.
 */

const ROUNDS = 10;

const rotateLeft8 = (word: number): number => (word << 8) | (word >>> 24);

/** The S-box of FIPS 197 section 5.1.1, from inverses in GF(2^8): 3 generates the field's multiplicative group. */
const buildSubstitution = (): Uint8Array => {
  const box = new Uint8Array(256);
  let power = 1;
  let inverse = 1;
  do {
    power ^= (power << 1) ^ ((power & 0x80) === 0 ? 0 : 0x11b);
    inverse ^= inverse << 1;
    inverse ^= inverse << 2;
    inverse ^= inverse << 4;
    inverse &= 255;
    if ((inverse & 0x80) !== 0) inverse ^= 0x09;
    const spread = inverse | (inverse << 8);
    box[power] =
      (spread ^ (spread >> 7) ^ (spread >> 6) ^ (spread >> 5) ^ (spread >> 4) ^ 0x63) & 255;
  } while (power !== 1);
  box[0] = 0x63;
  return box;
};

const substitution = buildSubstitution();

const double = (value: number): number => ((value << 1) ^ ((value & 0x80) === 0 ? 0 : 0x1b)) & 255;

/** SubBytes and MixColumns of one byte in each of a column's four places, one table after the other (FIPS 197 section 5.1.3). */
const buildRoundTables = (): Int32Array => {
  const tables = new Int32Array(1024);
  substitution.forEach((s, value) => {
    const twice = double(s);
    let word = (twice << 24) | (s << 16) | (s << 8) | (twice ^ s);
    for (let table = 0; table < 4; table += 1) {
      tables[table * 256 + value] = word;
      word = (word << 24) | (word >>> 8);
    }
  });
  return tables;
};

const roundTables = buildRoundTables();

const substituteWord = (word: number): number =>
  ((substitution[word >>> 24] ?? 0) << 24) |
  ((substitution[(word >>> 16) & 255] ?? 0) << 16) |
  ((substitution[(word >>> 8) & 255] ?? 0) << 8) |
  (substitution[word & 255] ?? 0);

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 24) |
  ((bytes[at + 1] ?? 0) << 16) |
  ((bytes[at + 2] ?? 0) << 8) |
  (bytes[at + 3] ?? 0);

/** FIPS 197 section 5.2. */
const expandKey = (key: Uint8Array): Int32Array => {
  const words = new Int32Array(4 * (ROUNDS + 1));
  for (let index = 0; index < 4; index += 1) words[index] = wordAt(key, index * 4);
  let constant = 1;
  for (let index = 4; index < words.length; index += 1) {
    let word = words[index - 1] ?? 0;
    if (index % 4 === 0) {
      word = substituteWord(rotateLeft8(word)) ^ (constant << 24);
      constant = double(constant);
    }
    words[index] = (words[index - 4] ?? 0) ^ word;
  }
  return words;
};

const mixed = (a: number, b: number, c: number, d: number): number =>
  (roundTables[a >>> 24] ?? 0) ^
  (roundTables[256 + ((b >>> 16) & 255)] ?? 0) ^
  (roundTables[512 + ((c >>> 8) & 255)] ?? 0) ^
  (roundTables[768 + (d & 255)] ?? 0);

const lastMixed = (a: number, b: number, c: number, d: number): number =>
  ((substitution[a >>> 24] ?? 0) << 24) |
  ((substitution[(b >>> 16) & 255] ?? 0) << 16) |
  ((substitution[(c >>> 8) & 255] ?? 0) << 8) |
  (substitution[d & 255] ?? 0);

/** Encrypts the block of four words into `output`. */
const encryptBlock = (
  keys: Int32Array,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  output: Int32Array,
): void => {
  let a = w0 ^ (keys[0] ?? 0);
  let b = w1 ^ (keys[1] ?? 0);
  let c = w2 ^ (keys[2] ?? 0);
  let d = w3 ^ (keys[3] ?? 0);
  let at = 4;
  for (let round = 1; round < ROUNDS; round += 1) {
    const p = mixed(a, b, c, d) ^ (keys[at] ?? 0);
    const q = mixed(b, c, d, a) ^ (keys[at + 1] ?? 0);
    const r = mixed(c, d, a, b) ^ (keys[at + 2] ?? 0);
    d = mixed(d, a, b, c) ^ (keys[at + 3] ?? 0);
    a = p;
    b = q;
    c = r;
    at += 4;
  }
  output[0] = lastMixed(a, b, c, d) ^ (keys[at] ?? 0);
  output[1] = lastMixed(b, c, d, a) ^ (keys[at + 1] ?? 0);
  output[2] = lastMixed(c, d, a, b) ^ (keys[at + 2] ?? 0);
  output[3] = lastMixed(d, a, b, c) ^ (keys[at + 3] ?? 0);
};

const xorWord = (bytes: Uint8Array, at: number, word: number): void => {
  bytes[at] = (bytes[at] ?? 0) ^ (word >>> 24);
  bytes[at + 1] = (bytes[at + 1] ?? 0) ^ (word >>> 16);
  bytes[at + 2] = (bytes[at + 2] ?? 0) ^ (word >>> 8);
  bytes[at + 3] = (bytes[at + 3] ?? 0) ^ word;
};

/** AES-128 in the counter mode of RFC 3711 section 4.1.1 under one key. */
export interface TableCounterMode {
  /**
   * XORs the keystream onto `bytes` from `from` to `to` in place; the counter's first 14 bytes are three words and the upper
   * half of a fourth, whose lower half counts blocks from 0. At most 2^20 bytes.
   */
  apply(
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void;
  /** Overwrites the round keys. */
  erase(): void;
}

/** Counter mode under a key of 16 bytes; not constant-time. */
export const tableCounterMode = (key: Uint8Array): TableCounterMode => {
  const keys = expandKey(key);
  const stream = new Int32Array(4);
  return {
    apply: (w0, w1, w2, w3, bytes, from, to) => {
      let block = w3 & 0xffff_0000;
      for (let at = from; at < to; at += 16) {
        encryptBlock(keys, w0, w1, w2, block, stream);
        block += 1;
        if (to - at >= 16) {
          xorWord(bytes, at, stream[0] ?? 0);
          xorWord(bytes, at + 4, stream[1] ?? 0);
          xorWord(bytes, at + 8, stream[2] ?? 0);
          xorWord(bytes, at + 12, stream[3] ?? 0);
        } else
          for (let index = 0; index < to - at; index += 1)
            bytes[at + index] =
              (bytes[at + index] ?? 0) ^ ((stream[index >> 2] ?? 0) >>> (24 - (index & 3) * 8));
      }
    },
    erase: () => {
      keys.fill(0);
      stream.fill(0);
    },
  };
};

const SHA1_BLOCK = 64;
const schedule = new Int32Array(80);

/** One block of SHA-1 (FIPS 180-4 section 6.1.2): `state` takes in 64 bytes. */
const compress = (state: Int32Array, bytes: Uint8Array, at: number): void => {
  const w = schedule;
  for (let t = 0; t < 16; t += 1) w[t] = wordAt(bytes, at + t * 4);
  for (let t = 16; t < 80; t += 1) {
    const x = (w[t - 3] ?? 0) ^ (w[t - 8] ?? 0) ^ (w[t - 14] ?? 0) ^ (w[t - 16] ?? 0);
    w[t] = (x << 1) | (x >>> 31);
  }
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  let e = state[4] ?? 0;
  let next = 0;
  for (let t = 0; t < 20; t += 1) {
    next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + 0x5a82_7999 + (w[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 20; t < 40; t += 1) {
    next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9_eba1 + (w[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 40; t < 60; t += 1) {
    next =
      (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + e + 0x8f1b_bcdc + (w[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  for (let t = 60; t < 80; t += 1) {
    next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0xca62_c1d6 + (w[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = ((state[0] ?? 0) + a) | 0;
  state[1] = ((state[1] ?? 0) + b) | 0;
  state[2] = ((state[2] ?? 0) + c) | 0;
  state[3] = ((state[3] ?? 0) + d) | 0;
  state[4] = ((state[4] ?? 0) + e) | 0;
};

const initialState = Int32Array.of(0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0);

const padState = (key: Uint8Array, pad: number): Int32Array => {
  const block = new Uint8Array(SHA1_BLOCK).fill(pad);
  key.forEach((byte, index) => (block[index] = byte ^ pad));
  const state = initialState.slice();
  compress(state, block, 0);
  block.fill(0);
  return state;
};

const putWord = (bytes: Uint8Array, at: number, word: number): void => {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
};

/** HMAC-SHA1 (RFC 2104) under one key of at most 64 bytes. */
export interface TableHmac {
  /**
   * The code over `bytes` from `from` to `to`, and a trailing 32-bit word unless it is null, as five words in an array that
   * the next call overwrites.
   */
  mac(bytes: Uint8Array, from: number, to: number, trailer: number | null): Int32Array;
  /** Overwrites the pads. */
  erase(): void;
}

/** HMAC-SHA1 with both pads taken in once; not constant-time in its use of memory. */
export const tableHmacSha1 = (key: Uint8Array): TableHmac => {
  const inner = padState(key, 0x36);
  const outer = padState(key, 0x5c);
  const state = new Int32Array(5);
  const block = new Uint8Array(2 * SHA1_BLOCK);

  const finish = (length: number, total: number): void => {
    block[length] = 0x80;
    const blocks = length + 9 > SHA1_BLOCK ? 2 : 1;
    const end = blocks * SHA1_BLOCK;
    for (let at = length + 1; at < end - 8; at += 1) block[at] = 0;
    putWord(block, end - 8, Math.floor(total / 2 ** 29));
    putWord(block, end - 4, (total << 3) >>> 0);
    compress(state, block, 0);
    if (blocks === 2) compress(state, block, SHA1_BLOCK);
  };

  return {
    mac: (bytes, from, to, trailer) => {
      state.set(inner);
      let at = from;
      for (; at + SHA1_BLOCK <= to; at += SHA1_BLOCK) compress(state, bytes, at);
      let length = to - at;
      for (let index = 0; index < length; index += 1) block[index] = bytes[at + index] ?? 0;
      if (trailer !== null) {
        putWord(block, length, trailer);
        length += 4;
      }
      finish(length, SHA1_BLOCK + (to - from) + (trailer === null ? 0 : 4));
      for (let index = 0; index < 5; index += 1) putWord(block, index * 4, state[index] ?? 0);
      state.set(outer);
      finish(20, SHA1_BLOCK + 20);
      return state;
    },
    erase: () => {
      for (const secret of [inner, outer, state]) secret.fill(0);
      block.fill(0);
    },
  };
};
