import type { HeaderPairs, SipMessage, SipRequest, SipResponse } from '../message/message.ts';

export interface UserAgentConfig {
  /** Own number, the user part of From and Contact. */
  readonly number: string;
  /** Host of the signalling server, as URIs name it. */
  readonly domain: string;
  /** Own Contact URI, such as `sip:+33612345678@10.0.0.2:40000;transport=tls`; its host and port also go into Via. */
  readonly contact: string;
  /** A fresh unguessable token at every call: at least 64 bits, letters and digits only. */
  readonly random: () => string;
  /** Seconds asked for at registration; 3600 when absent. */
  readonly expires?: number;
  /** Sent as User-Agent when given. */
  readonly userAgent?: string;
  /** A fresh number in [0, 1) at every call, for random waits; made of `random` when absent. */
  readonly uniform?: () => number;
  /** Milliseconds until an incoming call that nobody accepts is answered 480; 180,000 when absent. */
  readonly answerLimit?: number;
}

/** What happens to a user agent. Times are milliseconds of one clock that never goes back. */
export type UserAgentInput =
  /** `contact`: the Contact URI of this connection, when its port is another than before. */
  | { readonly kind: 'connection-up'; readonly contact?: string }
  | { readonly kind: 'connection-down' }
  | { readonly kind: 'message'; readonly message: SipMessage | Uint8Array }
  | { readonly kind: 'tick' }
  | UserAgentCommand;

/** What the application asks for. A command that does not fit the state gives the event `refused`, code `sip/state`. */
export type UserAgentCommand =
  | { readonly kind: 'register' }
  | { readonly kind: 'unregister' }
  | {
      readonly kind: 'invite';
      /** The number dialled. */
      readonly number: string;
      /** A fresh Call-ID chosen by the application, which signs it; random when absent. */
      readonly callId?: string;
      readonly headers?: HeaderPairs;
      readonly body: Uint8Array;
    }
  /** Sends 180. */
  | { readonly kind: 'ring' }
  /** Sends 200, until the ACK comes. */
  | { readonly kind: 'accept'; readonly headers?: HeaderPairs; readonly body: Uint8Array }
  /** Refuses an incoming call or re-INVITE with a final status, 400 to 699, and says why in headers such as Warning. */
  | { readonly kind: 'reject'; readonly status: number; readonly headers?: HeaderPairs }
  /**
   * Offers the session of an established call anew (RFC 3261 section 14.1). Refused with `re-invite-failed` 491 while
   * another INVITE transaction of this dialog is under way.
   */
  | { readonly kind: 're-invite'; readonly headers?: HeaderPairs; readonly body: Uint8Array }
  /** After `answered` or `re-answered`: ACK with extra headers; the call stands. */
  | { readonly kind: 'acknowledge'; readonly headers?: HeaderPairs }
  /** After `answered` or `re-answered`: ACK without extra headers, then BYE. */
  | { readonly kind: 'acknowledge-and-end' }
  /** Gives up an unanswered outgoing call, or an unanswered re-INVITE of this phone. */
  | { readonly kind: 'cancel' }
  /** Ends the call in whatever way its state asks for: CANCEL, refusal, or BYE. */
  | { readonly kind: 'hang-up' };

export type UserAgentEvent =
  /** Seconds: `expires` until the binding ends, `flowTimer` between keep-alives when the registrar names it (RFC 5626). */
  | { readonly kind: 'registered'; readonly expires: number; readonly flowTimer?: number }
  /** The status, 408 without answer, 503 without connection; seconds that the registrar wants to be left alone. */
  | {
      readonly kind: 'registration-failed';
      readonly status: number;
      readonly retryAfter?: number;
    }
  | { readonly kind: 'registration-lost' }
  | { readonly kind: 'unregistered' }
  | { readonly kind: 'incoming-invite'; readonly callId: string; readonly message: SipRequest }
  | { readonly kind: 'progress'; readonly callId: string; readonly message: SipResponse }
  | { readonly kind: 'answered'; readonly callId: string; readonly message: SipResponse }
  /** An outgoing call came to nothing: the status received, 408 without answer, 487 cancelled, 503 without connection. */
  | { readonly kind: 'call-failed'; readonly callId: string; readonly status: number }
  /** The ACK of an accepted call; only the first decides, and only it is given. */
  | { readonly kind: 'acknowledged'; readonly callId: string; readonly message: SipRequest }
  /** The caller gave up before the call was accepted. */
  | { readonly kind: 'cancelled'; readonly callId: string }
  /** A re-INVITE of the peer: `accept` or `reject` answers it, and rejecting leaves the call as it was. */
  | { readonly kind: 're-invited'; readonly callId: string; readonly message: SipRequest }
  /** The peer took its re-INVITE back, or the connection was lost before it was accepted: the call is as it was. */
  | { readonly kind: 're-invite-cancelled'; readonly callId: string }
  /** 2xx to a re-INVITE of this phone: `acknowledge` or `acknowledge-and-end` follows. */
  | { readonly kind: 're-answered'; readonly callId: string; readonly message: SipResponse }
  /** The ACK of an accepted re-INVITE; the first only. */
  | { readonly kind: 're-acknowledged'; readonly callId: string; readonly message: SipRequest }
  /** A re-INVITE of this phone came to nothing and the call is as it was: the status, 408 without answer, 503 without connection. */
  | { readonly kind: 're-invite-failed'; readonly callId: string; readonly status: number }
  /** After a 491 and the random wait of RFC 3261 section 14.1: time to try again, with fresh values. */
  | { readonly kind: 're-invite-due'; readonly callId: string }
  /** The peer hung up. */
  | { readonly kind: 'bye'; readonly callId: string; readonly message: SipRequest }
  /** The call ended from this side. */
  | { readonly kind: 'ended'; readonly callId: string; readonly reason: EndReason }
  /** Something received or commanded was refused; for the log. */
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly detail: string;
      /** Of the message refused, when it has one that can be read. */
      readonly callId?: string;
    };

/**
 * `peer-lost`: a request inside the dialog got 481, 408 or no answer (RFC 3261 section 12.2.1.2). `no-answer`: nobody
 * accepted an incoming call in time, and 480 was sent.
 */
export type EndReason =
  | 'local'
  | 'rejected'
  | 'ack-timeout'
  | 'connection-lost'
  | 'peer-lost'
  | 'no-answer';

export type UserAgentOutput =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Call again with `tick` at this time; replaces any earlier request. */
  | { readonly kind: 'wake'; readonly at: number }
  | UserAgentEvent;

export interface UserAgent {
  /** Takes one input at time `now` (milliseconds) and gives what follows from it, in order. */
  handle(input: UserAgentInput, now: number): readonly UserAgentOutput[];
  /** Whether a registration stands. */
  registered(): boolean;
  /** Call-ID of the call under way. */
  currentCallId(): string | undefined;
}
