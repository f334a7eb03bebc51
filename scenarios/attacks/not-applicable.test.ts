import { describe, expect, it } from 'vitest';
import { repertoire } from '../repertoire.ts';
import { notTried } from './not-applicable.ts';

/** Rows of the families whose every row has a scenario. */
const rows = [
  ...Array.from({ length: 14 }, (_, place) => `K${place + 1}`),
  ...Array.from({ length: 11 }, (_, place) => `R${place + 1}`),
];

/** The rows that scenarios name in their ids, such as `attacks/R5-R6/keystream`. */
const tried = new Set(
  repertoire.scenarios.flatMap(({ id }) => {
    const [family, row] = id.split('/');
    return family === 'attacks' && row !== undefined ? row.split('-') : [];
  }),
);

describe('the catalogue of attacks', () => {
  it.each(rows)('%s has a scenario', (row) => {
    expect(tried).toContain(row);
  });

  it('says in both languages what is not tried of a row that it knows', () => {
    for (const { row, what, reason } of notTried) {
      expect(tried).toContain(row);
      for (const text of [what, reason.en, reason.fr]) expect(text.length).toBeGreaterThan(10);
      expect(reason.fr).not.toBe(reason.en);
    }
  });
});
