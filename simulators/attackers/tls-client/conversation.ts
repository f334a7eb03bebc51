import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { errorCode, type Endpoint } from '../endpoint.ts';
import { createTlsClient } from './client.ts';
import type {
  ClientEvent,
  ClientSeen,
  ClientSettings,
  ResumableSession,
  TlsClient,
} from './client-model.ts';

/** How a conversation ended: by its own script, by the other side, by time, or before it began. */
export type ConversationEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'closed' | 'reset' }
  | { readonly kind: 'deadline' }
  /** Nothing came for `quietMs` milliseconds after something more was said. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Everything one connection showed. */
export interface Conversation {
  readonly end: ConversationEnd;
  readonly events: readonly ClientEvent[];
  readonly seen: ClientSeen;
  readonly session: ResumableSession | null;
}

/** What to do on an event: bytes to send (none to wait on), or to end the conversation. */
export type ConversationScript = (event: ClientEvent, client: TlsClient) => Uint8Array | 'done';

export interface ConversationOptions {
  readonly endpoint: Endpoint;
  readonly settings: Omit<ClientSettings, 'random'>;
  /** Milliseconds for the whole connection. */
  readonly deadlineMs: number;
  /** Milliseconds without an event, once something was said beyond the first flight, after which it ends as `quiet`. */
  readonly quietMs?: number;
  readonly script: ConversationScript;
}

/** Milliseconds a server gets to take note of the close_notify; unsettled sessions are not resumed. */
const closingMs = 200;

const isOver = (event: ClientEvent): boolean =>
  event.kind === 'failed' ||
  (event.kind === 'alert' && (event.level === 2 || event.description === 0));

/** Ends a complete session in good order where the server still listens, else at once. */
const hangUp = (socket: Socket, client: TlsClient, end: ConversationEnd): Promise<void> =>
  new Promise((resolve) => {
    const drop = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    };
    const timer = setTimeout(drop, closingMs);
    const listens = end.kind === 'done' || end.kind === 'quiet';
    if (!listens || !client.session()) return drop();
    socket.once('close', drop);
    socket.end(client.say({ kind: 'alert', level: 1, description: 0 }));
  });

interface Outlets {
  readonly events: ClientEvent[];
  readonly write: (bytes: Uint8Array) => void;
  /** Writes what an answer is awaited to. */
  readonly ask: (bytes: Uint8Array) => void;
}

/** Sends what the client and the script answer to bytes received; true once the conversation is over. */
const react = (
  chunk: Uint8Array,
  client: TlsClient,
  script: ConversationScript,
  { events, write, ask }: Outlets,
): boolean => {
  const output = client.receive(chunk);
  if (output.send.length > 0) write(output.send);
  for (const event of output.events) {
    events.push(event);
    const answer = isOver(event) ? 'done' : script(event, client);
    if (answer === 'done') return true;
    if (answer.length > 0) ask(answer);
  }
  return false;
};

/** A client whose randomness is the system's. */
const newClient = (settings: Omit<ClientSettings, 'random'>): TlsClient =>
  createTlsClient({ ...settings, random: (length) => new Uint8Array(randomBytes(length)) });

/**
 * Opens a connection, speaks as the client does and as the script says, and tells what happened. A fatal alert, a
 * close_notify or a fault of the handshake ends it as `done`. Never rejects; settles within its deadline, connecting included.
 */
export const converse = (options: ConversationOptions): Promise<Conversation> =>
  new Promise((resolve) => {
    const client = newClient(options.settings);
    const events: ClientEvent[] = [];
    let stage: 'connecting' | 'talking' | 'over' = 'connecting';
    let quiet: NodeJS.Timeout | undefined;
    const { host, port } = options.endpoint;
    const socket = connect({ host, port });
    const finish = async (end: ConversationEnd): Promise<void> => {
      if (stage === 'over') return;
      stage = 'over';
      clearTimeout(timer);
      clearTimeout(quiet);
      const session = client.session();
      await hangUp(socket, client, end);
      resolve({ end, events, seen: client.seen(), session });
    };
    const timer = setTimeout(() => void finish({ kind: 'deadline' }), options.deadlineMs);
    const write = (bytes: Uint8Array): void => void socket.write(bytes);
    const ask = (bytes: Uint8Array): void => {
      write(bytes);
      clearTimeout(quiet);
      if (options.quietMs !== undefined)
        quiet = setTimeout(() => void finish({ kind: 'quiet' }), options.quietMs);
    };
    socket.on('connect', () => {
      stage = 'talking';
      write(client.start());
    });
    socket.on('data', (chunk) => {
      if (stage === 'over') return;
      quiet?.refresh();
      const outlets = { events, write, ask };
      if (react(chunk, client, options.script, outlets)) void finish({ kind: 'done' });
    });
    socket.on('end', () => void finish({ kind: 'closed' }));
    socket.on('error', (error) => {
      const reason = errorCode(error);
      void finish(stage === 'connecting' ? { kind: 'unreachable', reason } : { kind: 'reset' });
    });
  });
