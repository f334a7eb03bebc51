import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  acceptIndex,
  checkReplay,
  estimateIndex,
  INDEX_LIMIT,
  isKeyExpired,
  KEY_LIFETIME,
  newReplayWindow,
} from './packet-index.ts';

const at = (rollover: number, sequence: number): number => rollover * 2 ** 16 + sequence;

describe('packet index (RFC 3711 section 3.3.1)', () => {
  it.each([
    ['the first packet', null, 40000, at(0, 40000)],
    ['the next one', at(0, 7), 8, at(0, 8)],
    ['a wrap', at(0, 65535), 0, at(1, 0)],
    ['a loss across the wrap', at(0, 60000), 20000, at(1, 20000)],
    ['a late packet from before the wrap', at(1, 3), 65530, at(0, 65530)],
    ['a late packet of the upper half', at(5, 40000), 39000, at(5, 39000)],
    ['exactly 2^15 ahead from below', at(3, 1), 32769, at(3, 32769)],
    ['one more is behind', at(3, 1), 32770, at(2, 32770)],
    ['exactly 2^15 behind from above', at(3, 40000), 7232, at(3, 7232)],
    ['one more is ahead', at(3, 40000), 7231, at(4, 7231)],
    ['nothing before rollover counter 0', at(0, 100), 65000, at(0, 65000)],
    ['the end of the key', at(2 ** 32 - 1, 65535), 0, INDEX_LIMIT],
  ])('%s', (_, highest, sequence, expected) => {
    expect(estimateIndex(highest, sequence)).toBe(expected);
  });

  test.prop([
    fc.nat({ max: INDEX_LIMIT - 2 ** 16 }),
    fc.integer({ min: -(2 ** 15) + 1, max: 2 ** 15 - 1 }),
  ])('is right within 2^15 on either side', (highest, distance) => {
    const index = Math.max(highest + distance, 0);
    expect(estimateIndex(highest, index % 2 ** 16)).toBe(index);
  });
});

describe('replay window (RFC 3711 section 3.3.2)', () => {
  it('remembers 128 packets and no more', () => {
    const window = newReplayWindow();
    acceptIndex(window, 1000);
    expect(checkReplay(window, 1000)).toBe('replayed');
    expect(checkReplay(window, 873)).toBe('fresh');
    expect(checkReplay(window, 872)).toBe('too-old');
    acceptIndex(window, 1127);
    expect(checkReplay(window, 1000)).toBe('replayed');
    expect(checkReplay(window, 1001)).toBe('fresh');
    acceptIndex(window, 1128);
    expect(checkReplay(window, 1000)).toBe('too-old');
    expect(window.highest).toBe(1128);
  });

  it('keeps its highest index when an older packet arrives', () => {
    const window = newReplayWindow();
    acceptIndex(window, 50);
    acceptIndex(window, 40);
    expect(window.highest).toBe(50);
    expect(checkReplay(window, 40)).toBe('replayed');
    expect(checkReplay(window, 41)).toBe('fresh');
  });

  test.prop([fc.array(fc.nat({ max: 500 }), { maxLength: 200 })])(
    'agrees with a set of all that came',
    (indices) => {
      const window = newReplayWindow();
      const seen = new Set<number>();
      for (const index of indices) {
        const tooOld = seen.size > 0 && index <= Math.max(...seen) - 128;
        const expected = tooOld ? 'too-old' : seen.has(index) ? 'replayed' : 'fresh';
        expect(checkReplay(window, index)).toBe(expected);
        if (expected === 'fresh') {
          acceptIndex(window, index);
          seen.add(index);
        }
      }
    },
  );
});

describe('key lifetime (RFC 3711 section 9.2)', () => {
  it('is 2^48 packets of SRTP or 2^31 of SRTCP', () => {
    expect(KEY_LIFETIME).toEqual({ rtp: 281_474_976_710_656, rtcp: 2_147_483_648 });
  });

  it.each(['rtp', 'rtcp'] as const)('ends when %s reaches its limit', (protocol) => {
    const limits = { rtp: 2, rtcp: 2 };
    expect(isKeyExpired({ rtp: 1, rtcp: 1 }, limits)).toBe(false);
    expect(isKeyExpired({ rtp: 1, rtcp: 1, [protocol]: 2 }, limits)).toBe(true);
  });
});
