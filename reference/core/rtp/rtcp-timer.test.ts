import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  createRtcpTimer,
  deterministicInterval,
  randomInterval,
  type RtcpShare,
} from './rtcp-timer.ts';

const SHARE: RtcpShare = {
  members: 2,
  senders: 2,
  weSent: true,
  bandwidth: 440,
  averageSize: 128,
  initial: false,
};

const TWO = { members: 2, senders: 2, weSent: true };

const timerWith = (random: () => number) =>
  createRtcpTimer({ bandwidth: 440, probableSize: 100, random, startedAt: 0 });

/** Times of reports in milliseconds when asked every 20 ms. */
const reportsOf = (random: () => number, until: number): number[] => {
  const timer = timerWith(random);
  const times: number[] = [];
  for (let now = 0; now <= until; now += 20) if (timer.due(() => TWO, now)) times.push(now);
  return times;
};

describe('the interval of RTCP (RFC 3550 sections 6.2 and 6.3.1)', () => {
  it.each([
    ['of two parties is the minimum', SHARE, 5_000],
    ['is half the minimum before the first report', { ...SHARE, initial: true }, 2_500],
    [
      'shares the bandwidth among all where a quarter or more send',
      { ...SHARE, members: 100, senders: 50 },
      29_090.9,
    ],
    ['gives a few senders a quarter of it', { ...SHARE, members: 1000, senders: 100 }, 116_363.6],
    [
      'gives those who listen to a few three quarters',
      { ...SHARE, members: 1000, senders: 100, weSent: false },
      349_090.9,
    ],
  ])('%s', (_, share, expected) => {
    expect(deterministicInterval(share)).toBeCloseTo(expected, 0);
  });

  test.prop([fc.double({ min: 0, max: 1, noNaN: true })])(
    'is drawn from half to one and a half of that, compensated by e - 3/2',
    (random) => {
      const interval = randomInterval(SHARE, random);
      expect(interval).toBeGreaterThanOrEqual(2_500 / 1.218_29);
      expect(interval).toBeLessThanOrEqual(7_500 / 1.218_28);
    },
  );
});

describe('the timer of RTCP (RFC 3550 section 6.3)', () => {
  it('reports first after about 2 s, then every 4 to 5 s, however often it is asked', () => {
    const times = reportsOf(() => 0.5, 20_000);
    expect(times).toEqual([2_060, 6_180, 10_300, 14_420, 18_540]);
  });

  it('reconsiders when its time has come, and waits longer if by then the interval is', () => {
    const draws = [0, 1, 0.5, 0.5];
    const times = reportsOf(() => draws.shift() ?? 0.5, 4_000);
    // First drawn: 1,026 ms; then, reconsidered, 3,078 ms.
    expect(times).toEqual([3_080]);
  });

  it('averages 5 s over many reports, as the compensation intends for two members', () => {
    let state = 1;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const times = reportsOf(random, 3_600_000);
    const mean = (times.at(-1) ?? 0) / times.length;
    expect(mean).toBeGreaterThan(4_600);
    expect(mean).toBeLessThan(5_400);
  });

  it('reports sooner once others have left (section 6.3.4)', () => {
    const many = { members: 100, senders: 50, weSent: true };
    const timer = timerWith(() => 0.5);
    expect(timer.due(() => many, 40_000)).toBe(true);
    const interval = randomInterval({ ...SHARE, ...many }, 0.5);
    timer.left({ members: 10, senders: 5, weSent: true }, 41_000);
    const expected = 41_000 + (interval - 1_000) / 10;
    expect(timer.due(() => TWO, expected - 1)).toBe(false);
    // Reconsidered when it comes: a tenth of a second before the BYE, and an interval for two.
    expect(timer.due(() => TWO, 45_000)).toBe(false);
    expect(timer.due(() => TWO, 45_010)).toBe(true);
  });

  it('takes longer when packets are long', () => {
    const timer = timerWith(() => 0.5);
    const short = timer.interval({ ...TWO, members: 100, senders: 50 });
    for (let packet = 0; packet < 100; packet += 1) timer.packet(1_000);
    const long = timer.interval({ ...TWO, members: 100, senders: 50 });
    expect(short).toBeCloseTo((128_000 * 100) / 440, 0);
    expect(long).toBeCloseTo((1_028_000 * 100) / 440, -4);
  });
});
