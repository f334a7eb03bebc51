import { expect, it } from 'vitest';
import { repertoire } from '../repertoire.ts';
import { notApplicableSignalling } from './not-applicable-signalling.ts';

const rows = [
  ...Array.from({ length: 12 }, (_, index) => `S${index + 1}`),
  ...Array.from({ length: 6 }, (_, index) => `P${index + 1}`),
];

it('every row of families S and P has a scenario, and what is left out of one a reason in both languages', () => {
  const tried = new Set(
    repertoire.scenarios.flatMap(({ id }) => /^attacks\/([A-Z]\d+)\//.exec(id)?.[1] ?? []),
  );
  expect(rows.filter((row) => !tried.has(row))).toEqual([]);
  for (const { row, reason } of notApplicableSignalling) {
    expect(rows).toContain(row);
    expect(reason.en).not.toBe(reason.fr);
  }
});
