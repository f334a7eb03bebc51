import { describe, expect, it } from 'vitest';
import { expiryAlarms, isDueForRenewal, lifetimes, type ExpiringThing } from './validity.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 10, 23);
const severity = (what: ExpiringThing, left: number): string | undefined =>
  expiryAlarms([{ what, expiresAt: now + left }], now)[0]?.severity;

describe('expiryAlarms', () => {
  it.each<[ExpiringThing, number, number]>([
    ['root', lifetimes.authority, 1095 * day],
    ['root-list', 90 * day, 30 * day],
    ['client-authority', 820 * day, 365 * day],
    ['server-authority', 487 * day, 198.5 * day],
    ['server-certificate', 30 * day, 7 * day],
  ])(
    'warns of a %s, then is critical, then says that it has expired',
    (what, warning, critical) => {
      expect(severity(what, warning + 1)).toBeUndefined();
      expect(severity(what, warning)).toBe('warning');
      expect(severity(what, critical + 1)).toBe('warning');
      expect(severity(what, critical)).toBe('critical');
      expect(severity(what, 1)).toBe('critical');
      expect(severity(what, 0)).toBe('expired');
    },
  );

  it('is silent at the beginning of every life', () => {
    const lives = { root: lifetimes.root, 'root-list': lifetimes.rootList } as const;
    expect(severity('root', lives.root)).toBeUndefined();
    expect(severity('root-list', lives['root-list'])).toBeUndefined();
    expect(severity('client-authority', lifetimes.authority)).toBeUndefined();
    expect(severity('server-certificate', lifetimes.server)).toBeUndefined();
  });

  it('puts the first to expire first and keeps names', () => {
    const alarms = expiryAlarms(
      [
        { what: 'root-list', expiresAt: now + 2 },
        { what: 'server-certificate', name: 'sip', expiresAt: now - 1 },
      ],
      now,
    );
    expect(alarms).toEqual([
      { what: 'server-certificate', name: 'sip', expiresAt: now - 1, severity: 'expired' },
      { what: 'root-list', expiresAt: now + 2, severity: 'critical' },
    ]);
  });
});

describe('isDueForRenewal', () => {
  it('begins with the last third', () => {
    const dates = { notBefore: 0, notAfter: 300 };
    expect([199, 200, 400].map((time) => isDueForRenewal(dates, time))).toEqual([
      false,
      true,
      true,
    ]);
  });
});
