import { type Fault, fault, ok, type Result } from '../../result.ts';
import { trimBlanks } from './lists.ts';
import { parameter, type Parameters, parseParameters } from './parameters.ts';

/** A From, To, Contact, Route or Record-Route value (RFC 3261 section 20.10). */
export interface NameAddress {
  /** As written, quotes and escapes included; empty when there is none. */
  readonly displayName: string;
  /** The URI as written. */
  readonly uri: string;
  /** Header parameters, those behind the angle bracket. */
  readonly parameters: Parameters;
}

export type NameAddressFaultCode = 'sip/display-name' | 'sip/address' | 'sip/parameter';

const DISPLAY_NAME =
  /^(?:"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[^\r\n\x80-\xff])*"|[A-Za-z0-9\-.!%*_+`'~ \t]*)$/;
const URI_TEXT = /^[A-Za-z][A-Za-z0-9+\-.]*:[^\s<>"]+$/;

/** Offset of the bracket that opens the address, outside a quoted display name, or -1. */
const openingBracket = (text: string): number => {
  const quoted = /^[ \t]*"(?:[^"\\]|\\[\s\S])*"/.exec(text);
  return text.indexOf('<', quoted?.[0].length ?? 0);
};

/** Reads one value, with or without angle brackets; without them, parameters belong to the header (RFC 3261 section 20). */
export const parseNameAddress = (
  text: string,
): Result<NameAddress, Fault<NameAddressFaultCode>> => {
  const open = openingBracket(text);
  if (open === -1) {
    const semicolon = text.indexOf(';');
    const end = semicolon === -1 ? text.length : semicolon;
    const uri = trimBlanks(text.slice(0, end));
    if (!URI_TEXT.test(uri) || /[,?]/.test(uri)) return fault('sip/address', 0);
    const parameters = parseParameters(text, end);
    return parameters.ok ? ok({ displayName: '', uri, parameters: parameters.value }) : parameters;
  }
  const close = text.indexOf('>', open);
  const displayName = trimBlanks(text.slice(0, open));
  if (!DISPLAY_NAME.test(displayName)) return fault('sip/display-name', 0);
  const uri = close === -1 ? '' : text.slice(open + 1, close);
  if (!URI_TEXT.test(uri)) return fault('sip/address', open);
  const parameters = parseParameters(text, close + 1);
  return parameters.ok ? ok({ displayName, uri, parameters: parameters.value }) : parameters;
};

/** The tag parameter (RFC 3261 section 19.3); undefined when absent or empty. */
export const tagOf = (address: NameAddress): string | undefined =>
  parameter(address.parameters, 'tag') ?? undefined;
