import { describe, expect, it } from 'vitest';
import { claimById, claims, personOnly } from './catalogue.ts';
import { printedSection } from './claim.ts';
import { forms } from './forms.ts';
import { interpretations } from './interpretations.ts';
import { observations } from './observations.ts';
import { printedReference, references, type Reference } from './references.ts';
import { sections } from './sections.ts';

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

  it('that only a person or a real device can show are exactly six, each with a form', () => {
    const ids = personOnly.map((claim) => claim.id);
    expect(ids).toEqual(['2.1.i', '2.3.b', '2.3.c', '2.3.2.a', '2.3.4.a', '6.1.e']);
    expect(forms.map(({ claim }) => claim)).toEqual(expect.arrayContaining(ids));
  });

  it.each(claims)('$id has a place in the printed target', (claim) => {
    const known = sections.map(({ number }) => number);
    expect(known).toContain(printedSection(claim));
    expect(claim.paragraphs.length).toBeGreaterThan(0);
    expect(claim.paragraphs).toEqual([...new Set(claim.paragraphs)].toSorted((a, b) => a - b));
    expect(Math.min(...claim.paragraphs)).toBeGreaterThan(0);
    expect(Math.max(...claim.paragraphs)).toBeLessThan(6);
  });

  it('bind by the sections that promise, describe by those that describe', () => {
    const levelsOf = (chosen: (section: string) => boolean) => [
      ...new Set(claims.filter(({ section }) => chosen(section)).map(({ level }) => level)),
    ];
    expect(levelsOf((section) => /^[356]/.test(section))).toEqual(['binding']);
    expect(levelsOf((section) => section.startsWith('2.3'))).toEqual([
      'descriptive',
      'recommended',
    ]);
    expect(claims.filter(({ level }) => level === 'assumed').map(({ id }) => id)).toEqual([
      '4.c',
      '4.d',
    ]);
  });

  it('that are our own decision bind nobody', () => {
    const ours = claims.filter(({ basis }) => basis === 'ours');
    expect(ours.filter(({ level }) => level === 'binding')).toEqual([]);
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

describe('the registers', () => {
  const entries = [...interpretations, ...observations];

  it.each(entries)('$id is seen from 2014 and from now, with published references', (entry) => {
    for (const language of languages)
      for (const text of [entry.in2014[language], entry.now[language]])
        expect(text.length).toBeGreaterThan(20);
    expect(entry.in2014.fr).not.toBe(entry.in2014.en);
    expect(entry.now.fr).not.toBe(entry.now.en);
    expect(entry.references.length).toBeGreaterThan(0);
    expect(new Set(entry.references).size).toBe(entry.references.length);
  });

  it('cite every document of the list of references, each with a year', () => {
    const cited = new Set(entries.flatMap((entry) => entry.references));
    expect(Object.keys(references).filter((name) => !cited.has(name as Reference))).toEqual([]);
    for (const name of cited) expect(printedReference(name)).toMatch(/^.+: .+ \((19|20)\d\d\)$/);
  });

  it('cite every document that their texts name by number', () => {
    for (const { id, in2014, now, references: cited } of entries)
      for (const [, number] of `${in2014.en} ${now.en}`.matchAll(/\bRFC (\d{4})\b/g))
        expect(Object.keys(references), `${id}: ${cited.join(', ')}`).toContain(`RFC ${number}`);
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
