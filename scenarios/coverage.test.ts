import { describe, expect, it } from 'vitest';
import { fakeScenario } from './campaign/testing/fakes.ts';
import { claims } from './claims/catalogue.ts';
import { coverageOf, targetGaps, withCoverageTable } from './coverage.ts';
import { repertoire } from './repertoire.ts';

const scenarios = [
  fakeScenario('5.1/x', { claims: ['5.1.k', '2.3.c'] }),
  fakeScenario('attacks/T1/x', { claims: ['5.1.k'] }),
];
const rowOf = (id: string) => coverageOf(scenarios).find(({ claim }) => claim.id === id);

describe('the coverage of the catalogue', () => {
  it('has a scenario or a form for every claim', () => {
    const bare = coverageOf(repertoire.scenarios)
      .filter(({ conformity, attacks }) => conformity.length + attacks.length === 0)
      .filter(({ form }) => form === undefined)
      .map(({ claim }) => claim.id);
    expect(bare).toEqual([]);
  });

  it('names no claim that the catalogue does not have', () => {
    const known = new Set(claims.map(({ id }) => id));
    const unknown = repertoire.scenarios.flatMap((scenario) =>
      scenario.claims.filter((claim) => !known.has(claim)).map((claim) => [scenario.id, claim]),
    );
    expect(unknown).toEqual([]);
  });

  it('keeps conformity, attacks, forms and device runs apart', () => {
    expect(rowOf('5.1.k')).toMatchObject({
      conformity: ['5.1/x'],
      attacks: ['attacks/T1/x'],
      device: false,
    });
    expect(rowOf('5.1.k')).not.toHaveProperty('form');
    expect(rowOf('2.3.c')).toMatchObject({
      conformity: ['5.1/x'],
      attacks: [],
      form: 'person/2.3.c',
      device: true,
    });
  });

  it('has the gaps of the target beside it', () => {
    expect(targetGaps().map(({ threat }) => threat)).toEqual(['M2']);
    expect(targetGaps([])).toEqual([]);
  });
});

describe('the coverage table of a page', () => {
  const page =
    'before\n<!-- coverage: npm run docs:coverage -->\nstale table\n<!-- end of coverage -->\nafter\n';
  const made = withCoverageTable(page, coverageOf(scenarios)) ?? '';

  it('stands between its markers, and is the same when made again', () => {
    expect(made).toMatch(/^before\n<!--[^\n]+-->\n\n2 of 64 claims have a scenario, 7 a form/);
    expect(made).toMatch(/\|\n\n<!-- end of coverage -->\nafter\n$/);
    expect(made).not.toContain('stale table');
    expect(withCoverageTable(made, coverageOf(scenarios))).toBe(made);
  });

  it('has a line for each claim, as wide as the others', () => {
    const lines = made.split('\n').filter((line) => line.startsWith('|'));
    expect(lines).toHaveLength(claims.length + 2);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines.find((line) => line.startsWith('| 5.1.k '))).toMatch(/\| 1 +\| 1 +\| +\|$/);
    expect(lines.find((line) => line.startsWith('| 2.3.c '))).toMatch(/\| form, device run \|$/);
  });

  it('is null where the markers are missing or the wrong way round', () => {
    expect(withCoverageTable('nothing', [])).toBeNull();
    const reversed = '<!-- end of coverage --><!-- coverage: npm run docs:coverage -->';
    expect(withCoverageTable(reversed, [])).toBeNull();
  });
});
