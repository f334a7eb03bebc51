import { english } from './words-english.ts';
import { french } from './words-french.ts';

/** Languages of the screen. */
export const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];

/** Every text of the screen; what is between braces is put in by whoever shows it. */
export type Words = { readonly [Name in keyof typeof english]: string };

/** Names of the texts that explain a code. */
type Explained = Extract<keyof Words, `why ${string}`>;

const all: Readonly<Record<Language, Words>> = { en: english, fr: french };

/** The texts of a language. */
export const wordsOf = (language: Language): Words => all[language];

/** The first of a browser's languages that the screen has; English where it has none. */
export const languageOf = (wanted: readonly string[]): Language => {
  const isKnown = (tag: string): tag is Language => languages.some((known) => known === tag);
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find(isKnown) ?? 'en';
};

/** Codes that share their words with others. */
const families: readonly (readonly [RegExp, Explained])[] = [
  [/^csl\/(from-chain|issuer|certificate-form|key|key-identifier)$/, 'why chain'],
  [/^csl\/(identity|common-name)$/, 'why identity'],
  [/^csl\/(signature|tag|reflection|replay|dialog-certificate|public-value-.*)$/, 'why tampered'],
  [/^csl\/revocation-unavailable$/, 'why no status'],
  [/^csl\//, 'why agreement'],
  [/^sip\/(404|410|480)$/, 'why unreachable'],
  [/^sip\/(486|600)$/, 'why busy'],
  [/^sip\/603$/, 'why declined'],
  [/^sip\/(408|no-answer)$/, 'why no answer'],
  [/^sip\/403$/, 'why refused'],
  [/^sip\/488$/, 'why agreement'],
  [/^sip\/(connection-lost|peer-lost|expired|503|.*timeout)$/, 'why lost'],
  [/^sip\//, 'why failed'],
  [/^storage\/(missing-file|key-file|key-protection|certificate-file|chain)$/, 'why storage'],
  [/^tls\/(connect|handshake|deadline|aborted)$/, 'why network'],
  [/^tls\//, 'why server'],
  [/^network\//, 'why network'],
  [/^enrolment\/token-(expired|dead)$/, 'why token over'],
  [/^enrolment\//, 'why enrolment'],
  [/^(renewal|http|service|store)\//, 'why service'],
];

/** A code in plain words. */
export const reasonOf = (code: string, words: Words): string => {
  const own = `why ${code}`;
  if (own in words) return words[own as Explained];
  const family = families.find(([pattern]) => pattern.test(code));
  return words[family?.[1] ?? 'why unknown'];
};

/** A text with its gaps filled. */
export const fill = (text: string, gaps: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) => gaps[name] ?? '');
