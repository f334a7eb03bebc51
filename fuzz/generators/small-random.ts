/** Numbers and bytes that a seed alone determines: what a case is made of once its few draws are done. */
export interface SmallRandom {
  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number;
  octets(length: number): Uint8Array;
}

/** A Weyl sequence through a finalizer: every seed gives an unrelated stream, and making one costs nothing. */
export const smallRandom = (seed: number): SmallRandom => {
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  };
  return {
    below: (limit) => next() % limit,
    octets: (length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < bytes.length; at += 4) {
        const word = next();
        bytes[at] = word;
        bytes[at + 1] = word >>> 8;
        bytes[at + 2] = word >>> 16;
        bytes[at + 3] = word >>> 24;
      }
      return bytes;
    },
  };
};
