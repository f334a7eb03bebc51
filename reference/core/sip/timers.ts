/** RFC 3261 section 17.1.1.1, milliseconds. */
export const T1 = 500;
/** Longest interval between retransmissions, milliseconds. */
export const T2 = 4000;
/** Timers B, F, H, L and M: how long a transaction waits, milliseconds. */
export const TRANSACTION_TIMEOUT = 64 * T1;

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly key: string;
  action: (() => void) | undefined;
}

/** Timers of a state machine whose clock is an argument. */
export interface Timers {
  /** Calls `action` when time `at` (milliseconds) is reached; replaces a timer of the same key. */
  set(key: string, at: number, action: () => void): void;
  clear(key: string): void;
  /** Runs what is due, earliest first; actions may set further timers, due ones included. */
  run(now: number): void;
  /** When the earliest timer is due. */
  next(): number | undefined;
  /** Places taken: those that are set, and at most as many again, and 64, of those that were cleared or replaced. */
  size(): number;
}

const before = (left: Entry, right: Entry): boolean =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

/** Cleared timers that may stay whatever the number of others. */
const CLEARED = 64;

/** A binary heap; a cleared timer leaves it when its turn comes, or with the others when they are too many. */
const createHeap = () => {
  let heap: Entry[] = [];
  const place = (index: number, entry: Entry): void => {
    heap[index] = entry;
  };
  const rise = (entry: Entry): void => {
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !before(entry, parent)) break;
      place(index, parent);
      index = parentIndex;
    }
    place(index, entry);
  };
  const sink = (entry: Entry): void => {
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const rightFirst = right !== undefined && before(right, left);
      const child = rightFirst ? right : left;
      if (!before(child, entry)) break;
      place(index, child);
      index = 2 * index + (rightFirst ? 2 : 1);
    }
    place(index, entry);
  };
  const pop = (): void => {
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) sink(last);
  };
  const sweep = (): void => {
    const kept = heap.filter(({ action }) => action !== undefined);
    heap = [];
    for (const entry of kept) rise(entry);
  };
  return {
    push: rise,
    pop,
    first: (): Entry | undefined => heap[0],
    size: () => heap.length,
    sweep,
  };
};

export const createTimers = (): Timers => {
  const heap = createHeap();
  const live = new Map<string, Entry>();
  let order = 0;
  const clear = (key: string): void => {
    const entry = live.get(key);
    if (entry === undefined) return;
    entry.action = undefined;
    live.delete(key);
    if (heap.size() > 2 * live.size + CLEARED) heap.sweep();
  };
  const next = (): number | undefined => {
    for (let first = heap.first(); first !== undefined; first = heap.first()) {
      if (first.action !== undefined) return first.at;
      heap.pop();
    }
    return undefined;
  };
  return {
    clear,
    next,
    size: () => heap.size(),
    set(key, at, action) {
      clear(key);
      const entry = { at, order: (order += 1), key, action };
      live.set(key, entry);
      heap.push(entry);
    },
    run(now) {
      for (let at = next(); at !== undefined && at <= now; at = next()) {
        const entry = heap.first();
        const action = entry?.action;
        heap.pop();
        if (entry !== undefined) live.delete(entry.key);
        action?.();
      }
    },
  };
};
