import { describe, expect, it } from 'vitest';
import { english } from './en.ts';
import { french } from './fr.ts';
import { fill, preferredLanguage } from './language.ts';

const placeholders = (text: string): readonly string[] =>
  [...text.matchAll(/\{[a-z]+\}/g)].map(([name]) => name).toSorted();

describe('texts of the admin pages', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['fr', 'fr'],
    ['fr-CH, fr;q=0.9, en;q=0.8', 'fr'],
    ['en;q=0.5, FR;q=0.7', 'fr'],
    ['de, it', 'en'],
    ['fr;q=0, en', 'en'],
    ['fr;q=x', 'en'],
    ['de,fr;q=0.1', 'fr'],
  ])('Accept-Language %j gives %s', (header, language) =>
    expect(preferredLanguage(header)).toBe(language),
  );

  it('have the same keys and the same placeholders in both languages, and none is empty', () => {
    expect(Object.keys(french)).toEqual(Object.keys(english));
    for (const [key, text] of Object.entries(english)) {
      const other = french[key as keyof typeof english];
      expect(placeholders(other), key).toEqual(placeholders(text));
      expect(text.length * other.length, key).toBeGreaterThan(0);
    }
  });

  it('are filled once, so that a value cannot name another', () => {
    expect(fill('{a} {b} {c}', { a: '{b}', b: 2 })).toBe('{b} 2 {c}');
  });
});
