import { createFramer } from '../../reference/core/sip/message/framer.ts';
import { parseMessage, type SipMessage } from '../../reference/core/sip/message/message.ts';
import { latin1 } from '../../reference/core/bytes.ts';
import { createHttpReader, type HttpMessage } from './http.ts';
import type { Side } from './tls/handshake-state.ts';
import type { Service } from './facts-model.ts';

/** Where the messages of a decrypted stream go; `from` is the side that sent it. */
export interface ApplicationSink {
  sip(from: Side, at: number, message: SipMessage, raw: Uint8Array): void;
  http(from: Side, at: number, message: HttpMessage): void;
  /** Something that could not be read as messages, by a stable code. */
  unread(from: Side, at: number, code: string): void;
}

/** Reads both directions of a decrypted stream into messages. */
export interface ApplicationReader {
  data(from: Side, bytes: Uint8Array, at: number): void;
  end(): void;
}

interface SideReader {
  push(bytes: Uint8Array, at: number): void;
  end(): void;
}

const sipReader = (from: Side, sink: ApplicationSink): SideReader => {
  // The side that connected reads each CRLF it gets as a pong (RFC 5626 section 3.5.1).
  const framer = createFramer({ side: from === 'client' ? 'server' : 'client' });
  return {
    push: (bytes, at) => {
      for (const frame of framer.push(bytes)) {
        if (frame.kind === 'fault') sink.unread(from, at, frame.fault.code);
        if (frame.kind !== 'message') continue;
        const message = parseMessage(frame.bytes);
        if (message.ok) sink.sip(from, at, message.value, frame.bytes);
        else sink.unread(from, at, message.error.code);
      }
    },
    end: () => {},
  };
};

const httpReader = (from: Side, sink: ApplicationSink, methods: string[]): SideReader => {
  const reader = createHttpReader(() => (from === 'server' ? methods.shift() : undefined));
  let lastAt = 0;
  const take = ({ messages, refused }: ReturnType<typeof reader.push>, at: number): void => {
    for (const message of messages) {
      if (message.kind === 'request') methods.push(message.method);
      sink.http(from, at, message);
    }
    if (refused) sink.unread(from, at, refused.code);
  };
  return {
    push: (bytes, at) => {
      lastAt = at;
      take(reader.push(bytes), at);
    },
    end: () => take(reader.end(), lastAt),
  };
};

const unknownReader = (from: Side, sink: ApplicationSink): SideReader => {
  let told = false;
  return {
    push: (_bytes, at) => {
      if (!told) sink.unread(from, at, 'application-protocol');
      told = true;
    },
    end: () => {},
  };
};

/** Longest first line waited for before a protocol is called unknown. */
const MAX_FIRST_LINE = 8192;

/** The protocol that a stream's first line speaks; null while the line is not whole. */
const protocolOf = (text: string): 'sip' | 'http' | 'unknown' | null => {
  const line = /^[\r\n]*([^\r\n]+)[\r\n]/.exec(text)?.[1];
  if (line === undefined) return text.length > MAX_FIRST_LINE ? 'unknown' : null;
  if (/^SIP\/\d|SIP\/\d+\.\d+$/i.test(line)) return 'sip';
  return /^HTTP\/\d|HTTP\/\d+\.\d+$/.test(line) ? 'http' : 'unknown';
};

/** A reader for one session; what the stream speaks is told by its first line, on any port, and by its port where the line says nothing. */
export const createApplicationReader = (
  service: Service,
  sink: ApplicationSink,
): ApplicationReader => {
  const methods: string[] = [];
  const waiting: Record<Side, { bytes: Uint8Array; at: number }[]> = { client: [], server: [] };
  const readers: Partial<Record<Side, SideReader>> = {};

  const readerFor = (from: Side, protocol: 'sip' | 'http' | 'unknown'): SideReader => {
    if (protocol === 'sip' || (protocol === 'unknown' && service === 'sip'))
      return sipReader(from, sink);
    if (protocol === 'http' || service === 'registration') return httpReader(from, sink, methods);
    return unknownReader(from, sink);
  };
  const choose = (from: Side, final: boolean): SideReader | undefined => {
    const text = waiting[from].map(({ bytes }) => latin1(bytes)).join('');
    const protocol = protocolOf(text) ?? (final && text !== '' ? 'unknown' : null);
    if (protocol === null) return undefined;
    const reader = readerFor(from, protocol);
    readers[from] = reader;
    for (const { bytes, at } of waiting[from].splice(0)) reader.push(bytes, at);
    return reader;
  };

  return {
    data: (from, bytes, at) => {
      const reader = readers[from];
      if (reader) {
        reader.push(bytes, at);
        return;
      }
      waiting[from].push({ bytes, at });
      choose(from, false);
    },
    end: () => {
      for (const from of ['client', 'server'] as const) {
        (readers[from] ?? choose(from, true))?.end();
      }
    },
  };
};
