import type { TLSSocket } from 'node:tls';
import { createFramer, PONG, type Frame } from '../../core/sip/framer.ts';
import { createTokenBucket, type SignallingLimits } from '../../core/sip/proxy-limits.ts';
import type { Peer, RegistrarProxyInput } from '../../core/sip/registrar-proxy.ts';

/** One client over TLS: its stream cut into messages, and bounded. */
export interface ClientConnection {
  readonly name: string;
  readonly peer: Peer;
  /** Sends, unless the client leaves too much unread: then it is closed. */
  send(bytes: Uint8Array): void;
  /** Closes at once. */
  close(): void;
  /** Closes when the message under way has taken too long; to be called now and then. */
  check(now: number): void;
}

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly limits: SignallingLimits;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly take: (input: RegistrarProxyInput) => void;
  readonly refuse: (code: string, detail: string, connection: ClientConnection) => void;
}

/** Whether the chunk ends where the last frame ends, so that no message is under way. */
const endsWith = (chunk: Uint8Array, frame: Frame): boolean => {
  if (frame.kind !== 'message') return true;
  const length = Math.min(chunk.length, frame.bytes.length);
  const tail = (bytes: Uint8Array): Uint8Array => bytes.subarray(bytes.length - length);
  return Buffer.compare(tail(chunk), tail(frame.bytes)) === 0;
};

const isBlank = (chunk: Uint8Array): boolean => chunk.every((byte) => byte === 13 || byte === 10);

/** Serves a connection whose owner is known, until it closes. */
export const serveConnection = (
  socket: TLSSocket,
  name: string,
  peer: Peer,
  host: ConnectionHost,
): ClientConnection => {
  const { limits } = host;
  const framer = createFramer({ side: 'server', maximumBytes: limits.messageBytes });
  const bucket = createTokenBucket(limits.messageRate, limits.messageBurst);
  /** When the message under way began. */
  let begunAt: number | undefined;
  let ending = false;
  /** Closes when what was said has been read; the idle time-out ends the wait for a client that does not read. */
  const end = (): void => {
    ending = true;
    begunAt = undefined;
    socket.setTimeout(limits.messageTime);
    socket.destroySoon();
  };
  const follow = (frame: Frame): void => {
    if (frame.kind === 'fault') {
      host.take({
        kind: 'unreadable',
        connection: name,
        peer,
        head: frame.head,
        fault: frame.fault,
      });
      end();
      return;
    }
    const allowed = bucket.take(host.now());
    if (allowed && frame.kind === 'message')
      host.take({ kind: 'message', connection: name, peer, message: frame.bytes });
    else if (allowed) connection.send(PONG);
    else {
      const message = frame.kind === 'message' ? frame.bytes : new Uint8Array();
      host.take({ kind: 'overload', connection: name, peer, message });
      end();
    }
  };
  const connection: ClientConnection = {
    name,
    peer,
    send(bytes) {
      socket.write(bytes);
      if (socket.writableLength <= limits.unreadBytes || ending) return;
      host.refuse('sip/unread', `${socket.writableLength} bytes unread`, connection);
      connection.close();
    },
    close() {
      ending = true;
      socket.destroy();
    },
    check(now) {
      if (begunAt === undefined || now - begunAt < limits.messageTime) return;
      host.refuse('sip/slow-message', `incomplete after ${limits.messageTime} ms`, connection);
      connection.close();
    },
  };
  socket.on('data', (chunk: Buffer) => {
    if (ending) return;
    const frames = framer.push(chunk);
    for (const frame of frames) if (!ending) follow(frame);
    const last = frames.at(-1);
    if (ending || (last !== undefined && endsWith(chunk, last))) begunAt = undefined;
    else if (last !== undefined) begunAt = host.now();
    else if (!isBlank(chunk)) begunAt ??= host.now();
  });
  socket.setTimeout(limits.idleTime, () => {
    if (!ending) host.refuse('sip/idle', `silent for ${limits.idleTime} ms`, connection);
    connection.close();
  });
  return connection;
};
