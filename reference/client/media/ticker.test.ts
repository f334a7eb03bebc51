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
