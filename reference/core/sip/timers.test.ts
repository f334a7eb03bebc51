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
