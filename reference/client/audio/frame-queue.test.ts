import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createFrameQueue } from './frame-queue.ts';

const frame = (value: number): Int16Array => new Int16Array(160).fill(value);

describe('a frame queue', () => {
  it('gives silence until its cushion is there, then frames in order', () => {
    const queue = createFrameQueue({ capacity: 4, cushion: 2 });
    queue.push(frame(1));
    expect(queue.next()[0]).toBe(0);
    queue.push(frame(2));
    expect([queue.next()[0], queue.next()[0], queue.next()[0]]).toEqual([1, 2, 0]);
    queue.push(frame(3));
    expect(queue.next()[0], 'it ran dry: the cushion comes first').toBe(0);
    expect(queue.counters()).toEqual({ taken: 3, dropped: 0, missed: 3 });
  });

  it('drops the oldest when its reader is late', () => {
    const queue = createFrameQueue({ capacity: 3, cushion: 1 });
    for (let value = 1; value <= 5; value += 1) queue.push(frame(value));
    expect([queue.next()[0], queue.next()[0], queue.next()[0]]).toEqual([3, 4, 5]);
    expect(queue.counters()).toEqual({ taken: 5, dropped: 2, missed: 0 });
  });

  it('forgets what it holds, and takes whole frames alone', () => {
    const queue = createFrameQueue({ capacity: 3, cushion: 1 });
    queue.push(frame(1));
    queue.clear();
    expect(queue.next()[0]).toBe(0);
    expect(() => queue.push(new Int16Array(159))).toThrow(/159 samples.*give 160/);
  });

  test.prop([fc.array(fc.boolean(), { maxLength: 200 })])(
    'never holds more than its capacity, and loses nothing uncounted',
    (steps) => {
      const queue = createFrameQueue({ capacity: 5, cushion: 2 });
      let given = 0;
      for (const [index, isPush] of steps.entries()) {
        if (isPush) queue.push(frame(index + 1));
        else if (queue.next()[0] !== 0) given += 1;
      }
      const { taken, dropped } = queue.counters();
      expect(taken - dropped - given).toBeGreaterThanOrEqual(0);
      expect(taken - dropped - given).toBeLessThanOrEqual(5);
    },
  );
});
