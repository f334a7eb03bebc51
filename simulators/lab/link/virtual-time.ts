/** A clock that goes as fast as work is done, and the work. Times are milliseconds. */
export interface VirtualTime {
  now(): number;
  /** Calls `work` at a time; what is due at the same time comes in the order asked for. */
  at(time: number, work: () => void): void;
  /** Does everything that is due up to a time, what comes up meanwhile included, and leaves the clock there. */
  runUntil(time: number): void;
  /** When the next work is due. */
  next(): number | undefined;
}

interface Work {
  readonly time: number;
  readonly order: number;
  readonly run: () => void;
}

const before = (left: Work, right: Work): boolean =>
  left.time < right.time || (left.time === right.time && left.order < right.order);

/** Index behind all that comes before `work`, in a list that is in order. */
const placeOf = (list: readonly Work[], work: Work): number => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = list[middle];
    if (there !== undefined && before(there, work)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Starts virtual time at `start`. */
export const createVirtualTime = (start = 0): VirtualTime => {
  const waiting: Work[] = [];
  let now = start;
  let order = 0;
  return {
    now: () => now,
    at(time, run) {
      const work = { time: Math.max(time, now), order: (order += 1), run };
      waiting.splice(placeOf(waiting, work), 0, work);
    },
    runUntil(time) {
      for (let first = waiting[0]; first !== undefined && first.time <= time; first = waiting[0]) {
        waiting.shift();
        now = first.time;
        first.run();
      }
      now = Math.max(now, time);
    },
    next: () => waiting[0]?.time,
  };
};
