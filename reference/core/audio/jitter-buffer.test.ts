import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createJitterBuffer, type Playout } from './jitter-buffer.ts';
import { overNetwork, type NetworkOptions } from './testing/network.ts';

const packet = (number: number, stream = 0, first = 0) => ({
  stream,
  sequence: (first + number) % 2 ** 16,
  timestamp: ((first + number) * 160) % 2 ** 32,
  frame: number,
});

const shown = (playout: Playout<number>): number | string =>
  playout.kind === 'frame' ? playout.frame : playout.kind;

type Buffer = ReturnType<typeof createJitterBuffer<number>>;

/** What is played at each tick from 10 ms after `from` on. */
const listen = (buffer: Buffer, from: number, ticks: number): (number | string)[] =>
  Array.from({ length: ticks }, (_, tick) => shown(buffer.next(from + 10 + tick * 20)));

/** Packets that come 20 ms apart, each played 10 ms after the next one came. */
const converse = (buffer: Buffer, numbers: readonly number[], from = 0): (number | string)[] =>
  numbers.map((number, index) => {
    const now = from + index * 20;
    if (number >= 0) buffer.insert(packet(number), now);
    return shown(buffer.next(now + 10));
  });

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the jitter buffer', () => {
  it('plays nothing before the first packet, then each 20 ms one, one packet behind', () => {
    const buffer = createJitterBuffer<number>();
    expect(listen(buffer, 0, 3)).toEqual(['idle', 'idle', 'idle']);
    expect(converse(buffer, range(0, 5), 100)).toEqual(['idle', 0, 1, 2, 3, 4]);
  });

  it('puts a pair that changed places in order, and conceals what is lost', () => {
    const buffer = createJitterBuffer<number>();
    expect(converse(buffer, [0, 1, 3, 2, 4, -1, 6, 7])).toEqual([
      'idle',
      0,
      1,
      2,
      3,
      4,
      'conceal',
      6,
    ]);
    expect(buffer.counters()).toMatchObject({ late: 0, concealed: 1, played: 6, kept: 1 });
  });

  it('refuses a second packet for one time, and one whose turn is over', () => {
    const buffer = createJitterBuffer<number>();
    converse(buffer, range(0, 5));
    expect(buffer.insert(packet(5), 111)).toBe('duplicate');
    expect(buffer.insert(packet(3), 111)).toBe('late');
    expect(buffer.insert(packet(6), 111)).toBe('kept');
    expect(buffer.counters()).toMatchObject({ late: 1, duplicates: 1 });
  });

  it('goes on through the wraps of sequence number and time stamp', () => {
    const buffer = createJitterBuffer<number>();
    const first = 2 ** 32 / 160 - 5.3;
    const played = range(0, 20).map((number) => {
      const sequence = (65_530 + number) % 2 ** 16;
      const timestamp = (first * 160 + number * 160) % 2 ** 32;
      buffer.insert({ stream: 0, sequence, timestamp, frame: number }, number * 20);
      return shown(buffer.next(number * 20 + 10));
    });
    expect(played).toEqual(['idle', ...range(0, 19)]);
  });

  it('conceals 200 ms of a long gap, is idle then, and plays on when audio comes again', () => {
    const buffer = createJitterBuffer<number>();
    converse(buffer, range(0, 9));
    const gap = listen(buffer, 200, 500);
    expect(gap.slice(0, 12)).toEqual([9, ...Array<string>(10).fill('conceal'), 'idle']);
    expect(new Set(gap.slice(11))).toEqual(new Set(['idle']));
    // 10 s later, the sender's clock having gone on meanwhile, and then not.
    expect(converse(buffer, range(510, 513), 10_200)).toEqual(['idle', 510, 511, 512]);
    listen(buffer, 10_280, 100);
    expect(converse(buffer, range(514, 517), 20_000)).toEqual(Array<string>(4).fill('idle'));
  });

  it('takes up a sender whose clock stood still, after half a second', () => {
    const buffer = createJitterBuffer<number>();
    converse(buffer, range(0, 9));
    listen(buffer, 200, 100);
    const played = converse(buffer, range(10, 60), 20_000);
    expect(played.filter((one) => typeof one === 'number').length).toBeGreaterThan(20);
    expect(played.at(-1)).toBe(59);
  });

  it('takes up a sender whose time stamps jump ahead, at once', () => {
    const buffer = createJitterBuffer<number>();
    converse(buffer, range(0, 9));
    const jump = (number: number) => ({ ...packet(number), timestamp: 1_000_000 + number * 160 });
    const played = range(10, 15).map((number) => {
      buffer.insert(jump(number), number * 20);
      return shown(buffer.next(number * 20 + 10));
    });
    expect(played).toEqual(['idle', 10, 11, 12, 13, 14]);
    expect(buffer.insert({ ...packet(9), timestamp: 3_000_000 }, 320)).toBe('late');
  });

  it('begins anew with a new stream, and plays none of the old one any more', () => {
    const buffer = createJitterBuffer<number>();
    converse(buffer, range(0, 9));
    expect(buffer.insert(packet(0, 1, 40_000), 200)).toBe('kept');
    expect(buffer.insert(packet(10), 201)).toBe('late');
    buffer.insert(packet(1, 1, 40_000), 220);
    expect(listen(buffer, 220, 2)).toEqual([0, 1]);
    expect(buffer.counters()).toMatchObject({ dropped: 1, late: 1 });
  });

  it('leaps to now after this phone stood still, and does not stay behind', () => {
    const buffer = createJitterBuffer<number>();
    converse(buffer, range(0, 9));
    for (const number of range(10, 59)) buffer.insert(packet(number), number * 20);
    expect(listen(buffer, 1_180, 3)).toEqual([58, 59, 'conceal']);
  });

  it('shrinks by a frame in half a second at most, after this phone stood still for less', () => {
    const buffer = createJitterBuffer<number>();
    converse(buffer, range(0, 9));
    for (const number of range(10, 24)) buffer.insert(packet(number), number * 20);
    const played = converse(buffer, range(25, 400), 500);
    const skipped = played.flatMap((one, index) =>
      typeof one === 'number' && one - Number(played[index - 1]) === 2 ? [index] : [],
    );
    expect(played.slice(0, 2)).toEqual([9, 10]);
    expect(skipped.length).toBe(14);
    expect(skipped.slice(1).every((one, index) => one - (skipped[index] ?? 0) === 25)).toBe(true);
  });

  it('grows by a frame in a tenth of a second at most, where there are frames to play', () => {
    const buffer = createJitterBuffer<number>();
    const arrivals = range(0, 399)
      .map((number) => ({ number, at: number * 20 + (number % 25 === 24 ? 150 : 0) }))
      .toSorted((left, right) => left.at - right.at);
    const played: (number | string)[] = [];
    for (let tick = 10; tick < 8_000; tick += 20) {
      while ((arrivals[0]?.at ?? Infinity) <= tick) {
        const { number = 0, at = 0 } = arrivals.shift() ?? {};
        buffer.insert(packet(number), at);
      }
      played.push(shown(buffer.next(tick)));
    }
    const concealed = played.flatMap((one, index) => (one === 'conceal' ? [index] : []));
    expect(buffer.counters()).toMatchObject({ delay: 160, late: 1 });
    // The last but one is the next frame that is late itself: waiting for it grows the delay at once.
    expect(concealed).toEqual([25, 31, 36, 41, 46, 51, 55, 60]);
  });

  it('takes a path that has become much longer as it is', () => {
    const buffer = createJitterBuffer<number>();
    converse(buffer, range(0, 9));
    listen(buffer, 200, 40);
    // From the eleventh on each packet takes 800 ms longer; those of the gap that was concealed are late.
    const played = converse(buffer, range(10, 60), 1_000);
    // Having seen so late ones it waits 200 ms, and no more.
    expect(played.filter((one) => one !== 'idle')).toEqual(range(20, 50));
    expect(buffer.counters()).toMatchObject({ late: 10, dropped: 0, concealed: 10 });
  });

  it('keeps 64 frames, and begins anew with one further ahead', () => {
    const buffer = createJitterBuffer<number>();
    for (const number of range(0, 63)) buffer.insert(packet(number), 0);
    expect(buffer.counters().kept).toBe(64);
    buffer.insert(packet(64), 0);
    expect(buffer.counters()).toMatchObject({ kept: 1, dropped: 64 });
    expect(buffer.insert(packet(63), 0)).toBe('late');
  });

  it('plays nothing that its sequence number puts before what was played', () => {
    const buffer = createJitterBuffer<number>();
    const arrivals = [packet(5), { ...packet(4), timestamp: 6 * 160 }, packet(7), packet(8)];
    const played = arrivals.map((one, index) => {
      buffer.insert(one, index * 20);
      return shown(buffer.next(index * 20 + 10));
    });
    expect(played).toEqual(['idle', 5, 'conceal', 7]);
    expect(buffer.insert({ ...packet(7), timestamp: 500_000 }, 100)).toBe('late');
  });

  it('grows when packets begin to vary, and shrinks again once they do not', () => {
    const buffer = createJitterBuffer<number>();
    const delays: number[] = [];
    const arrivals = range(0, 5_999).map((number) => {
      const varies = number >= 1_000 && number < 2_000;
      return { number, at: number * 20 + (varies ? (number * 37) % 100 : 0) };
    });
    arrivals.sort((left, right) => left.at - right.at);
    let tick = 10;
    for (const { number, at } of arrivals) {
      for (; tick <= at; tick += 20) {
        const playout = buffer.next(tick);
        if (playout.kind === 'frame') delays[playout.frame] = tick - playout.frame * 20;
      }
      buffer.insert(packet(number), at);
    }
    // Back to within two frames of 20 ms; nearer it would grow again at the next flutter.
    expect([delays[900], delays[1_900], delays[5_900]]).toEqual([30, 110, 50]);
    // Not two within 500 ms.
    const shrinks = delays.flatMap((delay, number) =>
      delay < (delays.slice(0, number).findLast((one) => one !== undefined) ?? 0) ? [number] : [],
    );
    expect(shrinks.length).toBeGreaterThanOrEqual(3);
    expect(shrinks.slice(1).every((one, index) => one - (shrinks[index] ?? 0) >= 25)).toBe(true);
  });
});

const inserted = fc.record({
  wait: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 100_000 })),
  ticks: fc.nat({ max: 4 }),
  stream: fc.oneof(fc.constant(0), fc.nat({ max: 2 })),
  number: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 2 ** 15 - 1 })),
  shift: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 })),
});

describe('whatever arrives', () => {
  test.prop([fc.array(inserted, { maxLength: 200, size: 'max' }), fc.nat({ max: 2 ** 16 - 1 })])(
    'no frame is played out of order or twice, and at most 64 are held',
    (steps, first) => {
      const buffer = createJitterBuffer<number>();
      let now = 0;
      let last: { stream: number; frame: number } | null = null;
      let played = 0;
      let kept = 0;
      for (const { wait, ticks, stream, number, shift } of steps) {
        const sequence = (first + number) % 2 ** 16;
        now += wait;
        const timestamp = (((number * 160 + shift) % 2 ** 32) + 2 ** 32) % 2 ** 32;
        if (buffer.insert({ stream, sequence, timestamp, frame: number }, now) === 'kept')
          kept += 1;
        expect(buffer.counters().kept).toBeLessThanOrEqual(64);
        for (let tick = 0; tick < ticks; tick += 1) {
          now += 20;
          const playout = buffer.next(now);
          if (playout.kind !== 'frame') continue;
          played += 1;
          if (last?.stream === playout.stream) expect(playout.frame).toBeGreaterThan(last.frame);
          else expect(playout.stream).toBeGreaterThan(last?.stream ?? -1);
          last = playout;
        }
      }
      const counters = buffer.counters();
      expect(counters.played).toBe(played);
      expect(counters.played + counters.dropped + counters.kept).toBe(kept);
    },
  );

  test.prop([
    fc.array(fc.record({ at: fc.nat({ max: 5_000 }), number: fc.nat({ max: 100 }) }), {
      maxLength: 150,
    }),
  ])('of one honest stream, in any order and time, comes in order', (arrivals) => {
    const buffer = createJitterBuffer<number>();
    const ordered = arrivals.toSorted((left, right) => left.at - right.at);
    const played: number[] = [];
    for (let tick = 0; tick < 7_000; tick += 20) {
      while (ordered[0] !== undefined && ordered[0].at <= tick) {
        const { at, number } = ordered.shift() ?? { at: 0, number: 0 };
        buffer.insert(packet(number), at);
      }
      const playout = buffer.next(tick);
      if (playout.kind === 'frame') played.push(playout.frame);
    }
    expect(played).toEqual([...new Set(played)].toSorted((left, right) => left - right));
  });
});

const NETWORK: NetworkOptions = {
  jitter: 0,
  loss: 0,
  drift: 0,
  reorders: true,
  seconds: 60,
  seed: 7,
};

const networks = [0, 20, 60, 120].flatMap((jitter) =>
  [0, 0.05, 0.2].flatMap((loss) =>
    [true, false].map((reorders) => ({ ...NETWORK, jitter, loss, reorders })),
  ),
);

describe('over a network in virtual time', () => {
  it.each(networks)(
    'of $jitter ms jitter, $loss loss, reordering $reorders: 1 % late at most, 60 ms delay beyond the jitter at most',
    (network) => {
      const { counters, arrived, meanDelay, maximumDelay, outOfOrder, maximumKept } =
        overNetwork(network);
      expect(outOfOrder).toBe(0);
      expect((counters.late + counters.dropped) / arrived).toBeLessThan(0.01);
      expect(meanDelay).toBeLessThanOrEqual(Math.max(network.jitter, 20) + 40);
      expect(maximumDelay).toBeLessThanOrEqual(Math.max(network.jitter, 20) + 60);
      expect(maximumKept).toBeLessThanOrEqual(12);
      // Every frame that did not come is concealed, and hardly another.
      const missing = network.seconds * 50 - arrived;
      expect(counters.concealed).toBeGreaterThanOrEqual(missing);
      expect(counters.concealed).toBeLessThanOrEqual(missing + network.seconds / 2 + 10);
    },
  );

  it.each([-100, 100])('follows clocks that drift by %i ppm for an hour', (drift) => {
    const outcome = overNetwork({ ...NETWORK, drift, jitter: 20, seconds: 3_600 });
    const { counters, arrived, meanDelay, maximumDelay } = outcome;
    // 360 ms in an hour are 18 frames, which are passed over or made up for.
    expect(counters.late + counters.dropped).toBeLessThanOrEqual(25);
    expect(counters.concealed).toBeLessThanOrEqual(40);
    expect(arrived).toBe(180_000);
    expect(meanDelay).toBeLessThanOrEqual(60);
    expect(maximumDelay).toBeLessThanOrEqual(80);
    expect(outcome.outOfOrder).toBe(0);
  });
});
