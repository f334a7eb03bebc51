import { concat, fromLatin1, latin1 } from '../../bytes.ts';
import { type Fault, fault, ok, type Result } from '../../result.ts';
import {
  canonicalName,
  makeHeader,
  oneLine,
  parseContentLength,
  parseHeaders,
  type SipHeader,
  strayLineEnd,
} from './header-lines.ts';
import { behindFirstValue, splitOutside } from './lists.ts';

export type { SipHeader } from './header-lines.ts';

interface Common {
  readonly version: string;
  readonly headers: readonly SipHeader[];
  readonly body: Uint8Array;
}

/** RFC 3261 section 7.1. */
export interface SipRequest extends Common {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
}

/** RFC 3261 section 7.2. */
export interface SipResponse extends Common {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

export type MessageFaultCode =
  | 'sip/too-large'
  | 'sip/head-end'
  | 'sip/line-end'
  | 'sip/start-line'
  | 'sip/header'
  | 'sip/header-count'
  | 'sip/content-length';

export interface MessageLimits {
  /** Greatest size of a message in bytes, body included. */
  readonly maximumBytes?: number;
  readonly maximumHeaders?: number;
}

export const DEFAULT_MAXIMUM_BYTES = 65_536;
const DEFAULT_MAXIMUM_HEADERS = 256;

/** The Request-URI may be of any scheme, in the characters of RFC 3261 section 25.1 (uric) and IPv6 brackets; never in `<>`. */
const REQUEST_LINE =
  /^([A-Za-z0-9\-.!%*_+`'~]+) ([A-Za-z][A-Za-z0-9+\-.]*:(?:[A-Za-z0-9\-_.!~*'();/?:@&=+$,[\]]|%[0-9A-Fa-f]{2})+) (SIP\/\d+\.\d+)$/i;
const STATUS_LINE = /^(SIP\/\d+\.\d+) ([1-6]\d\d) ([^\r\n]*)$/i;

type Start =
  | Pick<SipRequest, 'kind' | 'method' | 'uri' | 'version'>
  | Pick<SipResponse, 'kind' | 'status' | 'reason' | 'version'>;

const parseStartLine = (line: string): Start | undefined => {
  const status = STATUS_LINE.exec(line);
  if (status) {
    const [, version = '', code = '', reason = ''] = status;
    return { kind: 'response', version, status: Number(code), reason };
  }
  const request = REQUEST_LINE.exec(line);
  if (!request) return undefined;
  const [, method = '', uri = '', version = ''] = request;
  return { kind: 'request', method, uri, version };
};

/**
 * Number of body bytes that a message announces: undefined without Content-Length, a fault when it is repeated or not a
 * decimal number (RFC 3261 section 20.14). `base` is the offset of the first header.
 */
const announcedLength = (
  headers: readonly SipHeader[],
  base: number,
): Result<number | undefined, Fault<'sip/content-length'>> => {
  let length: number | undefined;
  let offset = base;
  for (const { name, value, raw } of headers) {
    if (canonicalName(name) === 'content-length') {
      const announced = parseContentLength(value);
      if (announced === undefined || length !== undefined)
        return fault('sip/content-length', offset);
      length = announced;
    }
    offset += raw.length + 2;
  }
  return ok(length);
};

/**
 * Reads one whole message (RFC 3261 section 7), keeping every byte: {@link serialize} gives them back. Only what any message
 * needs is checked here; headers are checked where they are used. Offsets are bytes from the message's beginning.
 */
export const parseMessage = (
  bytes: Uint8Array,
  limits: MessageLimits = {},
): Result<SipMessage, Fault<MessageFaultCode>> => {
  const maximum = limits.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
  if (bytes.length > maximum) return fault('sip/too-large', maximum);
  const text = latin1(bytes);
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return fault('sip/head-end', bytes.length);
  const head = text.slice(0, headEnd);
  const stray = strayLineEnd(head);
  if (stray !== -1) return fault('sip/line-end', stray);
  const lineEnd = head.indexOf('\r\n');
  const start = parseStartLine(lineEnd === -1 ? head : head.slice(0, lineEnd));
  if (start === undefined) return fault('sip/start-line', 0);
  const headers =
    lineEnd === -1
      ? ok([])
      : parseHeaders(
          head.slice(lineEnd + 2),
          lineEnd + 2,
          limits.maximumHeaders ?? DEFAULT_MAXIMUM_HEADERS,
        );
  if (!headers.ok) return headers;
  const body = bytes.slice(headEnd + 4);
  const announced = announcedLength(headers.value, lineEnd + 2);
  if (!announced.ok) return announced;
  if (announced.value !== undefined && announced.value !== body.length)
    return fault('sip/content-length', headEnd + 4);
  return ok({ ...start, headers: headers.value, body });
};

/** The bytes of a message; those received, if it was not changed. */
export const serialize = (message: SipMessage): Uint8Array => {
  const startLine =
    message.kind === 'request'
      ? `${message.method} ${message.uri} ${message.version}`
      : `${message.version} ${message.status} ${message.reason}`;
  const lines = [startLine, ...message.headers.map(({ raw }) => raw), '', ''];
  return concat(fromLatin1(lines.join('\r\n')), message.body);
};

/** Name and value pairs, in the order in which they are sent. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** A new request with Content-Length. */
export const makeRequest = (
  method: string,
  uri: string,
  headers: HeaderPairs,
  body: Uint8Array = new Uint8Array(),
): SipRequest =>
  withBody(
    {
      kind: 'request',
      method,
      uri: oneLine(uri).replaceAll(' ', ''),
      version: 'SIP/2.0',
      headers: headers.map(([name, value]) => makeHeader(name, value)),
      body,
    },
    body,
  );

/** A new response with Content-Length; headers taken over from a request keep their bytes. */
export const makeResponse = (
  status: number,
  reason: string,
  headers: readonly SipHeader[],
  body: Uint8Array = new Uint8Array(),
): SipResponse =>
  withBody(
    { kind: 'response', status, reason: oneLine(reason), version: 'SIP/2.0', headers, body },
    body,
  );

/** Every header as received: its name, and the text behind the colon with blanks and folds (CRLF, blank) still in it. */
export const allHeaders = (message: SipMessage): HeaderPairs =>
  message.headers.map(({ name, raw }) => [name, raw.slice(raw.indexOf(':') + 1)] as const);

/** The headers of a name, any case, compact or not. */
export const headersNamed = (message: SipMessage, name: string): readonly SipHeader[] => {
  const wanted = canonicalName(name);
  return message.headers.filter((header) => canonicalName(header.name) === wanted);
};

/** Values of every header of a name, one per header line. */
export const headerValues = (message: SipMessage, name: string): readonly string[] =>
  headersNamed(message, name).map(({ value }) => value);

/** Value of the first header of a name. */
export const header = (message: SipMessage, name: string): string | undefined =>
  headersNamed(message, name)[0]?.value;

/** Value of a header that must stand alone: undefined when it is absent or repeated. */
export const soleHeader = (message: SipMessage, name: string): string | undefined => {
  const values = headerValues(message, name);
  return values.length === 1 ? values[0] : undefined;
};

/** Values of a header that is a list, comma-joined or repeated (RFC 3261 section 7.3.1); empty ones left out. */
export const listValues = (message: SipMessage, name: string): readonly string[] =>
  headerValues(message, name)
    .flatMap((value) => splitOutside(value, ','))
    .filter((value) => value !== '');

/** Adds a header behind the others. */
export const withHeader = <Message extends SipMessage>(
  message: Message,
  name: string,
  value: string,
): Message => ({ ...message, headers: [...message.headers, makeHeader(name, value)] });

/** Adds headers behind the others. */
export const withHeaders = <Message extends SipMessage>(
  message: Message,
  pairs: HeaderPairs,
): Message => ({
  ...message,
  headers: [...message.headers, ...pairs.map(([name, value]) => makeHeader(name, value))],
});

/** Adds a header before the others, where Via and Record-Route belong. */
export const prependHeader = <Message extends SipMessage>(
  message: Message,
  name: string,
  value: string,
): Message => ({ ...message, headers: [makeHeader(name, value), ...message.headers] });

/** Removes every header of a name. */
export const withoutHeader = <Message extends SipMessage>(
  message: Message,
  name: string,
): Message => {
  const unwanted = canonicalName(name);
  return {
    ...message,
    headers: message.headers.filter((header) => canonicalName(header.name) !== unwanted),
  };
};

/** Sets a header to one value, in the place of the first of its name, or behind the others. */
export const replaceHeader = <Message extends SipMessage>(
  message: Message,
  name: string,
  value: string,
): Message => {
  const [first] = headersNamed(message, name);
  if (first === undefined) return withHeader(message, name, value);
  const repeated = new Set(headersNamed(message, name).slice(1));
  return {
    ...message,
    headers: message.headers
      .filter((header) => !repeated.has(header))
      .map((header) => (header === first ? makeHeader(header.name, value) : header)),
  };
};

/**
 * Replaces the first value of a list header, the first of {@link listValues}, or removes it (undefined); other values and
 * headers keep their bytes or text.
 */
export const replaceFirstValue = <Message extends SipMessage>(
  message: Message,
  name: string,
  value: string | undefined,
): Message => {
  const first = headersNamed(message, name).find(
    (each) => behindFirstValue(each.value) !== undefined,
  );
  if (first === undefined) return message;
  const rest = behindFirstValue(first.value) ?? '';
  const values = [value ?? '', rest].filter((each) => each !== '');
  return {
    ...message,
    headers: message.headers.flatMap((header) => {
      if (header !== first) return [header];
      return values.length === 0 ? [] : [makeHeader(header.name, values.join(', '))];
    }),
  };
};

/** Sets the body and Content-Length. */
export const withBody = <Message extends SipMessage>(message: Message, body: Uint8Array): Message =>
  replaceHeader({ ...message, body }, 'Content-Length', String(body.length));
