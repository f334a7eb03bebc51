import { english, type Texts } from './en.ts';
import { french } from './fr.ts';

/** Languages of the pages. */
export const languages = ['en', 'fr'] as const;

/** A language of the pages. */
export type Language = (typeof languages)[number];

/** The languages' own names. */
export const languageNames: Readonly<Record<Language, string>> = { en: 'English', fr: 'Français' };

const tables: Readonly<Record<Language, Texts>> = { en: english, fr: french };

/** The texts of a language. */
export const textsOf = (language: Language): Texts => tables[language];

/** The language of this tag, if it is one of the pages'. */
export const languageOf = (tag: string | undefined): Language | undefined =>
  languages.find((language) => language === tag);

/** The language that an Accept-Language header prefers (RFC 9110 section 12.5.4); English where it wants none of these. */
export const preferredLanguage = (header: string | undefined): Language => {
  const wanted = (header ?? '')
    .slice(0, 256)
    .split(',')
    .map((part) => {
      const [range, quality] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*q=/);
      const weight = quality === undefined ? 1 : Number(quality);
      return { language: languageOf(range?.split('-')[0]), weight };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((left, right) => right.weight - left.weight);
  return wanted.find(({ language }) => language !== undefined)?.language ?? 'en';
};

/** A text with its `{names}` replaced; the result is plain text, to be escaped as any other. */
export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{([a-z]+)\}/g, (whole, name: string) => String(values[name] ?? whole));
