/** Blanks of SIP's LWS inside one unfolded line. */
const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';

/** Removes spaces and tabs at both ends; linear in the length, unlike a regular expression anchored at the end. */
export const trimBlanks = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
};

/**
 * Splits at a separator that stands outside quoted strings and angle brackets (RFC 3261 section 7.3.1); parts are trimmed,
 * empty parts kept. An unclosed quotation or bracket runs to the end.
 */
export const splitOutside = (text: string, separator: ',' | ';'): readonly string[] => {
  if (!text.includes(separator)) return [trimBlanks(text)];
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"' && !bracketed) quoted = true;
    else if (character === '<') bracketed = true;
    else if (character === '>') bracketed = false;
    else if (character === separator && !bracketed) {
      parts.push(trimBlanks(text.slice(start, index)));
      start = index + 1;
    }
  }
  parts.push(trimBlanks(text.slice(start)));
  return parts;
};

/** RFC 3261 section 25.1, token. */
export const isToken = (text: string): boolean => /^[A-Za-z0-9\-.!%*_+`'~]+$/.test(text);
