import { latin1 } from '../../bytes.ts';
import { type Fault, fault, ok, type Result } from '../../result.ts';
import { parseContentLength, unfold } from './header-lines.ts';
import { DEFAULT_MAXIMUM_BYTES } from './message.ts';

export type FramerFaultCode = 'sip/too-large' | 'sip/content-length' | 'sip/line-end';

/** What a stream held: a whole message, a keep-alive (RFC 5626 section 3.5.1), or a fault after which nothing can be read. */
export type Frame =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }
  | {
      readonly kind: 'fault';
      readonly fault: Fault<FramerFaultCode>;
      /** What was read of the message's start line and headers, so that its sender can still be answered; never its body. */
      readonly head: Uint8Array;
    };

export interface FramerOptions {
  /** Greatest size of a message in bytes, body included. */
  readonly maximumBytes?: number;
  /** A server reads CRLF CRLF as a ping and ignores a lone CRLF; a client reads each CRLF as a pong. */
  readonly side?: 'client' | 'server';
}

export interface Framer {
  /** Takes the next bytes of the stream, in any cut; gives what they completed. After a fault, gives nothing more. */
  push(chunk: Uint8Array): readonly Frame[];
}

/** The answer to a ping (RFC 5626 section 3.5.1). */
export const PONG: Uint8Array = new Uint8Array([13, 10]);
/** The keep-alive that a client sends. */
export const PING: Uint8Array = new Uint8Array([13, 10, 13, 10]);

const CR = 13;
const LF = 10;

/** Folds are part of the value: a line that begins with a blank continues the header before it. */
const CONTENT_LENGTH = /\r\n(?:content-length|l)[ \t]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)/gi;

/** RFC 3261 section 20.14: on a stream the length must be there. */
const bodyLength = (head: string): Result<number, Fault<'sip/content-length'>> => {
  const [found, another] = head.matchAll(CONTENT_LENGTH);
  const length = parseContentLength(unfold(found?.[1] ?? ''));
  if (length === undefined || another !== undefined)
    return fault('sip/content-length', found?.index ?? head.length);
  return ok(length);
};

/** A growing window on the stream. */
const createWindow = () => {
  let storage = new Uint8Array(4096);
  let start = 0;
  let end = 0;
  return {
    append(chunk: Uint8Array): void {
      if (end + chunk.length > storage.length) {
        const held = end - start;
        const grown =
          held + chunk.length > storage.length
            ? new Uint8Array(Math.max(storage.length * 2, held + chunk.length))
            : storage;
        grown.set(storage.subarray(start, end));
        storage = grown;
        start = 0;
        end = held;
      }
      storage.set(chunk, end);
      end += chunk.length;
    },
    view: (): Uint8Array => storage.subarray(start, end),
    take(length: number): Uint8Array {
      const taken = storage.slice(start, start + length);
      start += length;
      return taken;
    },
  };
};

/** Offset of the first CRLF CRLF at or after `from`, or -1. */
const findHeadEnd = (bytes: Uint8Array, from: number): number => {
  let at = bytes.indexOf(CR, from);
  while (at !== -1 && at + 3 < bytes.length) {
    if (bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF) return at;
    at = bytes.indexOf(CR, at + 1);
  }
  return -1;
};

const broken = (found: Fault<FramerFaultCode>, head: Uint8Array): Frame => ({
  kind: 'fault',
  fault: found,
  head: head.slice(),
});

type Step = Frame | 'again' | 'wait';

/**
 * Cuts a TLS or TCP stream into messages by Content-Length (RFC 3261 section 18.3). The same stream gives the same frames
 * however it is cut into chunks. Offsets in faults count from the beginning of the message at fault.
 */
export const createFramer = (options: FramerOptions = {}): Framer => {
  const maximum = options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
  const server = options.side !== 'client';
  const window = createWindow();
  let scanned = 0;
  let total: number | undefined;
  let afterCrlf = false;
  let dead = false;

  const betweenMessages = (bytes: Uint8Array): Step => {
    if (bytes.length === 1) return 'wait';
    if (bytes[1] !== LF) return broken(fault('sip/line-end', 0).error, bytes.subarray(0, 0));
    window.take(2);
    if (!server) return { kind: 'pong' };
    afterCrlf = !afterCrlf;
    return afterCrlf ? 'again' : { kind: 'ping' };
  };

  const readHead = (bytes: Uint8Array): Step => {
    const end = findHeadEnd(bytes, scanned);
    // Whatever the cut, a head that does not end within the limit is refused, and nothing is kept beyond it.
    if ((end === -1 && bytes.length > maximum) || end + 4 > maximum)
      return broken(fault('sip/too-large', maximum).error, bytes.subarray(0, maximum));
    if (end === -1) {
      scanned = Math.max(bytes.length - 3, 0);
      return 'wait';
    }
    const length = bodyLength(latin1(bytes.subarray(0, end)));
    const head = bytes.subarray(0, end + 4);
    if (!length.ok) return broken(length.error, head);
    if (end + 4 + length.value > maximum)
      return broken(fault('sip/too-large', maximum).error, head);
    total = end + 4 + length.value;
    return 'again';
  };

  const step = (): Step => {
    const bytes = window.view();
    if (bytes.length === 0) return 'wait';
    if (total === undefined && scanned === 0 && bytes[0] === CR) return betweenMessages(bytes);
    if (total === undefined) return readHead(bytes);
    if (bytes.length < total) return 'wait';
    const message = window.take(total);
    total = undefined;
    scanned = 0;
    afterCrlf = false;
    return { kind: 'message', bytes: message };
  };

  const push = (chunk: Uint8Array): readonly Frame[] => {
    const frames: Frame[] = [];
    if (dead) return frames;
    window.append(chunk);
    for (let next = step(); next !== 'wait'; next = step()) {
      if (next === 'again') continue;
      frames.push(next);
      if (next.kind === 'fault') {
        dead = true;
        break;
      }
    }
    return frames;
  };
  return { push };
};
