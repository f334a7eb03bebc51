import type { Fault, Result } from '../../result.ts';
import type { IdentityRule } from './identity.ts';
import type { SipMessage } from '../message/message.ts';

/** Names one TLS connection for as long as it lives; never reused. */
export type ConnectionId = string;

/** The other end of a TLS connection. */
export interface Peer {
  /** CommonName of its verified certificate. */
  readonly commonName: string;
  readonly address: string;
  readonly port: number;
}

/** A body on its way through the proxy. */
export interface BodyContext {
  readonly callId: string;
  /** An offer goes from `fromNumber` to `toNumber`, the answer back. */
  readonly direction: 'offer' | 'answer';
  /** Sender of the INVITE. */
  readonly fromNumber: string;
  /** Receiver of the INVITE. */
  readonly toNumber: string;
  /** Addresses of the two phones' TLS connections. */
  readonly fromAddress: string;
  readonly toAddress: string;
  /** The INVITE or its 18x or 2xx response, before the change. */
  readonly message: SipMessage;
}

/** Gives the body to send on, undefined to leave it as it is, or a fault: the INVITE gets 488, an answer is not passed on. */
export type BodyRewriter = (context: BodyContext) => Result<Uint8Array | undefined>;

export interface RegistrarProxyConfig {
  /** Hosts for which this server is responsible: its domain, its addresses. */
  readonly domains: readonly string[];
  /** Host and port that it writes into Via and Record-Route. */
  readonly host: string;
  readonly port: number;
  /** A fresh unguessable token at every call: at least 64 bits, letters and digits only. */
  readonly random: () => string;
  /** Who may send a request; `commonNameOwnsFrom` when absent. */
  readonly identityRule?: IdentityRule;
  /** Changes the bodies of INVITE and of its 18x and 2xx responses; unchanged when absent. */
  readonly rewriteBody?: BodyRewriter;
  /** Tells 404 from 480; every number counts as known when absent. */
  readonly isKnownNumber?: (number: string) => boolean;
  /** Seconds. */
  readonly minimumExpires?: number;
  readonly maximumExpires?: number;
  /** Milliseconds; 12 hours when absent. */
  readonly maximumCallDuration?: number;
  /**
   * Beyond so many transactions, those that answered within 64*T1 included, 503; 50,000 when absent. The last quarter is for
   * users that hold fewer than `maximumTransactionsPerUser` of them.
   */
  readonly maximumTransactions?: number;
  /** Beyond so many transactions under way of one user, 503; 32 when absent. */
  readonly maximumTransactionsPerUser?: number;
  /** Beyond so many calls under way, 503; 10,000 when absent. */
  readonly maximumCalls?: number;
  /** Beyond so many calls under way that one user began, 503; 8 when absent. */
  readonly maximumCallsPerUser?: number;
  /** Milliseconds since 1970, for Date in answers to REGISTER; without it, none. */
  readonly clock?: () => number;
}

/** What happens to the proxy. Times are milliseconds of one clock that never goes back. */
export type RegistrarProxyInput =
  | {
      readonly kind: 'message';
      readonly connection: ConnectionId;
      readonly peer: Peer;
      readonly message: SipMessage | Uint8Array;
    }
  /** A stream that can be read no further: its head is answered if it is a request's; the connection is the adapter's to close. */
  | {
      readonly kind: 'unreadable';
      readonly connection: ConnectionId;
      readonly peer: Peer;
      readonly head: Uint8Array;
      readonly fault: Fault;
    }
  /** A message above the connection's rate: a request gets 503; the connection is the adapter's to close. */
  | {
      readonly kind: 'overload';
      readonly connection: ConnectionId;
      readonly peer: Peer;
      readonly message: Uint8Array;
    }
  | { readonly kind: 'connection-closed'; readonly connection: ConnectionId }
  /** The number's certificate was revoked: its connections are closed and its calls end at once. */
  | { readonly kind: 'revoke'; readonly number: string }
  /** The service is about to stop: every call ends, none begins any more (503). `text` is the Reason's, for people. */
  | { readonly kind: 'end-calls'; readonly text: string }
  | { readonly kind: 'tick' };

export type CallEndReason =
  | 'bye'
  | 'failed'
  | 'expired'
  | 'connection-lost'
  | 'revoked'
  | 'stopped';

export type RegistrarProxyOutput =
  | { readonly kind: 'send'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly connection: ConnectionId }
  /** For the log. */
  | {
      readonly kind: 'refused';
      /** Stable, such as `sip/identity`. */
      readonly code: string;
      readonly detail: string;
      /** CommonName of the client, where there is one. */
      readonly user?: string;
      readonly connection?: ConnectionId;
      readonly callId?: string;
    }
  /** Call again with `tick` at this time; replaces any earlier request. */
  | { readonly kind: 'wake'; readonly at: number }
  | {
      readonly kind: 'registered';
      readonly number: string;
      readonly connection: ConnectionId;
      readonly address: string;
    }
  | { readonly kind: 'unregistered'; readonly number: string }
  /** An INVITE is about to be forwarded. */
  | {
      readonly kind: 'call-started';
      readonly callId: string;
      readonly fromNumber: string;
      readonly toNumber: string;
    }
  | { readonly kind: 'call-answered'; readonly callId: string }
  /** Whatever was kept for the call can be freed; comes once for each `call-started`. */
  | { readonly kind: 'call-ended'; readonly callId: string; readonly reason: CallEndReason };

/** Where a registered number is reached (RFC 3261 section 10.3). */
export interface Location {
  readonly number: string;
  readonly connection: ConnectionId;
  /** The Contact URI as written. */
  readonly contact: string;
  /** When it first registered on this connection, milliseconds. */
  readonly since: number;
  /** Milliseconds. */
  readonly expiresAt: number;
}

/** A call under way. */
export interface CallUnderWay {
  readonly callId: string;
  readonly caller: string;
  readonly callee: string;
  /** When its INVITE came, milliseconds. */
  readonly since: number;
  readonly isAnswered: boolean;
}

export interface ProxyHoldings {
  readonly bindings: number;
  /** Client and server transactions, and the proxy's own. */
  readonly transactions: number;
  /** Under way, or ended less than 64*T1 ago. */
  readonly calls: number;
  /** Of whom anything is counted. */
  readonly users: number;
  /** Milliseconds. */
  readonly nextTimer: number | undefined;
}

export interface RegistrarProxy {
  /** Takes one input at time `now` (milliseconds) and gives what follows from it, in order. */
  handle(input: RegistrarProxyInput, now: number): readonly RegistrarProxyOutput[];
  /** Numbers registered now. */
  locations(): readonly Location[];
  /** Calls under way now, oldest first. */
  calls(): readonly CallUnderWay[];
  /** How many BYEs and CANCELs of its own await their answer. */
  farewells(): number;
  /** How much it holds, connections aside; all zero when nobody is registered and 64*T1 have passed. */
  holdings(): ProxyHoldings;
}
