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

type Separator = ',' | ';';

/** Offset of the first separator from `start` on that stands outside quoted strings and angle brackets, else the end. */
const endOfPart = (text: string, separator: Separator, start: number): number => {
  let quoted = false;
  let bracketed = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"' && !bracketed) quoted = true;
    else if (character === '<') bracketed = true;
    else if (character === '>') bracketed = false;
    else if (character === separator && !bracketed) return index;
  }
  return text.length;
};

/**
 * Splits at a separator that stands outside quoted strings and angle brackets (RFC 3261 section 7.3.1); parts are trimmed,
 * empty parts kept. An unclosed quotation or bracket runs to the end.
 */
export const splitOutside = (text: string, separator: Separator): readonly string[] => {
  if (!text.includes(separator)) return [trimBlanks(text)];
  const parts: string[] = [];
  let end = -1;
  do {
    const start = end + 1;
    end = endOfPart(text, separator, start);
    parts.push(start === end ? '' : trimBlanks(text.slice(start, end)));
  } while (end < text.length);
  return parts;
};

/** What stands behind the first value of a list that is not empty; undefined where there is none. */
export const behindFirstValue = (list: string): string | undefined => {
  for (let start = 0, end; start <= list.length; start = end + 1) {
    end = endOfPart(list, ',', start);
    if (start < end && trimBlanks(list.slice(start, end)) !== '')
      return trimBlanks(list.slice(end + 1));
  }
  return undefined;
};

/** RFC 3261 section 25.1, token. */
export const isToken = (text: string): boolean => /^[A-Za-z0-9\-.!%*_+`'~]+$/.test(text);
