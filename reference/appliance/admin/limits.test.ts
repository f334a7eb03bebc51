import { describe, expect, it } from 'vitest';
import { createAddressLimit } from './limits.ts';

describe('the limit of an address', () => {
  it('grants the burst, then the rate, each address its own', () => {
    let now = 1000;
    const take = createAddressLimit(1, 2, () => now);
    expect([take('a'), take('a'), take('a'), take('b')]).toEqual([true, true, false, true]);
    now += 1000;
    expect([take('a'), take('a')]).toEqual([true, false]);
  });

  it('grants nothing more when the clock goes back', () => {
    let now = 10_000;
    const take = createAddressLimit(1, 1, () => now);
    expect(take('a')).toBe(true);
    now = 0;
    expect(take('a')).toBe(false);
    now = 9000;
    expect(take('a')).toBe(false);
  });

  it('remembers a bounded number of addresses', () => {
    const take = createAddressLimit(0.001, 1, () => 0);
    expect(take('first')).toBe(true);
    for (let index = 0; index < 1000; index += 1) take(`address ${index}`);
    expect(take('first')).toBe(true);
    expect(take('address 999')).toBe(false);
  });
});
