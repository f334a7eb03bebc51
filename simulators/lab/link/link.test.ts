import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createPacketLink, createStreamLink } from './link-model.ts';
import { createVirtualTime } from './virtual-time.ts';

const direction = fc.record({
  rate: fc.integer({ min: 8_000, max: 10_000_000 }),
  delay: fc.integer({ min: 0, max: 500 }),
  jitter: fc.integer({ min: 0, max: 200 }),
  loss: fc.double({ min: 0, max: 0.9, noNaN: true }),
});
const sizes = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 200 });
const seed = fc.nat();

const carried = (link: ReturnType<typeof createPacketLink>, packets: readonly number[]) =>
  packets.map((size, index) => link.carry(size, index * 20));

describe('a link', () => {
  test.prop([direction, seed, sizes])(
    'repeats itself for the same seed',
    (wanted, from, packets) => {
      expect(carried(createPacketLink(wanted, from), packets)).toEqual(
        carried(createPacketLink(wanted, from), packets),
      );
    },
  );

  test.prop([direction, seed, sizes])(
    'carries no packet before its delay, and none faster than its rate',
    (wanted, from, packets) => {
      const arrivals = carried(createPacketLink(wanted, from), packets);
      let busyUntil = 0;
      for (const [index, size] of packets.entries()) {
        busyUntil = Math.max(busyUntil, index * 20) + (size * 8000) / wanted.rate;
        const arrival = arrivals[index];
        if (arrival === undefined) continue;
        expect(arrival).toBeGreaterThanOrEqual(busyUntil + wanted.delay - 1e-6);
        expect(arrival).toBeLessThanOrEqual(busyUntil + wanted.delay + wanted.jitter + 1e-6);
      }
    },
  );

  test.prop([direction, seed, sizes])(
    'for a stream loses and reorders nothing',
    (wanted, from, packets) => {
      const arrivals = carried(createStreamLink(wanted, from), packets);
      expect(arrivals).not.toContain(undefined);
      expect(arrivals).toEqual(arrivals.toSorted((left, right) => (left ?? 0) - (right ?? 0)));
    },
  );

  it('loses the share it should', () => {
    const link = createPacketLink({ loss: 0.2 }, 7);
    const lost = Array.from({ length: 20_000 }, (_, at) => link.carry(50, at)).filter(
      (arrival) => arrival === undefined,
    ).length;
    expect(lost / 20_000).toBeCloseTo(0.2, 1);
    expect(createStreamLink({ loss: 1 }, 1).carry(1, 0)).toBeUndefined();
  });
});

describe('virtual time', () => {
  test.prop([fc.array(fc.nat(1000), { maxLength: 50 })])(
    'does everything once, in order of time and then of asking',
    (times) => {
      const time = createVirtualTime();
      const done: [number, number][] = [];
      for (const [index, at] of times.entries()) time.at(at, () => done.push([time.now(), index]));
      time.runUntil(1000);
      const expected = times
        .map((at, index): [number, number] => [at, index])
        .toSorted(([left, first], [right, second]) => left - right || first - second);
      expect(done).toEqual(expected);
      expect(time.next()).toBeUndefined();
    },
  );
});
