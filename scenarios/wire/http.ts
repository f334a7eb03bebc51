import { concat, latin1 } from '../../reference/core/bytes.ts';
import { fault, ok, type Fault, type Result } from '../../reference/core/result.ts';

export interface HttpHeader {
  readonly name: string;
  readonly value: string;
}

interface Common {
  readonly version: string;
  readonly headers: readonly HttpHeader[];
  /** Without chunk framing. */
  readonly body: Uint8Array;
}

/** An HTTP/1.1 message (RFC 9112). */
export type HttpMessage =
  | (Common & { readonly kind: 'request'; readonly method: string; readonly target: string })
  | (Common & { readonly kind: 'response'; readonly status: number; readonly reason: string });

export type HttpFaultCode =
  | 'http-start-line'
  | 'http-header'
  | 'http-length'
  | 'http-chunk'
  | 'http-too-long'
  | 'http-truncated';

type Refused = Fault<HttpFaultCode>;

const MAX_HEAD = 64 * 1024;
const MAX_BODY = 4 * 1024 * 1024;

type Start =
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly target: string;
      readonly version: string;
    }
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly reason: string;
      readonly version: string;
    };

const startOf = (line: string): Start | null => {
  const [, version = '', status, reason = ''] =
    /^(HTTP\/1\.[01]) (\d{3})(?: (.*))?$/.exec(line) ?? [];
  if (status !== undefined) return { kind: 'response', version, status: Number(status), reason };
  const [, method, target = '', spoken = ''] =
    /^([A-Za-z0-9!#$%&'*+.^_`|~-]+) (\S+) (HTTP\/1\.[01])$/.exec(line) ?? [];
  return method === undefined ? null : { kind: 'request', method, target, version: spoken };
};

/** How a body ends (RFC 9112 section 6.3). */
type Framing =
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

interface Head {
  readonly start: Start;
  readonly headers: readonly HttpHeader[];
  readonly length: number;
  readonly framing: Framing;
  readonly chunks: ChunkState;
}

const framingOf = (
  start: Start,
  headers: readonly HttpHeader[],
  method: string | undefined,
): Result<Framing, Refused> => {
  const values = (name: string): string[] =>
    headers.filter((header) => header.name.toLowerCase() === name).map(({ value }) => value);
  const none = ok({ kind: 'length', length: 0 } as const);
  if (start.kind === 'response') {
    const bodiless = start.status < 200 || start.status === 204 || start.status === 304;
    if (bodiless || method === 'HEAD') return none;
  }
  if (values('transfer-encoding').some((value) => /\bchunked\s*$/i.test(value))) {
    return ok({ kind: 'chunked' });
  }
  const [length, ...others] = values('content-length');
  if (length !== undefined) {
    if (!/^\d{1,9}$/.test(length) || others.some((other) => other !== length)) {
      return fault('http-length');
    }
    return Number(length) > MAX_BODY
      ? fault('http-too-long')
      : ok({ kind: 'length', length: Number(length) });
  }
  return start.kind === 'request' ? none : ok({ kind: 'close' });
};

const headersOf = (lines: readonly string[]): Result<readonly HttpHeader[], Refused> => {
  const headers: HttpHeader[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return fault('http-header');
    headers.push({ name: line.slice(0, colon), value: line.slice(colon + 1).trim() });
  }
  return ok(headers);
};

type Body =
  | { readonly kind: 'more' }
  | { readonly kind: 'whole'; readonly body: Uint8Array; readonly length: number };

/** How far the chunks of a body have been read, so that a long one is read once however it is cut. */
interface ChunkState {
  at: number;
  total: number;
  readonly parts: Uint8Array[];
}

const MAX_CHUNK_LINE = 1024;

/** Reads chunks (RFC 9112 section 7.1); trailers are passed over. */
const readChunks = (bytes: Uint8Array, state: ChunkState): Result<Body, Refused> => {
  for (;;) {
    const { at } = state;
    const width = bytes.subarray(at, at + MAX_CHUNK_LINE).indexOf(13);
    const lineEnd = at + width + 2;
    if (width < 0 || lineEnd > bytes.length) {
      const endless = width < 0 && bytes.length - at >= MAX_CHUNK_LINE;
      return endless ? fault('http-chunk', at) : ok({ kind: 'more' });
    }
    const line = latin1(bytes.subarray(at, lineEnd));
    const [, digits] = /^([0-9a-fA-F]{1,6})[ \t]*(?:;[^\r\n]*)?\r\n$/.exec(line) ?? [];
    if (digits === undefined) return fault('http-chunk', at);
    const length = Number.parseInt(digits, 16);
    if (length === 0) return readTrailers(bytes, lineEnd, state.parts);
    if (state.total + length > MAX_BODY) return fault('http-too-long', at);
    const end = lineEnd + length;
    if (bytes.length < end + 2) return ok({ kind: 'more' });
    if (bytes[end] !== 13 || bytes[end + 1] !== 10) return fault('http-chunk', end);
    state.parts.push(bytes.slice(lineEnd, end));
    state.total += length;
    state.at = end + 2;
  }
};

const readTrailers = (
  bytes: Uint8Array,
  from: number,
  parts: readonly Uint8Array[],
): Result<Body, Refused> => {
  // The line end before the trailers is looked at too, so that no trailers at all is the same case.
  const rest = latin1(bytes.subarray(from - 2, from + MAX_HEAD));
  const end = rest.indexOf('\r\n\r\n');
  if (end >= 0) {
    const body = new Uint8Array(Buffer.concat(parts));
    return ok({ kind: 'whole', body, length: from + end + 2 });
  }
  return rest.length >= MAX_HEAD ? fault('http-too-long', from) : ok({ kind: 'more' });
};

const readBody = (
  bytes: Uint8Array,
  framing: Framing,
  chunks: ChunkState,
  closed: boolean,
): Result<Body, Refused> => {
  switch (framing.kind) {
    case 'chunked':
      return readChunks(bytes, chunks);
    case 'length':
      return bytes.length < framing.length
        ? ok({ kind: 'more' })
        : ok({ kind: 'whole', body: bytes.slice(0, framing.length), length: framing.length });
    case 'close':
      if (bytes.length > MAX_BODY) return fault('http-too-long');
      return closed
        ? ok({ kind: 'whole', body: bytes.slice(), length: bytes.length })
        : ok({ kind: 'more' });
  }
};

/** What a stretch of a connection gave: messages, and why nothing more will come, told once. */
export interface HttpRead {
  readonly messages: readonly HttpMessage[];
  readonly refused: Fault<HttpFaultCode> | null;
}

/** Reads one direction of an HTTP/1.1 connection. */
export interface HttpReader {
  push(bytes: Uint8Array): HttpRead;
  /** The message that the end of the stream completes; `http-truncated` when it cuts one off. */
  end(): HttpRead;
}

/** A reader; `nextMethod` gives the method of the request that a response answers, whose HEAD decides on a body. */
export const createHttpReader = (
  nextMethod: () => string | undefined = () => undefined,
): HttpReader => {
  let pending: Uint8Array = new Uint8Array();
  let head: Head | null = null;
  let dead = false;

  const readHead = (): Result<Head | null, Refused> => {
    const text = latin1(pending.subarray(0, MAX_HEAD));
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return pending.length >= MAX_HEAD ? fault('http-too-long', 0) : ok(null);
    const [line = '', ...lines] = text.slice(0, end).split('\r\n');
    const start = startOf(line);
    if (!start) return fault('http-start-line', 0);
    const headers = headersOf(lines);
    if (!headers.ok) return headers;
    const final = start.kind === 'response' && start.status >= 200;
    const framing = framingOf(start, headers.value, final ? nextMethod() : undefined);
    return framing.ok
      ? ok({
          start,
          headers: headers.value,
          length: end + 4,
          framing: framing.value,
          chunks: { at: 0, total: 0, parts: [] },
        })
      : framing;
  };

  const step = (closed: boolean): Result<HttpMessage | null, Refused> => {
    if (!head) {
      // An empty line before a message is passed over (RFC 9112 section 2.2).
      while (pending[0] === 13 && pending[1] === 10) pending = pending.subarray(2);
      const read = readHead();
      if (!read.ok || !read.value) return read as Result<null, Refused>;
      head = read.value;
      pending = pending.subarray(head.length);
    }
    const body = readBody(pending, head.framing, head.chunks, closed);
    if (!body.ok) return body;
    if (body.value.kind === 'more') return ok(null);
    pending = pending.subarray(body.value.length);
    const message = { ...head.start, headers: head.headers, body: body.value.body };
    head = null;
    return ok(message);
  };

  const read = (closed: boolean): HttpRead => {
    const messages: HttpMessage[] = [];
    while (!dead) {
      const next = step(closed);
      if (!next.ok) {
        dead = true;
        return { messages, refused: next.error };
      }
      if (!next.value) break;
      messages.push(next.value);
    }
    return { messages, refused: null };
  };

  return {
    push: (bytes) => {
      if (dead) return { messages: [], refused: null };
      pending = pending.length === 0 ? bytes : concat(pending, bytes);
      return read(false);
    },
    end: () => {
      const last = read(true);
      const cut = !dead && (head !== null || pending.length > 0);
      return cut ? { ...last, refused: fault('http-truncated', 0).error } : last;
    },
  };
};
