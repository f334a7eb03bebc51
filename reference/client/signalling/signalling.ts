import type { Socket } from 'node:net';
import { createFramer, PING, PONG } from '../../core/sip/message/framer.ts';
import { createKeepAlive, type KeepAliveInput } from '../../core/sip/user-agent/keep-alive.ts';
import {
  createUserAgent,
  type UserAgentCommand,
  type UserAgentConfig,
  type UserAgentEvent,
  type UserAgentInput,
  type UserAgentOutput,
} from '../../core/sip/user-agent/user-agent.ts';
import { createAlarm } from './alarm.ts';

/** Bytes that may wait for a server that does not read when there is more to send. */
const unreadLimit = 1_048_576;

/** Milliseconds that a server may take to read what is still to be sent when the phone closes the connection. */
const closeDeadline = 2_000;

/**
 * A phone's side of signalling: one user agent with a real clock, on one connection at a time. It outlives its connections,
 * so that a call survives a change of network (interpretations I-5).
 */
export interface Signalling {
  /** Goes on over an open connection, on which this phone is reached at `contact`. Refuses a second one, and any once closed. */
  attach(socket: Socket, contact: string): void;
  connected(): boolean;
  command(command: UserAgentCommand): void;
  /** Ends the connection, if there is one; resolves once the socket is closed. */
  disconnect(): Promise<void>;
  /** As {@link Signalling.disconnect}, for good: no timer stays, and commands do nothing. */
  close(): Promise<void>;
}

/** What signalling is made of. */
export interface SignallingOptions {
  readonly userAgent: UserAgentConfig;
  readonly onEvent: (event: UserAgentEvent) => void;
  /** Called for what goes wrong in `onEvent`: nothing is thrown at a timer or a socket. */
  readonly onFault: (error: unknown) => void;
  /** Called when a connection has ended, after the events that follow from it. */
  readonly onDown?: () => void;
  /** A fresh number in [0, 1) at every call, for the pauses between keep-alives. */
  readonly uniform: () => number;
  /** Milliseconds between two keep-alives at most; as RFC 5626 says when absent. */
  readonly keepAliveInterval?: number;
}

interface Connection {
  readonly socket: Socket;
  readonly closed: Promise<void>;
}

type Attempt = (work: () => void) => void;

const attemptWith =
  (onFault: (error: unknown) => void): Attempt =>
  (work) => {
    try {
      work();
    } catch (error) {
      onFault(error);
    }
  };

/** Inputs one after the other: what an event's handler asks for waits until the outputs before it are carried out. */
const createTurns = (
  handle: (input: UserAgentInput) => readonly UserAgentOutput[],
  carryOut: (output: UserAgentOutput) => void,
  attempt: Attempt,
) => {
  const waiting: UserAgentInput[] = [];
  let busy = false;
  const turn = (input: UserAgentInput): void => {
    for (const output of handle(input)) attempt(() => carryOut(output));
  };
  return (input: UserAgentInput): void => {
    waiting.push(input);
    if (busy) return;
    busy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const taken = next;
      attempt(() => turn(taken));
    }
    busy = false;
  };
};

/** Reads a connection until its end. A stream that is not SIP is closed: nothing behind the fault can be read. */
const readFrom = (
  socket: Socket,
  take: (input: UserAgentInput) => void,
  onPong: () => void,
  onUnreadable: (code: string) => void,
): void => {
  const framer = createFramer({ side: 'client' });
  socket.on('data', (chunk: Uint8Array) => {
    for (const frame of framer.push(chunk)) {
      if (frame.kind === 'message') take({ kind: 'message', message: frame.bytes });
      else if (frame.kind === 'ping') socket.write(PONG);
      else if (frame.kind === 'pong') onPong();
      else if (frame.kind === 'fault') {
        onUnreadable(frame.fault.code);
        socket.destroy();
      }
    }
  });
  // The reason of a broken connection is the 'close' that follows.
  socket.on('error', () => undefined);
};

const closeSocket = async ({ socket, closed }: Connection): Promise<void> => {
  const timer = setTimeout(() => socket.destroy(), closeDeadline);
  socket.end(() => socket.destroy());
  await closed;
  clearTimeout(timer);
};

/** The one connection of a phone, when there is one. */
const createConnectionSlot = (onDown: () => void) => {
  let connection: Connection | null = null;
  return {
    current: () => connection,
    fill(socket: Socket): void {
      const closed = new Promise<void>((resolve) => {
        socket.once('close', () => {
          connection = null;
          onDown();
          resolve();
        });
      });
      connection = { socket, closed };
    },
  };
};

/** Keep-alives with a real clock, on whatever connection there is (RFC 5626 section 4.4.1). */
const createPinging = (
  options: Pick<SignallingOptions, 'uniform' | 'keepAliveInterval'>,
  socketNow: () => Socket | undefined,
  onFailed: () => void,
) => {
  const { uniform, keepAliveInterval: interval } = options;
  const keepAlive = createKeepAlive({ uniform, ...(interval === undefined ? {} : { interval }) });
  const alarm = createAlarm(() => take({ kind: 'tick' }));
  const take = (input: KeepAliveInput): void => {
    if (input.kind === 'down') alarm.clear();
    for (const output of keepAlive.handle(input, performance.now())) {
      if (output.kind === 'wake') alarm.set(output.at);
      else if (output.kind === 'ping') socketNow()?.write(PING);
      else {
        onFailed();
        socketNow()?.destroy();
      }
    }
  };
  return take;
};

const refuseSocket = (socket: Socket, reason: string): never => {
  socket.on('error', () => undefined).destroy();
  throw new Error(`signalling is ${reason}; register anew`);
};

const refusal = (code: string, detail: string): UserAgentEvent => ({
  kind: 'refused',
  code,
  detail,
});

/** Makes the signalling of one number, without a connection yet. */
export const createSignalling = (options: SignallingOptions): Signalling => {
  const { onEvent } = options;
  const attempt = attemptWith(options.onFault);
  const agent = createUserAgent(options.userAgent);
  const alarm = createAlarm(() => take({ kind: 'tick' }));
  const slot = createConnectionSlot(() => {
    ping({ kind: 'down' });
    take({ kind: 'connection-down' });
    attempt(() => options.onDown?.());
  });
  const ping = createPinging(
    options,
    () => slot.current()?.socket,
    () => attempt(() => onEvent(refusal('sip/flow', 'the server answered no keep-alive'))),
  );
  let isClosed = false;
  const write = (bytes: Uint8Array): void => {
    const socket = slot.current()?.socket;
    if (socket === undefined || socket.destroyed) return;
    const unread = socket.writableLength;
    if (unread <= unreadLimit) return void socket.write(bytes);
    socket.destroy();
    onEvent(refusal('sip/unread', `the server left ${unread} bytes unread`));
  };
  const carryOut = (output: UserAgentOutput): void => {
    if (output.kind === 'send') write(output.bytes);
    else if (output.kind === 'wake') {
      if (!isClosed) alarm.set(output.at);
    } else {
      if (output.kind === 'registered' && output.flowTimer !== undefined)
        ping({ kind: 'flow-timer', seconds: output.flowTimer });
      onEvent(output);
    }
  };
  const handle = (input: UserAgentInput) => agent.handle(input, performance.now());
  const take = createTurns(handle, carryOut, attempt);
  const onUnreadable = (code: string): void =>
    attempt(() => onEvent(refusal(code, 'what the signalling server sent is no SIP')));
  const disconnect = async (): Promise<void> => {
    const connection = slot.current();
    if (connection) await closeSocket(connection);
  };
  return {
    connected: () => slot.current() !== null,
    command(command) {
      if (!isClosed) take(command);
    },
    attach(socket, contact) {
      if (isClosed) refuseSocket(socket, 'closed');
      if (slot.current()) refuseSocket(socket, 'connected already');
      if (socket.destroyed) refuseSocket(socket, 'cut off again');
      slot.fill(socket);
      readFrom(socket, take, () => ping({ kind: 'pong' }), onUnreadable);
      ping({ kind: 'up' });
      take({ kind: 'connection-up', contact });
    },
    disconnect,
    async close() {
      isClosed = true;
      alarm.clear();
      await disconnect();
    },
  };
};
