import { randomInt } from 'node:crypto';
import type { CreatedAnswer } from '../../core/csl/answer.ts';
import type { SessionKeys } from '../../core/csl/key-schedule.ts';
import type { PhoneNumber } from '../../core/csl/number.ts';
import type { DisplayedIdentifiers, PendingOffer, VerifiedOffer } from '../../core/csl/offer.ts';
import type { MediaDescription } from '../../core/sdp/media.ts';
import type { MediaSession } from '../media/media-session.ts';
import type { PortPair } from '../media/port-pair.ts';

export type CallState = 'idle' | 'calling' | 'ringing' | 'in-call' | 'ended';

/** The newest call of a phone, as its screen shows it. */
export interface CallView {
  readonly state: CallState;
  readonly callId: string;
  readonly peerNumber: string;
  /** Null while nothing is verified. */
  readonly identifiers: DisplayedIdentifiers | null;
  /** Code of the reason a call ended otherwise than by hanging up. */
  readonly endedBy: string | null;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsRefused: number;
}

interface CommonCall {
  readonly callId: string;
  readonly peerNumber: string;
  /** Synchronization source of what this phone sends. */
  readonly ssrc: number;
  endedBy: string | null;
  identifiers: DisplayedIdentifiers | null;
  /** Held from before the session description that names them until the call ends. */
  ports: PortPair | null;
  /** From verification until the call ends. */
  keys: SessionKeys | null;
  /** From verification on; its counters outlive the call. */
  media: MediaSession | null;
}

/** A call that this phone makes. */
export interface OutgoingCall extends CommonCall {
  readonly role: 'caller';
  state: 'calling' | 'ringing' | 'in-call' | 'ended';
  /** Between INVITE and 200; holds the exponent. */
  pending: PendingOffer | null;
}

/** What an INVITE that verified holds. */
export interface Invitation {
  readonly offer: VerifiedOffer;
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
  answered: CreatedAnswer | null;
}

export type Call = OutgoingCall | IncomingCall;

const common = (callId: string, peerNumber: string): CommonCall => ({
  callId,
  peerNumber,
  ssrc: randomInt(1, 2 ** 32),
  endedBy: null,
  identifiers: null,
  ports: null,
  keys: null,
  media: null,
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

/** What a screen shows of a call; of none, an idle phone. */
export const viewOf = (call: Call | null): CallView => {
  const counters = call?.media?.counters();
  return {
    state: call === null || call.state === 'arriving' ? 'idle' : call.state,
    callId: call?.callId ?? '',
    peerNumber: call?.peerNumber ?? '',
    identifiers: call?.identifiers ?? null,
    endedBy: call?.endedBy ?? null,
    packetsSent: counters?.sent ?? 0,
    packetsReceived: counters?.received ?? 0,
    packetsRefused: counters?.refused ?? 0,
  };
};
