import { describe, expect, it } from 'vitest';
import { runVirtualDay } from './testing/virtual-day.ts';

const count = (log: readonly string[], text: RegExp): number =>
  log.filter((line) => text.test(line)).length;

describe('a day of two phones and a proxy in virtual time', () => {
  it('keeps the phones registered and lets them call, over a slow link with losses and lost connections', () => {
    const started = performance.now();
    const { log, held, messages } = runVirtualDay(1, 24, 40);
    const took = performance.now() - started;
    const lost = count(log, / connection lost$/);
    expect(lost).toBeGreaterThan(30);
    for (const number of ['33612345678', '33687654321'])
      expect(count(log, new RegExp(`\\+${number} \\{"kind":"registered"`))).toBeGreaterThanOrEqual(
        24,
      );
    expect(count(log, /proxy .*"kind":"call-started"/)).toBeGreaterThanOrEqual(22);
    expect(count(log, / acknowledged /)).toBeGreaterThanOrEqual(20);
    expect(count(log, / bye /)).toBeGreaterThanOrEqual(18);
    expect(count(log, /"kind":"call-started"/)).toBe(count(log, /"kind":"call-ended"/));
    expect(held).toBe(0);
    expect(messages).toBeGreaterThan(400);
    expect(took).toBeLessThan(2_000);
  });

  it('is the same, line by line, for the same seed, and another for another', () => {
    const first = runVirtualDay(7, 24, 40).log.join('\n');
    expect(runVirtualDay(7, 24, 40).log.join('\n')).toBe(first);
    expect(runVirtualDay(8, 24, 40).log.join('\n')).not.toBe(first);
  });
});
