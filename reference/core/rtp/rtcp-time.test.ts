import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { middleOf, ntpTime, roundTrip } from './rtcp-time.ts';
import type { ReportBlock } from './rtcp.ts';

const blockOf = (lastSenderReport: number, delaySinceLastSenderReport: number): ReportBlock => ({
  ssrc: 1,
  fractionLost: 0,
  cumulativeLost: 0,
  highestSequence: 0,
  jitter: 0,
  lastSenderReport,
  delaySinceLastSenderReport,
});

/** 10 November 1995, 11:33:36.5 UTC: the arrival in figure 2 of RFC 3550. */
const ARRIVAL = Date.UTC(1995, 10, 10, 11, 33, 36, 500);

describe('times of RTCP', () => {
  it('are those of figure 2 of RFC 3550: 6.125 s there and back', () => {
    expect(middleOf(ntpTime(ARRIVAL))).toBe(0xb710_8000);
    expect(ntpTime(Date.UTC(1995, 10, 10, 11, 33, 25, 125))).toEqual({
      ntpSeconds: 0xb44d_b705,
      ntpFraction: 0x2000_0000,
    });
    expect(roundTrip(blockOf(0xb705_2000, 0x0005_4000), ARRIVAL)).toBe(6125);
  });

  it.each([
    ['has had no report', 0, 0, null],
    ['answers before it was asked', 0xb710_9000, 0, null],
    ['is off by rounding', 0xb710_8001, 0, 0],
    ['would take longer than a minute', 0xb6d4_0000, 0, null],
  ])('tell of a peer that %s', (_, last, delay, expected) => {
    expect(roundTrip(blockOf(last, delay), ARRIVAL)).toBe(expected);
  });

  test.prop([fc.nat({ max: 2 ** 45 }), fc.nat({ max: 50_000 }), fc.nat({ max: 9_000 })])(
    'give the round trip to within 1 ms, at any time of any era',
    (sent, held, way) => {
      const block = blockOf(middleOf(ntpTime(sent)), Math.round(held * 65.536));
      if (block.lastSenderReport === 0) return;
      const delay = roundTrip(block, sent + held + way);
      expect(Math.abs((delay ?? NaN) - way)).toBeLessThan(1);
    },
  );
});
