import { expect, it } from 'vitest';
import { repertoire } from '../repertoire.ts';
import { notApplicableTls } from './not-applicable-tls.ts';

const rows = Array.from({ length: 20 }, (_, index) => `T${index + 1}`);

it('every row of family T has a scenario of its own, or a reason in both languages', () => {
  const tried = new Set(
    repertoire.scenarios.flatMap(({ id }) => /^attacks\/([A-Z]\d+)\//.exec(id)?.[1] ?? []),
  );
  expect(rows.filter((row) => !tried.has(row))).toEqual([]);
  for (const { row, reason } of notApplicableTls) {
    expect(rows).toContain(row);
    expect(reason.en).not.toBe(reason.fr);
  }
});
