import { describe, expect, it } from 'vitest';
import { repertoire } from '../repertoire.ts';
import { notTriedX509 } from './not-applicable-x509.ts';

const rows = [
  ...Array.from({ length: 14 }, (_, place) => `X${place + 1}`),
  ...Array.from({ length: 12 }, (_, place) => `E${place + 1}`),
];

/** The rows that scenarios name in their ids, such as `attacks/X1-X2/impostor-server`. */
const tried = new Set(
  repertoire.scenarios.flatMap(({ id }) => {
    const [family, row] = id.split('/');
    return family === 'attacks' && row !== undefined ? row.split('-') : [];
  }),
);

describe('families X and E of the catalogue', () => {
  it('have a scenario in each row, but for what is the operator’s alone', () => {
    expect(rows.filter((row) => !tried.has(row))).toEqual(['E10']);
  });

  it('say in both languages what is not tried', () => {
    expect(notTriedX509.map(({ row }) => row)).toContain('E10');
    for (const { row, what, reason } of notTriedX509) {
      expect(rows).toContain(row);
      for (const text of [what, reason.en, reason.fr]) expect(text.length).toBeGreaterThan(10);
      expect(reason.fr).not.toBe(reason.en);
    }
  });
});
