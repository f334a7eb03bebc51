import { type Fault, fault, ok, type Result } from '../../result.ts';
import { parseHostPort } from './host.ts';
import { parameter, type Parameters, parseUriParameters } from './parameters.ts';

/** A sip: or sips: URI (RFC 3261 section 19.1). Nothing is decoded or normalised: `%2B` stays `%2B`. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** User part as written, without password. */
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: Parameters;
  /** Text behind `?`, as written. */
  readonly headers: string | undefined;
}

export type UriFaultCode =
  | 'sip/uri-character'
  | 'sip/uri-scheme'
  | 'sip/uri-user'
  | 'sip/uri-host'
  | 'sip/uri-headers'
  | 'sip/parameter';

const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/;
const PASSWORD = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*$/;
const HEADERS =
  /^(?:(?:[A-Za-z0-9\-_.!~*'()[\]/?:+$]|%[0-9A-Fa-f]{2})+=(?:[A-Za-z0-9\-_.!~*'()[\]/?:+$]|%[0-9A-Fa-f]{2})*(?:&(?=.)|$))+$/;

/** A host as URIs write it: an IPv6 address in brackets (RFC 3986 section 3.2.2). */
export const uriHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Reads a sip: or sips: URI; any other scheme is `sip/uri-scheme`. */
export const parseSipUri = (text: string): Result<SipUri, Fault<UriFaultCode>> => {
  const foreign = text.search(/[^\x21-\x7e]|[<>"]/);
  if (foreign !== -1) return fault('sip/uri-character', foreign);
  const scheme = /^(sips?):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') return fault('sip/uri-scheme', 0);
  const start = scheme.length + 1;
  const at = text.indexOf('@', start);
  const userInfo = at === -1 ? undefined : text.slice(start, at);
  const colon = userInfo?.indexOf(':') ?? -1;
  const user = colon === -1 ? userInfo : userInfo?.slice(0, colon);
  const password = colon === -1 ? '' : (userInfo?.slice(colon + 1) ?? '');
  if (user !== undefined && (!USER.test(user) || !PASSWORD.test(password)))
    return fault('sip/uri-user', start);
  const hostStart = at === -1 ? start : at + 1;
  const place = parseHostPort(text, hostStart, 'uri');
  if (place === undefined) return fault('sip/uri-host', hostStart);
  const question = text.indexOf('?', place.next);
  const parametersEnd = question === -1 ? text.length : question;
  const parameters = parseUriParameters(text.slice(0, parametersEnd), place.next);
  if (!parameters.ok) return parameters;
  const headers = question === -1 ? undefined : text.slice(question + 1);
  if (headers !== undefined && !HEADERS.test(headers))
    return fault('sip/uri-headers', question + 1);
  return ok({
    scheme,
    user,
    host: place.host,
    port: place.port,
    parameters: parameters.value,
    headers,
  });
};

/** User part of a SIP URI as written; undefined when there is none or the URI is not one. */
export const userOf = (uri: string): string | undefined => {
  const parsed = parseSipUri(uri);
  return parsed.ok ? parsed.value.user : undefined;
};

/** A contact as a Request-URI: without headers, which would name a Route or a body, and method (RFC 3261 section 19.1.1, table 1). */
export const asRequestUri = (uri: string): string => {
  const parsed = parseSipUri(uri);
  if (!parsed.ok) return uri;
  const { headers, parameters } = parsed.value;
  const bare = headers === undefined ? uri : uri.slice(0, -headers.length - 1);
  if (parameter(parameters, 'method') === undefined) return bare;
  const hostAt = bare.indexOf('@') + 1;
  return bare.slice(0, hostAt) + bare.slice(hostAt).replace(/;method(?:=[^;]*)?(?=;|$)/i, '');
};

/** Whether text is a telephone number as certificates name it: `+`, a digit 1-9, 1 to 14 digits. */
export const isNumber = (text: string): boolean => /^\+[1-9][0-9]{1,14}$/.test(text);
