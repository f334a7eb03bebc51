import type { KeyObject } from 'node:crypto';
import type { HelloSettings } from './hello.ts';
import type {
  CertificateRequestFields,
  ServerHelloFields,
  ServerKeyExchangeFields,
} from './incoming.ts';
import type { OutgoingMessage } from './outgoing.ts';
import type { IncomingRecord, RecordHooks } from './records.ts';

/** A client's certificate and the RSA key that goes with it. */
export interface ClientIdentity {
  /** DER, the client's own first. */
  readonly chain: readonly Uint8Array[];
  readonly privateKey: KeyObject;
}

/** What a later handshake needs to resume a session. */
export interface ResumableSession {
  /** 48 bytes. */
  readonly master: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly ticket: Uint8Array | null;
}

/** Where a fault can be put in; what is left out behaves honestly. */
export interface ClientHooks extends RecordHooks {
  /** Each message about to be said, as fields: what it gives is said instead, be it nothing, another or more. */
  readonly outgoing?: (message: OutgoingMessage, seen: ClientSeen) => readonly OutgoingMessage[];
  /** The premaster secret before keys are made of it. */
  readonly premaster?: (secret: Uint8Array) => Uint8Array;
  /** Told of each protected record that came, before it is opened. */
  readonly received?: (record: IncomingRecord) => void;
}

export interface ClientSettings {
  readonly hello: HelloSettings;
  /** Fresh bytes; a parameter so that a run can be repeated. */
  readonly random: (length: number) => Uint8Array;
  /** Shown when the server asks for a certificate; an empty list otherwise. */
  readonly identity?: ClientIdentity;
  readonly resume?: ResumableSession;
  /** Read the server's flight and go no further. */
  readonly stopAtServerHelloDone?: boolean;
  /** Go on where the server has not signed its parameters. */
  readonly takesUnsigned?: boolean;
  readonly hooks?: ClientHooks;
}

/** What the server has said so far. */
export interface ClientSeen {
  readonly serverHello: ServerHelloFields | null;
  /** DER, the server's own first. */
  readonly certificates: readonly Uint8Array[];
  readonly keyExchange: ServerKeyExchangeFields | null;
  /** Whether the signature over the key exchange holds; null where there is none, or none that can be checked. */
  readonly parametersSigned: boolean | null;
  readonly certificateRequest: CertificateRequestFields | null;
  readonly ticket: Uint8Array | null;
  /** What secure renegotiation binds to (RFC 5746); null before the client's Finished. */
  readonly clientVerifyData: Uint8Array | null;
  readonly negotiatedExtendedMasterSecret: boolean;
}

/** Why a client gave up. */
export type ClientFault =
  | 'garbage'
  | 'malformed'
  | 'unexpected-message'
  | 'parameters-signature'
  | 'group-too-large'
  | 'record-tag'
  | 'finished-mismatch';

export type ClientEvent =
  | { readonly kind: 'server-hello'; readonly fields: ServerHelloFields }
  | { readonly kind: 'server-hello-done' }
  | { readonly kind: 'established'; readonly resumed: boolean }
  | { readonly kind: 'application-data'; readonly bytes: Uint8Array }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number }
  | { readonly kind: 'hello-request' }
  | { readonly kind: 'heartbeat'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly code: ClientFault };

/** What came of bytes received: bytes to send back, and what happened, in order. */
export interface ClientOutput {
  readonly send: Uint8Array;
  readonly events: readonly ClientEvent[];
}

/** A TLS 1.2 client without sockets, clock or randomness of its own. */
export interface TlsClient {
  /** The first flight. */
  readonly start: () => Uint8Array;
  /** Takes bytes as they came, in any pieces; total. */
  readonly receive: (bytes: Uint8Array) => ClientOutput;
  /** Bytes that say something more, protected once the handshake has come that far. */
  readonly say: (message: OutgoingMessage) => Uint8Array;
  readonly seen: () => ClientSeen;
  /** Null before the handshake is complete. */
  readonly session: () => ResumableSession | null;
}
