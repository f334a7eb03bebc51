import { type Fault, fault, ok, type Result } from '../../result.ts';
import { isToken, trimBlanks } from './lists.ts';

/** One header as received or built. Text holds one character per byte (ISO 8859-1), so that nothing is lost. */
export interface SipHeader {
  /** As written, compact or not, in its own case. */
  readonly name: string;
  /** Folds replaced by one space, blanks at both ends removed. */
  readonly value: string;
  /** The whole header without its final CRLF: name, colon, value, folds. */
  readonly raw: string;
}

/** RFC 3261 section 7.3.3, and the registered compact forms of later RFCs. */
const COMPACT_FORMS: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

/** Names as they are usually written, so that most need no conversion. */
const USUAL_NAMES: ReadonlyMap<string, string> = new Map(
  `Accept Allow Call-ID Contact Content-Length Content-Type CSeq Expires From Max-Forwards Proxy-Require
   Record-Route Require Route Supported To User-Agent Via X-CSL-From X-CSL-From-Chain X-CSL-Info1 X-CSL-Info2`
    .split(/\s+/)
    .map((name) => [name, name.toLowerCase()]),
);

/** Lower case, the long form of a compact name (RFC 3261 section 7.3.3). */
export const canonicalName = (name: string): string => {
  const usual = USUAL_NAMES.get(name);
  if (usual !== undefined) return usual;
  const lower = name.toLowerCase();
  return lower.length === 1 ? (COMPACT_FORMS[lower] ?? lower) : lower;
};

/** The text of a header behind its colon as one line: each fold is one space, blanks at both ends go (RFC 3261 section 7.3.1). */
export const unfold = (text: string): string =>
  trimBlanks(text.includes('\r') ? text.split('\r\n').map(trimBlanks).join(' ') : text);

const parseHeader = (raw: string): SipHeader | undefined => {
  const colon = raw.indexOf(':');
  const name = trimBlanks(raw.slice(0, Math.max(colon, 0)));
  // A blank before the name would have made the line a fold; before the colon it is allowed (HCOLON).
  if (!isToken(name) || !raw.startsWith(name)) return undefined;
  return { name, value: unfold(raw.slice(colon + 1)), raw };
};

/** Value of Content-Length: any number of digits (RFC 3261 section 20.14), beyond 2^53 inexact; undefined for anything else. */
export const parseContentLength = (value: string): number | undefined =>
  /^\d+$/.test(value) ? Number(value) : undefined;

/** Offset of the first CR or LF that is not part of a CRLF, or -1. */
export const strayLineEnd = (text: string): number => text.search(/\r(?!\n)|(?<!\r)\n/);

/** The headers of the text after the start line; `base` is its offset in the message. */
export const parseHeaders = (
  text: string,
  base: number,
  maximum: number,
): Result<readonly SipHeader[], Fault<'sip/header' | 'sip/header-count'>> => {
  const headers: SipHeader[] = [];
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('\r\n', start);
    while (end !== -1 && (text[end + 2] === ' ' || text[end + 2] === '\t'))
      end = text.indexOf('\r\n', end + 2);
    if (end === -1) end = text.length;
    const header = parseHeader(text.slice(start, end));
    if (header === undefined) return fault('sip/header', base + start);
    if (headers.length === maximum) return fault('sip/header-count', base + start);
    headers.push(header);
    start = end + 2;
  }
  return ok(headers);
};

/** Text that cannot break out of its line: line ends and characters beyond one byte become spaces. */
export const oneLine = (text: string): string => text.replaceAll(/[\r\n\u0100-\uffff]+/g, ' ');

/** A header on one line, whatever the value. */
export const makeHeader = (name: string, value: string): SipHeader => {
  const safe = trimBlanks(oneLine(value));
  const safeName = isToken(name) ? name : 'X-Invalid';
  return { name: safeName, value: safe, raw: `${safeName}: ${safe}` };
};
