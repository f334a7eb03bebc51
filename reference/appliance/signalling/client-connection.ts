import type { TLSSocket } from 'node:tls';
import { createFramer, PONG, type Frame } from '../../core/sip/message/framer.ts';
import { createTokenBucket, type SignallingLimits } from '../../core/sip/proxy/limits.ts';
import type { Peer, RegistrarProxyInput } from '../../core/sip/proxy/registrar-proxy.ts';

/** One client over TLS: its stream cut into messages, and bounded. */
export interface ClientConnection {
  readonly name: string;
  readonly peer: Peer;
  /** Sends, unless the client leaves too much unread: then it is closed. */
  send(bytes: Uint8Array): void;
  /** Closes at once. */
  close(): void;
  /** Reads nothing more, and closes once what was said has left, at the latest after {@link FAREWELL_TIME}. */
  dismiss(): void;
  /** Closes when the message under way has taken too long; to be called now and then. */
  check(now: number): void;
}

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly limits: SignallingLimits;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly take: (input: RegistrarProxyInput) => void;
  readonly refuse: (code: string, detail: string) => void;
}

/** How long a client that is dismissed may take to read what was said to it last, milliseconds. */
const FAREWELL_TIME = 300;

/** Whether the chunk ends where the last frame ends, so that no message is under way. */
const endsWith = (chunk: Uint8Array, frame: Frame): boolean => {
  if (frame.kind !== 'message') return true;
  const length = Math.min(chunk.length, frame.bytes.length);
  const tail = (bytes: Uint8Array): Uint8Array => bytes.subarray(bytes.length - length);
  return Buffer.compare(tail(chunk), tail(frame.bytes)) === 0;
};

const isBlank = (chunk: Uint8Array): boolean => chunk.every((byte) => byte === 13 || byte === 10);

/** Knows since when a message is under way. */
const createMessageClock = (now: () => number) => {
  let begunAt: number | undefined;
  return {
    /** Takes a chunk and the last frame that it completed. */
    note(chunk: Uint8Array, last: Frame | undefined): void {
      if (last !== undefined) begunAt = endsWith(chunk, last) ? undefined : now();
      else if (!isBlank(chunk)) begunAt ??= now();
    },
    age: (at: number): number => (begunAt === undefined ? 0 : at - begunAt),
  };
};

interface Outlet {
  send(bytes: Uint8Array): void;
  close(): void;
  /** Closes when what was said has been read; a client that does not read gets the time of one message for it. */
  end(patience?: number): void;
  isOpen(): boolean;
}

const createOutlet = (socket: TLSSocket, { limits, refuse }: ConnectionHost): Outlet => {
  let open = true;
  const close = (): void => {
    open = false;
    socket.destroy();
  };
  return {
    close,
    isOpen: () => open,
    send(bytes) {
      // What one turn of the event loop says to a client leaves in one TLS record: half the cost of a call is in writing.
      if (socket.writableCorked === 0) {
        socket.cork();
        setImmediate(() => socket.uncork());
      }
      socket.write(bytes);
      if (!open || socket.writableLength <= limits.unreadBytes) return;
      refuse('sip/unread', `${socket.writableLength} bytes unread`);
      close();
    },
    end(patience = limits.messageTime) {
      open = false;
      const late = setTimeout(() => socket.destroy(), patience);
      socket.once('close', () => clearTimeout(late));
      socket.destroySoon();
    },
  };
};

/** Bytes that count as one message, lest long ones cost more than short ones may. */
const BYTES_OF_ONE = 1024;

/** Gives messages to the proxy as long as they are readable and not too many. */
const createIntake = (name: string, peer: Peer, outlet: Outlet, host: ConnectionHost) => {
  const { limits, take } = host;
  const bucket = createTokenBucket(limits.messageRate, limits.messageBurst);
  const said = { connection: name, peer };
  return (frame: Frame): void => {
    if (frame.kind === 'fault') {
      take({ kind: 'unreadable', ...said, head: frame.head, fault: frame.fault });
      outlet.end();
      return;
    }
    const message = frame.kind === 'message' ? frame.bytes : new Uint8Array();
    if (!bucket.take(host.now(), Math.max(Math.ceil(message.length / BYTES_OF_ONE), 1))) {
      take({ kind: 'overload', ...said, message });
      outlet.end();
    } else if (frame.kind === 'message') take({ kind: 'message', ...said, message });
    else outlet.send(PONG);
  };
};

/** Serves a connection whose owner is known, until it closes. */
export const serveConnection = (
  socket: TLSSocket,
  name: string,
  peer: Peer,
  host: ConnectionHost,
): ClientConnection => {
  const { limits, now, refuse } = host;
  const framer = createFramer({ side: 'server', maximumBytes: limits.messageBytes });
  const clock = createMessageClock(now);
  const outlet = createOutlet(socket, host);
  const follow = createIntake(name, peer, outlet, host);
  socket.on('data', (chunk: Buffer) => {
    if (!outlet.isOpen()) return;
    const frames = framer.push(chunk);
    for (const frame of frames) if (outlet.isOpen()) follow(frame);
    clock.note(chunk, frames.at(-1));
  });
  socket.setTimeout(limits.idleTime, () => {
    if (outlet.isOpen()) refuse('sip/idle', `silent for ${limits.idleTime} ms`);
    outlet.close();
  });
  return {
    name,
    peer,
    send: (bytes) => outlet.send(bytes),
    close: () => outlet.close(),
    dismiss: () => {
      if (outlet.isOpen()) outlet.end(FAREWELL_TIME);
    },
    check(at) {
      if (!outlet.isOpen() || clock.age(at) < limits.messageTime) return;
      refuse('sip/slow-message', `incomplete after ${limits.messageTime} ms`);
      outlet.close();
    },
  };
};
