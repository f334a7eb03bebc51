import { toHex } from '../../../reference/core/bytes.ts';
import { isDecryptable, recordDecrypters, type RecordDecrypter } from './decrypt.ts';
import {
  dhFactsOf,
  isResumed,
  newHandshakeState,
  type HandshakeState,
  type Side,
} from './handshake-state.ts';
import type { KeyLog } from './key-log.ts';
import { createHandshakeReader, createRecordReader, type TlsRecord } from './records.ts';
import { suiteName } from './suites.ts';
import type { AlertFact, Decryption, TlsFacts } from './tls-facts.ts';

/** One direction of a session. */
export interface Half {
  readonly records: ReturnType<typeof createRecordReader>;
  /** Handshake messages in clear, and those inside protected records. */
  readonly clear: ReturnType<typeof createHandshakeReader>;
  readonly inside: ReturnType<typeof createHandshakeReader>;
  /** Protected records that wait for the other side's hello. */
  readonly waiting: TlsRecord[];
  waitingBytes: number;
  /** Records are protected from here on (its ChangeCipherSpec was seen). */
  protected: boolean;
  finished: boolean;
  applicationRecords: number;
  longestApplicationRecord: number;
  /** After a hole or a fault nothing of this direction can be read. */
  lost: boolean;
  undecryptable: boolean;
}

const newHalf = (): Half => ({
  records: createRecordReader(),
  clear: createHandshakeReader(),
  inside: createHandshakeReader(),
  waiting: [],
  waitingBytes: 0,
  protected: false,
  finished: false,
  applicationRecords: 0,
  longestApplicationRecord: 0,
  lost: false,
  undecryptable: false,
});

/** Whether and how protected records can be opened. */
export type Keys =
  | { readonly kind: 'waiting' | 'no-key' | 'unsupported' }
  | { readonly kind: 'ready'; readonly client: RecordDecrypter; readonly server: RecordDecrypter };

/** Everything known of a session while it is read. */
export interface SessionState {
  readonly handshake: HandshakeState;
  readonly halves: Readonly<Record<Side, Half>>;
  readonly alerts: AlertFact[];
  keys: Keys;
  renegotiation: boolean;
  gaps: number;
  decryptedRecords: number;
  failed: boolean;
}

/** Before the first record. */
export const newSessionState = (): SessionState => ({
  handshake: newHandshakeState(),
  halves: { client: newHalf(), server: newHalf() },
  alerts: [],
  keys: { kind: 'waiting' },
  renegotiation: false,
  gaps: 0,
  decryptedRecords: 0,
  failed: false,
});

/** The keys as far as the hellos allow; `final` when no hello will come any more. */
export const keysOf = (handshake: HandshakeState, keyLog: KeyLog, final: boolean): Keys => {
  const { clientHello, serverHello } = handshake;
  if (!clientHello || !serverHello) return { kind: final ? 'no-key' : 'waiting' };
  if (!isDecryptable(serverHello.version, serverHello.suite)) return { kind: 'unsupported' };
  const masterSecret = keyLog.secret('CLIENT_RANDOM', toHex(clientHello.random));
  if (!masterSecret) return { kind: 'no-key' };
  const { suite, random: serverRandom } = serverHello;
  const secrets = { suite, masterSecret, clientRandom: clientHello.random, serverRandom };
  return { kind: 'ready', ...recordDecrypters(secrets) };
};

const TLS_1_3 = 0x0304;
/** Least protected size of a TLS 1.3 flight with Finished: header 4, SHA-256 value 32, type 1, tag 16; an alert has 19. */
const LEAST_FINISHED = 53;

const isEstablished = ({ handshake, halves }: SessionState): boolean => {
  const { client, server } = halves;
  if ((handshake.serverHello?.version ?? 0) >= TLS_1_3) {
    return server.applicationRecords > 0 && client.longestApplicationRecord >= LEAST_FINISHED;
  }
  if (client.finished && server.finished) return true;
  // A client may send early (RFC 7918), so its data alone proves nothing unless the handshake was missed.
  if (server.applicationRecords > 0) return true;
  return !handshake.clientHello && client.applicationRecords > 0;
};

const decryptionOf = (state: SessionState): Decryption => {
  const { client, server } = state.halves;
  const sealed = [client, server].some((half) => half.protected || half.applicationRecords > 0);
  if (state.failed || (state.keys.kind === 'ready' && state.gaps > 0)) return 'failed';
  if (state.decryptedRecords > 0) return 'yes';
  if (!sealed) return 'nothing-encrypted';
  const hello = state.handshake.serverHello;
  return hello && !isDecryptable(hello.version, hello.suite) ? 'unsupported' : 'no-key';
};

type HelloFacts = Pick<
  TlsFacts,
  | 'offeredVersions'
  | 'offeredSuites'
  | 'serverName'
  | 'clientRandom'
  | 'version'
  | 'suite'
  | 'suiteName'
>;

const helloFacts = ({ clientHello, serverHello }: HandshakeState): HelloFacts => {
  const offered = clientHello?.supportedVersions ?? [];
  const legacy = clientHello ? [clientHello.version] : [];
  return {
    offeredVersions: offered.length > 0 ? offered : legacy,
    offeredSuites: clientHello?.suites ?? [],
    serverName: clientHello?.serverName ?? null,
    clientRandom: clientHello ? toHex(clientHello.random) : null,
    version: serverHello?.version ?? null,
    suite: serverHello?.suite ?? null,
    suiteName: serverHello ? suiteName(serverHello.suite) : null,
  };
};

const KEY_SHARE = 51;

/** The group of the exchange: the curve of a ServerKeyExchange, or the key share of TLS 1.3 (RFC 8446 section 4.2.8). */
const groupOf = ({ exchange, serverHello }: HandshakeState): number | null => {
  if (exchange?.kind === 'ecdhe') return exchange.namedCurve;
  if ((serverHello?.version ?? 0) < TLS_1_3) return null;
  const share = serverHello?.extensions.find(({ type }) => type === KEY_SHARE)?.data;
  return share && share.length >= 2 ? ((share[0] ?? 0) << 8) | (share[1] ?? 0) : null;
};

/** What the session has shown. */
export const factsOfSession = (state: SessionState): TlsFacts => {
  const { handshake } = state;
  return {
    ...helloFacts(handshake),
    established: isEstablished(state),
    resumed: isResumed(handshake, state.halves.server.protected),
    ticketIssued: handshake.ticketIssued,
    renegotiation: state.renegotiation,
    dh: dhFactsOf(handshake),
    namedCurve: groupOf(handshake),
    serverChain: handshake.serverChain,
    clientChain: handshake.clientChain,
    certificateRequested: handshake.certificateRequested,
    clientCertificateVerify: handshake.certificateVerify,
    alerts: state.alerts,
    decrypted: decryptionOf(state),
    gaps: state.gaps,
    problems: handshake.problems,
  };
};
