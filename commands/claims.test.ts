import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claims } from '../scenarios/claims/catalogue.ts';
import { openBench, type Bench, type Ended } from './testing/cli.ts';

let bench: Bench;
let page: Ended;
let json: Ended;
beforeAll(async () => {
  bench = await openBench();
  [page, json] = await Promise.all([bench.run(['claims']), bench.run(['claims', '--json'])]);
});
afterAll(() => bench.close());

describe('discretio claims', () => {
  it('names the scenarios of each claim, and the form of one that a person judges as well', () => {
    expect(page).toMatchObject({ code: 0, stderr: '' });
    expect(page.stdout).toMatch(/^5\.1\.k +attacks\/T/m);
    expect(page.stdout).toMatch(/^2\.3\.c +for a person to judge$/m);
  });

  it('counts claims by kind, and says what rests on readings of ours', () => {
    expect(page.stdout).toMatch(/conformity scenario \d+, attack \d+, form 7, also a device run 4/);
    expect(page.stdout).toMatch(/^ {2}I-10 +The displayed identifier: 5\.2\.e$/m);
  });

  it('says what the target itself lacks', () => {
    expect(page.stdout).toMatch(
      /^Gaps in the target itself:\n {2}M2: no security function of section 5 counters it/m,
    );
  });
});

describe('discretio claims --json', () => {
  it('keeps its public shape: for each claim its id, its scenarios and its form, nothing else', () => {
    const printed: { claims: readonly object[] } = JSON.parse(json.stdout);
    expect(json).toMatchObject({ code: 0, stderr: '' });
    expect(printed.claims).toHaveLength(claims.length);
    const keys = new Set(printed.claims.map((claim) => Object.keys(claim).join(' ')));
    expect([...keys].filter((key) => !/^id scenarios( form)?$/.test(key))).toEqual([]);
  });

  it('has coverage, threats, gaps and registers beside it', () => {
    const printed: Record<string, unknown> = JSON.parse(json.stdout);
    expect(printed).toMatchObject({
      coverage: expect.arrayContaining([
        expect.objectContaining({
          id: '2.3.c',
          section: '2.3.1',
          level: 'recommended',
          conformity: [],
          attacks: [],
          device: true,
        }),
      ]),
      kinds: { conformity: expect.any(Number), attack: expect.any(Number), form: 7, device: 4 },
      threats: [
        { id: 'M1', functions: expect.arrayContaining(['5.1.b']) },
        { id: 'M2', functions: [], others: ['2.2.b'], revealedBy: ['5.2.e'] },
      ],
      gaps: [{ threat: 'M2', gap: expect.any(String) }],
      interpretations: expect.any(Array),
      observations: expect.any(Array),
    });
  });
});
