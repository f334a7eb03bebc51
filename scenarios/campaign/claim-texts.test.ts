import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../reports/model/run.ts';
import { runSchema } from '../../reports/model/run.ts';
import { makePlan } from './plan.ts';
import { claims } from '../claims/catalogue.ts';
import { claimTexts, formsOf, passagesFor } from './claim-texts.ts';
import { fakeScenario, repertoireOf, usualSelection } from './testing/fakes.ts';

const planOf = (...only: readonly string[]): Plan => {
  const scenarios = [fakeScenario('5.1/a'), fakeScenario('5.1/b', { claims: ['5.1.a'] })];
  const made = makePlan({ ...usualSelection, only }, repertoireOf(scenarios));
  if (!made.ok) throw new Error(made.error.code);
  return made.value;
};

describe('the texts of the catalogue in a run', () => {
  it.each(['en', 'fr'] as const)('are of the schema of run.json, in %s', (language) => {
    const texts = claimTexts(language);
    const { claims: claimList, interpretations, observations, threats, forms } = runSchema.shape;
    const shape = z.strictObject({
      claims: claimList,
      interpretations,
      observations,
      threats,
      forms,
    });
    const whole = { ...texts, forms: formsOf(planOf(), language) };
    expect(shape.parse(whole)).toEqual(whole);
    expect(texts.claims).toHaveLength(claims.length);
    expect(texts.observations).toHaveLength(19);
    expect(texts.interpretations).toHaveLength(10);
  });

  it('name the target’s gap in the language of the run', () => {
    const gapsIn = (language: 'en' | 'fr') =>
      claimTexts(language).threats.flatMap(({ id, gap }) => (gap === undefined ? [] : [id, gap]));
    expect(gapsIn('en')).toEqual(['M2', expect.stringContaining('no security function')]);
    expect(gapsIn('fr')).toEqual(['M2', expect.stringContaining('aucune fonction')]);
  });

  it('have references as a reader knows them', () => {
    const [first] = claimTexts('en').interpretations;
    expect(first?.references).toContain(
      'RFC 2104: HMAC: Keyed-Hashing for Message Authentication (1997)',
    );
  });
});

describe('the forms of a run', () => {
  const idsOf = (...only: readonly string[]) => formsOf(planOf(...only), 'fr').map(({ id }) => id);

  it('are all there in a run of the whole catalogue', () => {
    expect(idsOf()).toHaveLength(7);
    expect(formsOf(planOf(), 'fr')[0]?.question).toMatch(/^Toute la solution/);
  });

  it('are those of the claims asked for in another', () => {
    expect(idsOf('5.1.k')).toEqual([]);
    expect(idsOf('5.1.k', '2.1.i')).toEqual(['person/2.1.i']);
  });
});

describe('passages of the evaluator’s copy', () => {
  it('are those of sections that claims stand in', () => {
    const copy = '1 Identification\nx\n2.3.1 Hardware\ny\n5.1 Encryption\nz\n7 Glossary\nw\n';
    expect(passagesFor(copy)).toEqual([
      { section: '2.3.1', text: 'y' },
      { section: '5.1', text: 'z' },
    ]);
  });
});
