/** Something that is done again and again until it is stopped. */
export interface Ticker {
  /** From within a tick, too: none follows. */
  stop(): void;
}

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
