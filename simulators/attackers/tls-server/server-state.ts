import { concat } from '../../../reference/core/bytes.ts';
import type { SessionKeys } from '../tls-client/keys.ts';
import { contentType, encodeMessage, type OutgoingMessage } from '../tls-client/outgoing.ts';
import { sendRecords } from '../tls-client/records.ts';
import type { ServerSeen, ServerSettings } from './server-model.ts';

/** Where the handshake stands; `stopped` ignores whatever else comes. */
export type ServerPhase =
  | 'hello-awaited'
  | 'client-flight'
  | 'finished-awaited'
  | 'established'
  | 'stopped';

/** All that one connection's server remembers. */
export interface ServerState {
  readonly settings: ServerSettings;
  phase: ServerPhase;
  seen: ServerSeen;
  /** Handshake messages of both directions. */
  transcript: Uint8Array;
  /** Received and not yet a whole record; collected and not yet a whole handshake message. */
  received: Uint8Array;
  collected: Uint8Array;
  exponent: bigint;
  master: Uint8Array | null;
  keys: SessionKeys | null;
  /** Number of the next protected record of a direction; null while it is in clear. */
  sending: bigint | null;
  receiving: bigint | null;
}

/** A server before the first byte of its client. */
export const newState = (settings: ServerSettings): ServerState => ({
  settings,
  phase: 'hello-awaited',
  seen: {
    clientHello: null,
    serverHello: null,
    certificates: null,
    keyProved: null,
    publicValue: null,
    messages: [],
  },
  transcript: new Uint8Array(0),
  received: new Uint8Array(0),
  collected: new Uint8Array(0),
  exponent: 0n,
  master: null,
  keys: null,
  sending: null,
  receiving: null,
});

const recordVersion = 0x0303;

const putMessage = (state: ServerState, message: OutgoingMessage): Uint8Array => {
  if (message.kind === 'raw') return message.bytes;
  const { type, bytes: content } = encodeMessage(message);
  if (message.kind === 'server-hello') state.seen = { ...state.seen, serverHello: message.fields };
  if (type === contentType.handshake && state.phase !== 'established')
    state.transcript = concat(state.transcript, content);
  const { bytes, sequence } = sendRecords(
    { type, version: recordVersion, bytes: content },
    { sequence: state.sending, keys: state.keys?.server ?? null },
    state.settings.hooks,
  );
  state.sending = sequence;
  if (message.kind === 'change-cipher-spec' && state.keys) state.sending = 0n;
  return bytes;
};

/** Bytes that say a message, or whatever the hook makes of it. */
export const say = (state: ServerState, message: OutgoingMessage): Uint8Array => {
  const messages = state.settings.hooks?.outgoing?.(message, state.seen) ?? [message];
  return concat(...messages.map((each) => putMessage(state, each)));
};
