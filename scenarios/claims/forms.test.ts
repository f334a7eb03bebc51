import { describe, expect, it } from 'vitest';
import { claimById, claims } from './catalogue.ts';
import { formId, forms } from './forms.ts';

const languages = ['en', 'fr'] as const;

describe('the forms for a person', () => {
  it('stand in the order of the claims, one for each that a person has a part in', () => {
    const ids = forms.map(({ claim }) => claim);
    const asked = claims.filter(({ shownBy }) => shownBy.includes('person')).map(({ id }) => id);
    expect(ids).toEqual(asked);
    expect(formId({ claim: '2.1.i' })).toBe('person/2.1.i');
  });

  it.each(forms)('$claim asks one question, with a reason and what to look at', (form) => {
    expect(claimById(form.claim)).toBeDefined();
    expect(form.lookAt.length).toBeGreaterThan(1);
    for (const language of languages) {
      expect(form.question[language]).toMatch(/\?$/);
      for (const text of [form.why, ...form.lookAt])
        expect(text[language].length).toBeGreaterThan(20);
    }
    for (const text of [form.why, form.question, ...form.lookAt]) expect(text.fr).not.toBe(text.en);
  });
});
