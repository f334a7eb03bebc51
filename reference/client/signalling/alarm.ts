/** Longest delay that a timer of Node takes, milliseconds; a longer one would ring at once. */
const longestDelay = 2 ** 31 - 1;

/** One wake-up at a time. */
export interface Alarm {
  /** `at` in milliseconds of `performance.now()`; replaces the wake-up before. May ring early if it is more than 24 days off. */
  set(at: number): void;
  clear(): void;
}

export const createAlarm = (ring: () => void): Alarm => {
  let timer: NodeJS.Timeout | undefined;
  return {
    set(at) {
      clearTimeout(timer);
      const delay = Math.max(0, at - performance.now());
      timer = setTimeout(ring, Math.min(delay, longestDelay));
    },
    clear: () => clearTimeout(timer),
  };
};
