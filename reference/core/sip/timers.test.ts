import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { createTimers } from './timers.ts';

it('replaces a timer of the same key, and runs what an action sets when it is already due', () => {
  const timers = createTimers();
  const ran: string[] = [];
  timers.set('a', 5, () => ran.push('old'));
  timers.set('a', 10, () => {
    ran.push('new');
    timers.set('b', 10, () => ran.push('b'));
  });
  expect(timers.next()).toBe(10);
  timers.run(9);
  expect(ran).toEqual([]);
  timers.run(10);
  expect(ran).toEqual(['new', 'b']);
  expect(timers.next()).toBeUndefined();
});

// A client that registers again and again moves a timer of two hours each time.
it('keeps no more places than twice those that are set and 64', () => {
  const timers = createTimers();
  const ran: number[] = [];
  for (let count = 0; count < 10_000; count += 1) {
    timers.set('moved', 7_200_000 + count, () => ran.push(count));
    timers.set(`cleared ${count}`, 7_200_000, () => ran.push(-1));
    timers.clear(`cleared ${count}`);
    timers.set(`kept ${count % 100}`, 7_200_000 - (count % 100), () => undefined);
    expect(timers.size()).toBeLessThanOrEqual(2 * 102 + 64);
  }
  expect(timers.next()).toBe(7_200_000 - 99);
  timers.run(8_000_000);
  expect([ran, timers.size()]).toEqual([[9999], 0]);
});

test.prop([
  fc.array(fc.tuple(fc.nat(20), fc.nat(100), fc.boolean()), { maxLength: 60 }),
  fc.nat(100),
])('runs, in order, exactly those that are due and not cleared', (steps, now) => {
  const timers = createTimers();
  const model = new Map<string, { at: number; order: number }>();
  const ran: string[] = [];
  for (const [order, [key, at, clear]] of steps.entries()) {
    const name = `${key}`;
    if (clear) {
      timers.clear(name);
      model.delete(name);
    } else {
      timers.set(name, at, () => ran.push(name));
      model.set(name, { at, order });
    }
  }
  const sorted = [...model].sort(([, a], [, b]) => a.at - b.at || a.order - b.order);
  expect(timers.next()).toBe(sorted[0]?.[1].at);
  timers.run(now);
  expect(ran).toEqual(sorted.filter(([, { at }]) => at <= now).map(([name]) => name));
});
