const visible = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\n' || character === '\t') return character;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
};

/**
 * Text as a report may show it: control, format (such as right-to-left marks), unassigned and private characters and lone
 * surrogates become visible signs, so that evidence can neither steer a terminal, nor break XML, nor hide a look-alike. Line
 * ends become line feeds; line feeds and tabs stay.
 */
export const printable = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, visible);

/** {@link printable}, on one line. */
export const oneLine = (text: string): string =>
  printable(text)
    .replace(/\s*[\n\t]\s*/g, ' ')
    .trim();
