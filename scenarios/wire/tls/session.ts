import { takeMessage, type Side } from './handshake-state.ts';
import type { KeyLog } from './key-log.ts';
import { handshakeTypes } from './messages.ts';
import { contentTypes, type TlsRecord } from './records.ts';
import {
  factsOfSession,
  keysOf,
  newSessionState,
  type Half,
  type SessionState,
} from './session-state.ts';
import type { TlsFacts } from './tls-facts.ts';

/** Where a session's contents go. */
export interface TlsSink {
  /** Decrypted application data, in order. */
  application(side: Side, bytes: Uint8Array, at: number): void;
  /** Bytes of the stream that are no TLS records, or that follow a hole. */
  notTls(side: Side, bytes: Uint8Array, at: number): void;
}

/** Reads both directions of one TLS connection. */
export interface TlsSession {
  data(side: Side, bytes: Uint8Array, at: number): void;
  gap(side: Side): void;
  /** Bytes of this side's stream were repeated with other contents, so that what was read may not be what was received. */
  conflict(side: Side): void;
  /** Call once, at the end of the stream. */
  end(): void;
  facts(): TlsFacts;
}

interface Context {
  readonly state: SessionState;
  readonly keyLog: KeyLog;
  readonly sink: TlsSink;
  readonly fromStart: boolean;
}

/** Protected bytes kept of one direction while the other's hello is awaited. */
const MAX_WAITING = 1 << 16;

const noteAlert = (state: SessionState, from: Side, fragment: Uint8Array | null, at: number) => {
  const [level = null, description = null] = fragment ?? [];
  state.alerts.push({ from, at, level, description });
};

const noteApplication = (half: Half, { fragment }: TlsRecord): void => {
  half.applicationRecords += 1;
  half.longestApplicationRecord = Math.max(half.longestApplicationRecord, fragment.length);
};

const takeClear = (context: Context, side: Side, record: TlsRecord): void => {
  const { state } = context;
  const half = state.halves[side];
  if (record.type === contentTypes.alert) noteAlert(state, side, record.fragment, record.at);
  if (record.type === contentTypes.applicationData) noteApplication(half, record);
  if (record.type !== contentTypes.handshake) return;
  const messages = half.clear.push(record.fragment);
  if (messages.ok) {
    for (const message of messages.value) takeMessage(state.handshake, side, message);
  } else {
    state.handshake.problems.push(`${side}: ${messages.error.code} at ${messages.error.offset}`);
    half.lost = true;
  }
  drain(context, 'client', false);
  drain(context, 'server', false);
};

/** What a protected record shows without its key: its type. */
const takeSealed = (state: SessionState, side: Side, record: TlsRecord): void => {
  const half = state.halves[side];
  if (record.type === contentTypes.alert) noteAlert(state, side, null, record.at);
  if (record.type === contentTypes.applicationData) noteApplication(half, record);
  if (record.type !== contentTypes.handshake) return;
  if (half.finished) state.renegotiation = true;
  half.finished = true;
};

const takeOpened = (
  { state, sink }: Context,
  side: Side,
  record: TlsRecord,
  plain: Uint8Array,
): void => {
  const half = state.halves[side];
  state.decryptedRecords += 1;
  if (record.type === contentTypes.alert) noteAlert(state, side, plain, record.at);
  if (record.type === contentTypes.applicationData) {
    noteApplication(half, record);
    sink.application(side, plain, record.at);
  }
  if (record.type !== contentTypes.handshake) return;
  const messages = half.inside.push(plain);
  for (const { type } of messages.ok ? messages.value : []) {
    if (type === handshakeTypes.finished) half.finished = true;
    else state.renegotiation = true;
  }
};

const open = (context: Context, side: Side, record: TlsRecord): void => {
  const { state } = context;
  const half = state.halves[side];
  if (state.keys.kind !== 'ready' || half.undecryptable) {
    takeSealed(state, side, record);
    return;
  }
  const plain = state.keys[side](record.type, record.version, record.fragment);
  if (plain.ok) {
    takeOpened(context, side, record, plain.value);
    return;
  }
  state.failed = true;
  half.undecryptable = true;
  state.handshake.problems.push(`${side} record: ${plain.error.code}`);
  takeSealed(state, side, record);
};

const drain = (context: Context, side: Side, final: boolean): void => {
  const { state, keyLog, fromStart } = context;
  const half = state.halves[side];
  if (half.waiting.length === 0) return;
  if (state.keys.kind === 'waiting') {
    const giveUp = final || !fromStart || half.waitingBytes > MAX_WAITING;
    state.keys = keysOf(state.handshake, keyLog, giveUp);
  }
  if (state.keys.kind === 'waiting') return;
  for (const record of half.waiting.splice(0)) open(context, side, record);
  half.waitingBytes = 0;
};

/** A second one means other keys, which are not derived here. */
const takeChangeCipherSpec = (state: SessionState, half: Half): void => {
  if (half.protected) {
    state.renegotiation = true;
    half.undecryptable = true;
    state.failed ||= state.keys.kind === 'ready';
  }
  half.protected = true;
};

const takeRecord = (context: Context, side: Side, record: TlsRecord): void => {
  const { state } = context;
  const half = state.halves[side];
  if (half.lost) return;
  if (record.type === contentTypes.changeCipherSpec) {
    takeChangeCipherSpec(state, half);
    return;
  }
  // After a HelloRetryRequest the second hellos come in clear behind the ChangeCipherSpec that TLS 1.3 ignores.
  const clearAgain = state.handshake.retried && record.type === contentTypes.handshake;
  if (!half.protected || clearAgain) {
    takeClear(context, side, record);
    return;
  }
  half.waiting.push(record);
  half.waitingBytes += record.fragment.length;
  drain(context, side, false);
};

/** A session at its beginning. Without `fromStart` its hellos will not come, and nothing waits for them. */
export const createTlsSession = (keyLog: KeyLog, sink: TlsSink, fromStart: boolean): TlsSession => {
  const state = newSessionState();
  const context: Context = { state, keyLog, sink, fromStart };
  return {
    data: (side, bytes, at) => {
      const half = state.halves[side];
      if (half.lost) {
        sink.notTls(side, bytes, at);
        return;
      }
      const { records, broken } = half.records.push(bytes, at);
      for (const record of records) takeRecord(context, side, record);
      if (!broken) return;
      half.lost = true;
      state.handshake.problems.push(`${side}: ${broken.fault.code} at ${broken.fault.offset}`);
      sink.notTls(side, broken.rest, at);
    },
    gap: (side) => {
      state.gaps += 1;
      state.halves[side].lost = true;
    },
    conflict: (side) => {
      const { problems } = state.handshake;
      const problem = `${side}: overlap-conflict`;
      if (!problems.includes(problem)) problems.push(problem);
    },
    end: () => {
      drain(context, 'client', true);
      drain(context, 'server', true);
    },
    facts: () => factsOfSession(state),
  };
};
