import { randomInt } from 'node:crypto';
import type { DialogHistory } from '../../core/csl/checks.ts';
import type { AnswerMade, OfferAccepted, OfferMade } from '../../core/csl/key-agreement.ts';
import type { SessionKeys } from '../../core/csl/key-schedule.ts';
import type { PhoneNumber } from '../../core/csl/number.ts';
import type { DisplayedIdentifiers } from '../../core/csl/offer.ts';
import type { Direction, MediaDescription } from '../../core/sdp/media.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { PortPair } from '../media/port-pair.ts';

export type CallState = 'idle' | 'calling' | 'ringing' | 'in-call' | 'ended';

/** Who has put a call on hold (RFC 3264 section 8.4): this phone, its peer, or each the other. */
export type Held = 'none' | 'local' | 'remote' | 'both';

/** The newest call of a phone, as its screen shows it. */
export interface CallView {
  readonly state: CallState;
  readonly callId: string;
  readonly peerNumber: string;
  /** Null while nothing is verified. */
  readonly identifiers: DisplayedIdentifiers | null;
  readonly held: Held;
  /** Code of the reason a call ended otherwise than by hanging up. */
  readonly endedBy: string | null;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsRefused: number;
}

/** What the dialog's exchanges have established, from the first that verified on. */
interface Established {
  readonly peer: PhoneNumber;
  readonly history: DialogHistory;
}

/** The stream that a session description of this phone announces. */
export interface OwnStream {
  /** Synchronization source of what this phone sends; new in every exchange (interpretations I-4). */
  readonly ssrc: number;
  readonly direction: Direction;
}

/** A re-INVITE of this phone, until its 200 is acknowledged or it has failed. */
export interface OfferedChange {
  readonly kind: 'offered';
  readonly offer: OfferMade;
  readonly stream: OwnStream;
  readonly isHolding: boolean;
}

/** A re-INVITE of the peer, until its ACK or its refusal. */
export interface ReceivedChange {
  readonly kind: 'received';
  /** From the 200 on. */
  answered: {
    readonly answer: AnswerMade;
    readonly stream: OwnStream;
    readonly peerMedia: MediaDescription;
  } | null;
}

/** What the user has asked for and a re-INVITE has yet to bring about. */
interface Wish {
  readonly isHolding: boolean;
  readonly settled: PromiseWithResolvers<void>;
  /** After a 491, until the user agent says that it is time again. */
  isWaiting: boolean;
}

interface CommonCall {
  readonly callId: string;
  readonly peerNumber: string;
  /** Origin of this phone's session descriptions: one id for the dialog, a version for each (RFC 3264 section 8). */
  readonly session: { readonly id: number; version: number };
  ssrc: number;
  endedBy: string | null;
  identifiers: DisplayedIdentifiers | null;
  /** Held from before the session description that names them until the call ends. */
  ports: PortPair | null;
  /** Of the newest exchange that verified, until the call ends. */
  keys: SessionKeys | null;
  /** From verification on; its counters outlive the call. */
  media: MediaSession | null;
  established: Established | null;
  /** Whether this phone, and whether its peer, does not listen. */
  isHolding: boolean;
  isHeld: boolean;
  change: OfferedChange | ReceivedChange | null;
  wish: Wish | null;
}

/** A call that this phone makes. */
export interface OutgoingCall extends CommonCall {
  readonly role: 'caller';
  state: 'calling' | 'ringing' | 'in-call' | 'ended';
  /** Between INVITE and 200; holds the exponent. */
  pending: OfferMade | null;
}

/** What an INVITE that verified holds. */
export interface Invitation {
  readonly offer: OfferAccepted;
  readonly media: MediaDescription;
}

/** A call that this phone receives; `arriving` until its INVITE verified, and not shown before. */
export interface IncomingCall extends CommonCall {
  readonly role: 'callee';
  state: 'arriving' | 'ringing' | 'in-call' | 'ended';
  invitation: Invitation | null;
  /** Whether the user has accepted: once is enough. */
  accepting: boolean;
  /** Between 200 and ACK; holds keys that may not be used yet. */
  answered: { readonly answer: AnswerMade; readonly stream: OwnStream } | null;
}

export type Call = OutgoingCall | IncomingCall;

/** A synchronization source for the next exchange of a call, never the one before. */
export const freshSource = (before: number | null): number => {
  const source = randomInt(1, 2 ** 32);
  return source === before ? freshSource(before) : source;
};

const common = (callId: string, peerNumber: string): CommonCall => ({
  callId,
  peerNumber,
  session: { id: randomInt(1, 2 ** 31), version: 0 },
  ssrc: freshSource(null),
  endedBy: null,
  identifiers: null,
  ports: null,
  keys: null,
  media: null,
  established: null,
  isHolding: false,
  isHeld: false,
  change: null,
  wish: null,
});

export const newOutgoingCall = (callId: string, dialled: PhoneNumber): OutgoingCall => ({
  ...common(callId, dialled),
  role: 'caller',
  state: 'calling',
  pending: null,
});

/** `claimed`: the user part of From, which nothing has verified yet. */
export const newIncomingCall = (callId: string, claimed: string): IncomingCall => ({
  ...common(callId, claimed),
  role: 'callee',
  state: 'arriving',
  invitation: null,
  accepting: false,
  answered: null,
});

/** Whether a call has ended; asked again after every wait, because a call may end during it. */
export const isOver = (call: Call): boolean => call.state === 'ended';

const heldOf = (call: Call | null): Held => {
  if (call?.state !== 'in-call') return 'none';
  if (call.isHolding) return call.isHeld ? 'both' : 'local';
  return call.isHeld ? 'remote' : 'none';
};

/** What a screen shows of a call; of none, an idle phone. */
export const viewOf = (call: Call | null): CallView => {
  const counters = call?.media?.counters();
  return {
    state: call === null || call.state === 'arriving' ? 'idle' : call.state,
    callId: call?.callId ?? '',
    peerNumber: call?.peerNumber ?? '',
    identifiers: call?.identifiers ?? null,
    held: heldOf(call),
    endedBy: call?.endedBy ?? null,
    packetsSent: counters?.sent ?? 0,
    packetsReceived: counters?.received ?? 0,
    packetsRefused: counters?.refused ?? 0,
  };
};
