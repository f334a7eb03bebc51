/** Numbers that depend on a seed alone. */
export interface SeededRandom {
  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number;
  bytes(length: number): Uint8Array;
}

/** A xorshift generator: good enough for traffic, never for keys of anybody. */
export const createSeededRandom = (seed: number): SeededRandom => {
  let state = (seed | 0) === 0 ? 0x6d2b_79f5 : seed | 0;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return {
    below: (limit) => next() % limit,
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 1) bytes[at] = next() >>> 11;
      return bytes;
    },
  };
};
