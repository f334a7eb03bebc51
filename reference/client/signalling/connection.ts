import type { TLSSocket } from 'node:tls';
import { PONG, createFramer } from '../../core/sip/framer.ts';
import {
  createUserAgent,
  type UserAgentCommand,
  type UserAgentConfig,
  type UserAgentEvent,
  type UserAgentInput,
  type UserAgentOutput,
} from '../../core/sip/user-agent.ts';

/** A phone's connection to the signalling server: the user agent's core on a TLS socket, with a real clock. */
export interface SignallingConnection {
  command(command: UserAgentCommand): void;
  /** Ends the connection; resolves once the socket is closed. */
  close(): Promise<void>;
}

/** What a connection is made of. */
export interface SignallingOptions {
  readonly socket: TLSSocket;
  readonly userAgent: UserAgentConfig;
  readonly onEvent: (event: UserAgentEvent) => void;
}

/** Monotonic milliseconds. */
const now = (): number => performance.now();

/** A wake-up that replaces the one before. */
const createAlarm = (ring: () => void) => {
  let timer: NodeJS.Timeout | undefined;
  return {
    set(at: number) {
      clearTimeout(timer);
      timer = setTimeout(ring, Math.max(0, at - now()));
    },
    clear: () => clearTimeout(timer),
  };
};

/** Inputs one after the other: what an event's handler asks for waits until the outputs before it are carried out. */
const createTurns = (options: SignallingOptions, wake: (at: number) => void) => {
  const agent = createUserAgent(options.userAgent);
  const waiting: UserAgentInput[] = [];
  let busy = false;
  const carryOut = (output: UserAgentOutput): void => {
    if (output.kind === 'send') options.socket.write(output.bytes);
    else if (output.kind === 'wake') wake(output.at);
    else options.onEvent(output);
  };
  return (input: UserAgentInput): void => {
    waiting.push(input);
    if (busy) return;
    busy = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        for (const output of agent.handle(next, now())) carryOut(output);
    } finally {
      busy = false;
    }
  };
};

/** Puts a user agent on an open TLS connection. */
export const openSignalling = (options: SignallingOptions): SignallingConnection => {
  const { socket } = options;
  const alarm = createAlarm(() => take({ kind: 'tick' }));
  const take = createTurns(options, (at) => alarm.set(at));
  const framer = createFramer({ side: 'client' });
  socket.on('data', (chunk: Buffer) => {
    for (const frame of framer.push(chunk)) {
      if (frame.kind === 'message') take({ kind: 'message', message: frame.bytes });
      else if (frame.kind === 'ping') socket.write(PONG);
      else if (frame.kind === 'fault') socket.destroy();
    }
  });
  // The reason of a broken connection is the 'close' that follows.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      alarm.clear();
      take({ kind: 'connection-down' });
      alarm.clear();
      resolve();
    });
  });
  take({ kind: 'connection-up' });
  return {
    command: take,
    close: () => {
      socket.end(() => socket.destroy());
      return closed;
    },
  };
};
