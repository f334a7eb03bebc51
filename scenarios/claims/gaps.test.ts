import { describe, expect, it } from 'vitest';
import { claims } from './catalogue.ts';
import { counteringOf, gapOf } from './gaps.ts';
import { threats } from './threats.ts';

const gapsOf = (of: typeof claims) =>
  counteringOf(of).flatMap((entry) => (gapOf(entry) === null ? [] : [entry.threat.id]));

describe('the threats', () => {
  it('that claims counter or reveal are all known, and each is countered by some claim', () => {
    const known = new Set(threats.map(({ id }) => id));
    const named = claims.flatMap(({ counters, reveals = [] }) => [...counters, ...reveals]);
    expect(named.filter((id) => !known.has(id))).toEqual([]);
    expect(new Set(named)).toEqual(known);
  });
});

describe('gaps in the target', () => {
  it('are the threat that no security function counters, with what is there instead', () => {
    expect(gapsOf(claims)).toEqual(['M2']);
    const gap = counteringOf()
      .map(gapOf)
      .find((found) => found !== null);
    expect(gap?.en).toContain('not claimed as one: 2.2.b; users may notice it: 5.2.e');
    expect(gap?.fr).toContain('2.2.b ; les utilisateurs');
  });

  it('follow from the data: a function that counters closes one, its loss opens one', () => {
    const closed = claims.map((claim) =>
      claim.id === '5.2.a' ? { ...claim, counters: ['M2' as const] } : claim,
    );
    expect(gapsOf(closed)).toEqual([]);
    const opened = claims.map((claim) =>
      claim.section.startsWith('5') ? { ...claim, counters: [] } : claim,
    );
    expect(gapsOf(opened)).toEqual(['M1', 'M2']);
  });

  it('stay open where only an implied claim of section 5 counters', () => {
    const implied = claims.map((claim) =>
      claim.id === '5.2.g' ? { ...claim, counters: ['M2' as const] } : claim,
    );
    expect(gapsOf(implied)).toEqual(['M2']);
  });
});
