import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTicker, type Ticker } from './ticker.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a ticker', () => {
  it('ticks at its interval from the start on', () => {
    const at: number[] = [];
    const start = performance.now();
    const ticker = createTicker(20, 5, () => at.push(performance.now() - start));
    vi.advanceTimersByTime(50);
    ticker.stop();
    vi.advanceTimersByTime(50);
    expect(at).toEqual([5, 25, 45]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('makes up for late ticks, but not for those of more than a second', () => {
    const clock = vi.spyOn(performance, 'now');
    const at: number[] = [];
    clock.mockReturnValue(0);
    const ticker = createTicker(20, 0, () => {
      at.push(performance.now());
      // The machine stands still during the third tick and the eighth.
      if (at.length === 3) clock.mockReturnValue(100);
      if (at.length === 8) clock.mockReturnValue(5_105);
    });
    for (const [now, timers] of [
      [0, 1],
      [20, 1],
      [40, 5],
    ] as const) {
      clock.mockReturnValue(now);
      for (let timer = 0; timer < timers; timer += 1) vi.advanceTimersToNextTimer();
    }
    expect(at).toEqual([0, 20, 40, 100, 100, 100, 100]);
    vi.advanceTimersToNextTimer();
    vi.advanceTimersToNextTimer();
    vi.advanceTimersByTime(10);
    expect(at).toEqual([0, 20, 40, 100, 100, 100, 100, 100, 5_105]);
    ticker.stop();
    clock.mockRestore();
  });

  it('that is stopped by its own tick leaves no timer', () => {
    let ticks = 0;
    const ticker: Ticker = createTicker(20, 0, () => {
      ticks += 1;
      ticker.stop();
    });
    vi.advanceTimersByTime(100);
    expect(ticks).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
