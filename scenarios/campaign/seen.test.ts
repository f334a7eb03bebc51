import { expect, it } from 'vitest';
import { seenObservations } from './seen.ts';

const observed = (scenario: string, en: string, ...evidence: readonly string[]) => ({
  scenario,
  observations: [{ id: 'T5/x', text: { en, fr: `${en} (fr)` }, evidence }],
});

it('tells once what several scenarios saw alike, with the evidence of all', () => {
  const all = [
    observed('a', 'one', '1'),
    observed('b', 'two', '2'),
    observed('c', 'one', '1', '3'),
  ];
  expect(seenObservations(all, 'en')).toEqual([
    { id: 'T5/x', text: 'one', scenarios: ['a', 'c'], evidence: ['1', '3'] },
    { id: 'T5/x', text: 'two', scenarios: ['b'], evidence: ['2'] },
  ]);
  expect(seenObservations(all, 'fr').map(({ text }) => text)).toEqual(['one (fr)', 'two (fr)']);
  expect(seenObservations([], 'en')).toEqual([]);
});
