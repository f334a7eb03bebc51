/** HTML that is safe to send as it is; only {@link html} makes it. */
export interface Html {
  readonly safe: string;
}

/** What a template accepts: texts are escaped, lists are joined, null and false vanish. */
export type Insertion = Html | string | number | null | false | readonly Insertion[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const visible = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20
    ? String.fromCodePoint(0x2400 + code)
    : `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
};

/** Text in which characters that control, format or hide (line ends and right-to-left marks too) are visible signs. */
export const printable = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, visible);

const insert = (value: Insertion): string => {
  if (value === null || value === false) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string')
    return printable(value).replace(/[&<>"']/g, (character) => escapes[character] ?? '');
  return 'safe' in value ? value.safe : value.map(insert).join('');
};

/** Template of HTML: every inserted text is made printable and escaped, for content and quoted attributes alike. */
export const html = (strings: TemplateStringsArray, ...values: readonly Insertion[]): Html => ({
  safe: strings.map((text, index) => text + insert(values[index] ?? null)).join(''),
});
