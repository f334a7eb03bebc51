import { concat } from '../../../reference/core/bytes.ts';
import type { ClientSettings, ClientSeen } from './client-model.ts';
import { helloFields } from './hello.ts';
import type { SessionKeys } from './keys.ts';
import {
  contentType,
  encodeMessage,
  type ClientHelloFields,
  type OutgoingMessage,
} from './outgoing.ts';
import { sendRecords } from './records.ts';

/** Where the handshake stands; `stopped` ignores whatever else comes. */
export type Phase =
  | 'hello-sent'
  | 'server-flight'
  | 'change-awaited'
  | 'finished-awaited'
  | 'established'
  | 'stopped';

/** All that one connection's client remembers. */
export interface ClientState {
  readonly settings: ClientSettings;
  readonly hello: ClientHelloFields;
  phase: Phase;
  seen: ClientSeen;
  /** Handshake messages of the running handshake, both directions. */
  transcript: Uint8Array;
  /** Received and not yet a whole record; collected and not yet a whole handshake message. */
  received: Uint8Array;
  collected: Uint8Array;
  master: Uint8Array | null;
  keys: SessionKeys | null;
  /** Number of the next protected record of a direction; null while it is in clear. */
  sending: bigint | null;
  receiving: bigint | null;
  resumed: boolean;
}

/** A client before its first byte. */
export const newState = (settings: ClientSettings): ClientState => ({
  settings,
  hello: helloFields(settings.hello, settings.random(32)),
  phase: 'hello-sent',
  seen: {
    serverHello: null,
    certificates: [],
    keyExchange: null,
    parametersSigned: null,
    certificateRequest: null,
    ticket: null,
    clientVerifyData: null,
    negotiatedExtendedMasterSecret: false,
  },
  transcript: new Uint8Array(0),
  received: new Uint8Array(0),
  collected: new Uint8Array(0),
  master: null,
  keys: null,
  sending: null,
  receiving: null,
  resumed: false,
});

/** SSL 3 and the first hello of a newer client go out under old numbers, which every server takes (RFC 5246 appendix E.1). */
const recordVersion = (state: ClientState): number => {
  const { serverHello } = state.seen;
  if (serverHello) return serverHello.version;
  return Math.min(state.hello.version, 0x0301);
};

const put = (state: ClientState, type: number, content: Uint8Array): Uint8Array => {
  const { bytes, sequence } = sendRecords(
    { type, version: recordVersion(state), bytes: content },
    { sequence: state.sending, keys: state.keys?.client ?? null },
    state.settings.hooks,
  );
  state.sending = sequence;
  return bytes;
};

const putMessage = (state: ClientState, message: OutgoingMessage): Uint8Array => {
  if (message.kind === 'raw') return message.bytes;
  const { type, bytes } = encodeMessage(message);
  if (type === contentType.handshake && state.phase !== 'established')
    state.transcript = concat(state.transcript, bytes);
  const sent = put(state, type, bytes);
  if (message.kind === 'change-cipher-spec' && state.keys) state.sending = 0n;
  return sent;
};

/** Bytes that say a message, or whatever the hook makes of it. */
export const say = (state: ClientState, message: OutgoingMessage): Uint8Array => {
  const messages = state.settings.hooks?.outgoing?.(message, state.seen) ?? [message];
  return concat(...messages.map((each) => putMessage(state, each)));
};
