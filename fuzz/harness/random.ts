import * as fc from 'fast-check';

interface Words {
  clone(): Words;
  next(): number;
  jump(): void;
  getState(): readonly number[];
}

/** A xorshift generator of four words, which is what fast-check draws from. */
const words = (a: number, b: number, c: number, d: number): Words => {
  const next = (): number => {
    let t = a ^ (a << 11);
    t ^= t >>> 8;
    a = b;
    b = c;
    c = d;
    d = d ^ (d >>> 19) ^ t;
    return d | 0;
  };
  return {
    clone: () => words(a, b, c, d),
    next,
    jump: () => {
      for (let step = 0; step < 42; step += 1) next();
    },
    getState: () => [a, b, c, d],
  };
};

/** One round of a 32-bit finalizer: near inputs give unrelated outputs. */
const mixed = (value: number): number => {
  let word = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return word ^ (word >>> 15);
};

/** The randomness of one case: a function of the run's seed and the case's number alone, so that any case can be made without those before it. */
export const randomOf = (seed: number, number: number): fc.Random => {
  const low = mixed(seed + 0x9e3779b9);
  const high = mixed(Math.floor(seed / 2 ** 32) ^ low);
  const a = mixed(high ^ number);
  const b = mixed(a + low + Math.floor(number / 2 ** 32));
  return new fc.Random(words(a, b, mixed(b ^ 0x3c6ef372), mixed(a ^ b) | 1));
};
