import { printable } from './text.ts';

/** Text of a markup language that is safe to insert as it is; only {@link markup} and {@link trusted} make it. */
export interface Markup {
  readonly safe: string;
}

/** What a template accepts: texts are escaped, lists are joined, null and false vanish. */
export type Insertion = Markup | string | number | null | false | readonly Insertion[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const insert = (value: Insertion): string => {
  if (value === null || value === false) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string')
    return printable(value).replace(/[&<>"']/g, (character) => escapes[character] ?? '');
  return 'safe' in value ? value.safe : value.map(insert).join('');
};

/** Template of HTML or XML: every inserted text is made printable and escaped, for content and quoted attributes alike. */
export const markup = (strings: TemplateStringsArray, ...values: readonly Insertion[]): Markup => ({
  safe: strings.map((text, index) => text + insert(values[index] ?? null)).join(''),
});

/** Declares a text of this program's own, never one from evidence, to be markup. */
export const trusted = (text: string): Markup => ({ safe: text });
