import type { KeyObject } from 'node:crypto';
import type { ServerHelloFields } from '../tls-client/incoming.ts';
import type { ClientHelloFields, OutgoingMessage } from '../tls-client/outgoing.ts';
import type { DirectionKeys } from '../tls-client/keys.ts';
import type { IncomingRecord, RecordHooks } from '../tls-client/records.ts';

/** Diffie-Hellman parameters to sign and send, sound or not; big-endian. */
export interface ServerGroup {
  readonly prime: Uint8Array;
  readonly generator: Uint8Array;
  /** Sent, signed, instead of the server's own fresh value. */
  readonly publicValue?: Uint8Array;
}

/** Where a fault can be put in; what is left out behaves honestly. */
export interface ServerHooks extends RecordHooks {
  /** Each message about to be said, as fields: what it gives is said instead, be it nothing, another or more. */
  readonly outgoing?: (message: OutgoingMessage, seen: ServerSeen) => readonly OutgoingMessage[];
  /** The premaster secret before keys are made of it. */
  readonly premaster?: (secret: Uint8Array) => Uint8Array;
  /** Told of each protected record that came, before it is opened. */
  readonly received?: (record: IncomingRecord) => void;
  /** Opens a protected record in place of AES-256-GCM; null where it may not be opened. */
  readonly open?: (
    record: IncomingRecord,
    keys: DirectionKeys,
    sequence: bigint,
  ) => Uint8Array | null;
  /** Asked when a ClientHello, a ClientKeyExchange or a right Finished has come: the alert to refuse the client with, or null. Nobody is refused without. */
  readonly refusal?: (seen: ServerSeen) => number | null;
  /** `ignore`: a ChangeCipherSpec before there are keys is taken for nothing; it is refused where absent. */
  readonly earlyChange?: 'ignore';
}

export interface ServerSettings {
  /** DER, the server's own first. */
  readonly chain: readonly Uint8Array[];
  /** The RSA key that signs the key exchange. */
  readonly privateKey: KeyObject;
  readonly group: ServerGroup;
  /** Fresh bytes; a parameter so that a run can be repeated. */
  readonly random: (length: number) => Uint8Array;
  /** DER names asked for in the CertificateRequest. */
  readonly authorities?: readonly Uint8Array[];
  readonly hooks?: ServerHooks;
}

/** What the client has said so far. */
export interface ServerSeen {
  readonly clientHello: ClientHelloFields | null;
  readonly serverHello: ServerHelloFields | null;
  /** DER of what the client showed, its own first; null where it sent no Certificate. */
  readonly certificates: readonly Uint8Array[] | null;
  /** Whether it proved its key over this handshake; null where it sent no CertificateVerify. */
  readonly keyProved: boolean | null;
  /** Its Diffie-Hellman value, big-endian; null before its ClientKeyExchange. */
  readonly publicValue: Uint8Array | null;
  /** Handshake messages received, by type, in order. */
  readonly messages: readonly number[];
}

/** Why a server gave up on a client. */
export type ServerFault =
  | 'garbage'
  | 'malformed'
  | 'unexpected-message'
  | 'no-common-suite'
  | 'group-too-large'
  | 'record-tag'
  | 'record-overflow'
  | 'finished-mismatch'
  | 'refused';

export type ServerEvent =
  | { readonly kind: 'client-hello' }
  | { readonly kind: 'established' }
  | { readonly kind: 'application-data'; readonly bytes: Uint8Array }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number }
  | { readonly kind: 'heartbeat'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly code: ServerFault };

/** What came of bytes received: bytes to send back, and what happened, in order. */
export interface ServerOutput {
  readonly send: Uint8Array;
  readonly events: readonly ServerEvent[];
}

/** A TLS 1.2 server without sockets, clock or randomness of its own. */
export interface TlsServer {
  /** Takes bytes as they came, in any pieces; total. */
  readonly receive: (bytes: Uint8Array) => ServerOutput;
  /** Bytes that say something more, protected once the handshake has come that far. */
  readonly say: (message: OutgoingMessage) => Uint8Array;
  readonly seen: () => ServerSeen;
}
