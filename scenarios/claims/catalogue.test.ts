import { describe, expect, it } from 'vitest';
import { claimById, claims, personOnly } from './catalogue.ts';
import { interpretations } from './interpretations.ts';
import { observations } from './observations.ts';

const languages = ['en', 'fr'] as const;

describe('the claims of the security target', () => {
  it('are all there, section by section', () => {
    const counts = Object.fromEntries(
      Map.groupBy(claims, (claim) => claim.section)
        .entries()
        .map(([section, members]) => [section, members.length]),
    );
    expect(counts).toEqual({
      '2.1': 9,
      '2.2': 7,
      '2.3': 3,
      '2.3.2': 1,
      '2.3.3': 2,
      '2.3.4': 1,
      '3.1': 4,
      '4': 4,
      '5.1': 13,
      '5.2': 7,
      '5.3': 2,
      '6.1': 5,
      '6.2': 6,
    });
    expect(claims).toHaveLength(64);
  });

  it('stand in the order of the sections, each a subsection after its section', () => {
    const sections = [...new Set(claims.map((claim) => claim.section))];
    expect(sections.slice(0, 7)).toEqual(['2.1', '2.2', '2.3', '2.3.2', '2.3.3', '2.3.4', '3.1']);
    expect(sections.slice(7)).toEqual(['4', '5.1', '5.2', '5.3', '6.1', '6.2']);
  });

  it('have letters without a gap inside each section', () => {
    for (const [section, members] of Map.groupBy(claims, (claim) => claim.section)) {
      const letters = members.map((_, index) => `${section}.${String.fromCodePoint(97 + index)}`);
      expect(members.map((claim) => claim.id)).toEqual(letters);
    }
  });

  it.each(claims)('$id says how it is shown, in both languages, with known readings', (claim) => {
    expect(claim.shownBy.length).toBeGreaterThan(0);
    expect(new Set(claim.shownBy).size).toBe(claim.shownBy.length);
    for (const language of languages) expect(claim.text[language].trim()).not.toBe('');
    expect(claim.text.fr).not.toBe(claim.text.en);
    const known = new Set(interpretations.map((entry) => entry.id));
    expect(claim.interpretations.filter((id) => !known.has(id))).toEqual([]);
  });

  it('name a reading whenever they are our own decision', () => {
    const ours = claims.filter((claim) => claim.basis === 'ours');
    expect(ours.map((claim) => [claim.id, claim.interpretations])).toEqual([['4.d', ['I-7']]]);
  });

  it('are found by id, and an unknown id finds nothing', () => {
    expect(claimById('5.1.j')?.interpretations).toContain('I-1');
    expect(claimById('5.1.z')).toBeUndefined();
    expect(new Set(claims.map((claim) => claim.id)).size).toBe(claims.length);
  });

  it('that only a person can judge are exactly four', () => {
    expect(personOnly.map((claim) => claim.id)).toEqual(['2.1.i', '2.3.b', '2.3.4.a', '6.1.e']);
  });
});

describe('the interpretation register', () => {
  it('holds I-1 to I-10, each with title and text in both languages', () => {
    const ids = Array.from({ length: 10 }, (_, index) => `I-${index + 1}`);
    expect(interpretations.map((entry) => entry.id)).toEqual(ids);
    for (const { title, text } of interpretations)
      for (const language of languages) {
        expect(title[language].length).toBeGreaterThan(5);
        expect(text[language].length).toBeGreaterThan(100);
      }
  });

  it('has no entry without a claim that rests on it', () => {
    const used = new Set(claims.flatMap((claim) => claim.interpretations));
    expect(interpretations.filter((entry) => !used.has(entry.id))).toEqual([]);
  });
});

describe('the observations', () => {
  it('are O1 to O19, in both languages', () => {
    const ids = Array.from({ length: 19 }, (_, index) => `O${index + 1}`);
    expect(observations.map((observation) => observation.id)).toEqual(ids);
    for (const { text } of observations)
      for (const language of languages) expect(text[language].length).toBeGreaterThan(40);
  });
});
