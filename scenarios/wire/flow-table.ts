import { randomBytes } from 'node:crypto';

/** Finds the number of a flow by its key without making objects. */
export interface FlowTable {
  /** The key's words, filled by the caller before {@link FlowTable.find} or {@link FlowTable.add}. */
  readonly key: Int32Array;
  /** The flow's number, or -1. */
  readonly find: () => number;
  /** Adds the key just searched for, for a flow of this number. */
  add(number: number): void;
}

const FIRST_CAPACITY = 1024;
/** Words of the longest key: two IPv6 addresses, the ports, what is told apart besides, a source number. */
const MOST_WORDS = 11;

/** Odd factors that nobody can know who makes a capture whose flows all fall in one place. */
const factors = ((): Int32Array => {
  const bytes = randomBytes(MOST_WORDS * 4);
  return Int32Array.from({ length: MOST_WORDS }, (_, index) => bytes.readInt32LE(index * 4) | 1);
})();

/** An open-addressing table that doubles when it is half full; it forgets nothing, so its user bounds it. */
export const createFlowTable = (words: number): FlowTable => {
  const key = new Int32Array(words);
  const multipliers = factors.slice(0, words);
  const stride = words + 1;
  /** By slot: the flow's number plus 1, 0 when empty, and its key. */
  let slots = new Int32Array(FIRST_CAPACITY * stride);
  let capacity = FIRST_CAPACITY;
  let size = 0;
  /** Where the last search ended. */
  let slot = 0;

  const place = (source: Int32Array, from: number): number => {
    let hash = 0;
    for (let index = 0; index < words; index += 1)
      hash = (hash + Math.imul(source[from + index] ?? 0, multipliers[index] ?? 0)) | 0;
    hash ^= hash >>> 16;
    return (Math.imul(hash, 0x45d9_f3b) >>> 8) & (capacity - 1);
  };
  const matches = (at: number): boolean => {
    for (let index = words - 1; index >= 0; index -= 1)
      if (slots[at + 1 + index] !== key[index]) return false;
    return true;
  };
  const grow = (): void => {
    const old = slots;
    capacity *= 2;
    slots = new Int32Array(capacity * stride);
    for (let from = 0; from < old.length; from += stride) {
      if (old[from] === 0) continue;
      let to = place(old, from + 1);
      while (slots[to * stride] !== 0) to = (to + 1) & (capacity - 1);
      slots.set(old.subarray(from, from + stride), to * stride);
    }
  };
  const find = (): number => {
    slot = place(key, 0);
    for (;;) {
      const at = slot * stride;
      const entry = slots[at] ?? 0;
      if (entry === 0) return -1;
      if (matches(at)) return entry - 1;
      slot = (slot + 1) & (capacity - 1);
    }
  };
  return {
    key,
    find,
    add: (number) => {
      if ((size + 1) * 2 > capacity) {
        grow();
        find();
      }
      slots[slot * stride] = number + 1;
      slots.set(key, slot * stride + 1);
      size += 1;
    },
  };
};
