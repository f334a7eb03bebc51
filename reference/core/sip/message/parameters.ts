import { type Fault, fault, ok, type Result } from '../../result.ts';

/** Parameters behind a header value, in order, as written; a quoted value keeps its quotes. */
export type Parameters = readonly (readonly [name: string, value: string | undefined])[];

/** RFC 3261 section 25.1, generic-param: blanks around `;` and `=`, values that are tokens, hosts or quoted strings. */
const HEADER_PARAMETER =
  /[ \t]*;[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)(?:[ \t]*=[ \t]*("(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[^\r\n\x80-\xff])*"|[A-Za-z0-9\-.!%*_+`'~:[\]]+))?/y;

/** RFC 3261 section 25.1, other-param of a URI: no blanks, no quotes, escapes by `%`. */
const URI_PARAMETER =
  /;((?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+)(?:=((?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+))?/y;

/** Parameters of one value at most: far above what anyone needs, and few enough to be looked through. */
const MAXIMUM = 64;

const readParameters = (
  text: string,
  from: number,
  pattern: RegExp,
): Result<Parameters, Fault<'sip/parameter'>> => {
  const parameters: (readonly [string, string | undefined])[] = [];
  const seen = new Set<string>();
  let offset = from;
  while (offset < text.length) {
    pattern.lastIndex = offset;
    const match = pattern.exec(text);
    const name = match?.[1];
    const excessive = parameters.length === MAXIMUM;
    if (match === null || name === undefined || excessive || seen.has(name.toLowerCase()))
      return fault('sip/parameter', offset);
    seen.add(name.toLowerCase());
    parameters.push([name, match[2]]);
    offset = pattern.lastIndex;
  }
  return ok(parameters);
};

/** Reads a header's `;name=value…` from an offset to the end, 64 at most; a name may stand once only (RFC 3261 section 7.3.1). */
export const parseParameters = (
  text: string,
  from: number,
): Result<Parameters, Fault<'sip/parameter'>> => readParameters(text, from, HEADER_PARAMETER);

/** Reads a URI's `;name=value…` from an offset to the end; a name may stand once only (RFC 3261 section 19.1.1). */
export const parseUriParameters = (
  text: string,
  from: number,
): Result<Parameters, Fault<'sip/parameter'>> => readParameters(text, from, URI_PARAMETER);

/** Value of a parameter by name, any case; null when it is there without a value. */
export const parameter = (parameters: Parameters, name: string): string | null | undefined => {
  const found = parameters.find(([candidate]) => candidate.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : (found[1] ?? null);
};

/** `;name=value…` */
export const formatParameters = (parameters: Parameters): string =>
  parameters
    .map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${value}`))
    .join('');
