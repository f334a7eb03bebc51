import { type Fault, fault, ok, type Result } from '../result.ts';

/** Parameters behind a header value, in order, as written; a quoted value keeps its quotes. */
export type Parameters = readonly (readonly [name: string, value: string | undefined])[];

const PARAMETER =
  /[ \t]*;[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)(?:[ \t]*=[ \t]*("(?:[^"\\]|\\[\s\S])*"|[A-Za-z0-9\-.!%*_+`'~:[\]]+))?/y;

/** Reads `;name=value…` from an offset to the end; a name may stand once only (RFC 3261 section 7.3.1). */
export const parseParameters = (
  text: string,
  from: number,
): Result<Parameters, Fault<'sip/parameter'>> => {
  const parameters: (readonly [string, string | undefined])[] = [];
  const seen = new Set<string>();
  let offset = from;
  while (offset < text.length) {
    PARAMETER.lastIndex = offset;
    const match = PARAMETER.exec(text);
    const name = match?.[1];
    if (match === null || name === undefined || seen.has(name.toLowerCase()))
      return fault('sip/parameter', offset);
    seen.add(name.toLowerCase());
    parameters.push([name, match[2]]);
    offset = PARAMETER.lastIndex;
  }
  return ok(parameters);
};

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
