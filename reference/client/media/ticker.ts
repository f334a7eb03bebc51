/** Something that is done again and again until it is stopped. */
export interface Ticker {
  /** From within a tick, too: none follows. */
  stop(): void;
}

/** Milliseconds of ticks that are made up for at once, as after the machine slept: beyond that they are left out. */
const LONGEST_CATCH_UP = 1_000;

/** Calls `tick` after `first` milliseconds, then every `interval` from the start on: a late tick does not shift those behind it. */
export const createTicker = (interval: number, first: number, tick: () => void): Ticker => {
  const start = performance.now() + first;
  let count = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout;
  const next = (): void => {
    tick();
    if (isStopped) return;
    count += 1;
    const behind = performance.now() - (start + count * interval);
    if (behind > LONGEST_CATCH_UP) count += Math.ceil(behind / interval);
    timer = setTimeout(next, Math.max(0, start + count * interval - performance.now()));
  };
  timer = setTimeout(next, first);
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};
