/** Characters of a text in the log. */
const maximumLength = 500;

/**
 * The second line of defence for the log's texts, whose first is that nobody gives it a secret: what looks like key material (PEM,
 * long base64 or hexadecimal), like a token of six digits that stands alone, or like the password of a URL is taken out; control
 * characters are escaped, so that nobody's text makes a line of its own. Numbers in E.164, serials and Call-IDs stay.
 */
export const scrub = (text: string): string =>
  text
    .slice(0, 4 * maximumLength)
    .replaceAll(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[PEM]')
    .replaceAll(/\/\/[^/\s@]*@/g, '//[account]@')
    // What begins with a slash is a path.
    .replaceAll(/(?<![\w/.+-])(?!\/)[A-Za-z0-9+/]{65,}={0,2}/g, '[key material]')
    .replaceAll(
      /(?<![\w/.+-])(?!\/)([0-9a-f]{64}|[A-Za-z0-9_-]{43}|[A-Za-z0-9+/]{40}(==)?|[A-Za-z0-9+/]{43}=)(?![\w/+=.-])/g,
      '[key material]',
    )
    .replaceAll(/(?<![\w+.:-])[0-9]{6}(?![\w.:-])/g, '[digits]')
    .replaceAll(
      /[\p{Cc}\u2028\u2029]/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .slice(0, maximumLength);
