import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { addressKey, createRateLimit } from './rate-limit.ts';
import { normaliseNumber } from './telephone-number.ts';

describe('a limit of rates', () => {
  it('lets so many through at once, then evenly', () => {
    const limit = createRateLimit([{ count: 3, per: 60_000 }]);
    const take = (now: number): boolean => limit.take('a', now);
    expect([take(0), take(0), take(0), take(0)]).toEqual([true, true, true, false]);
    expect([take(19_999), take(20_000), take(20_000)]).toEqual([false, true, false]);
    expect([take(200_000), take(200_000), take(200_000), take(200_000)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(limit.take('b', 0)).toBe(true);
  });

  it('holds several rates together', () => {
    const limit = createRateLimit([
      { count: 2, per: 1000 },
      { count: 3, per: 86_400_000 },
    ]);
    const taken = [0, 0, 0, 1000, 2000, 3000].map((now) => limit.take('a', now));
    expect(taken).toEqual([true, true, false, true, false, false]);
  });

  test.prop([fc.array(fc.nat(5000), { maxLength: 200 }), fc.integer({ min: 1, max: 10 })])(
    'never lets more than twice the count through in any period',
    (gaps, count) => {
      const limit = createRateLimit([{ count, per: 10_000 }]);
      let now = 0;
      const passed = gaps.flatMap((gap) => {
        now += gap;
        return limit.take('a', now) ? [now] : [];
      });
      for (const time of passed) {
        const inPeriod = passed.filter((other) => other >= time && other < time + 10_000);
        expect(inPeriod.length).toBeLessThanOrEqual(2 * count);
      }
    },
  );

  it('stays within its memory: those beyond share one account, others keep theirs', () => {
    const limit = createRateLimit([{ count: 1, per: 60_000 }], 2);
    expect(['a', 'b', 'c', 'd', 'a'].map((key) => limit.take(key, 0))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    // Full accounts are forgotten, so there is room again.
    expect(['c', 'd', 'e'].map((key) => limit.take(key, 61_000))).toEqual([true, true, true]);
  });
});

describe('whom an address counts for', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0db8:0:0:ffff:1:2:3', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  test.prop([fc.ipV6()])('gives every IPv6 address four groups', (address) => {
    expect(addressKey(address)).toMatch(/^[0-9a-f]+(:[0-9a-f]+){3}::\/64$|^\d+\.\d+\.\d+\.\d+$/);
  });
});

describe('the one spelling of a number (E.164)', () => {
  it.each([
    ['+33612345678', '+33612345678'],
    ['+330612345678', '+33612345678'],
    ['+4915112345678', '+4915112345678'],
    ['+12025550123', '+12025550123'],
  ])('%s is %s', (text, number) => {
    expect(normaliseNumber(text)).toBe(number);
  });

  it.each([
    '',
    '+',
    '0612345678',
    '+33 612345678',
    '+33612345678\n',
    '+33612345678;ext=5',
    "+33612345678' OR '1'='1",
    '+33612345678\u0000',
    '＋33612345678',
    '+٣٣٦١٢٣٤٥٦٧٨',
    '+331',
    '+999123456789',
    '+1234567890123456',
    '+4300000000',
  ])('refuses %j', (text) => {
    expect(normaliseNumber(text)).toBeUndefined();
  });

  it.each(['+33899123456', '+19005550123', '+33800123456'])(
    'refuses the premium or free number %s',
    (text) => {
      expect(normaliseNumber(text)).toBeUndefined();
    },
  );

  test.prop([fc.string(), fc.stringMatching(/^\+[0-9]{1,16}$/)])(
    'takes any text',
    (text, digits) => {
      for (const input of [text, digits]) {
        const number = normaliseNumber(input);
        if (number !== undefined) expect(normaliseNumber(number)).toBe(number);
      }
    },
  );
});
