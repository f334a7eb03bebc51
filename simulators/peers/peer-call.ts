import { randomInt } from 'node:crypto';
import { SessionState, type Core, type Session, type SessionDescriptionHandler } from 'sip.js';
import { utf8 } from '../../reference/core/bytes.ts';
import { readSdp, type OfferedMedia } from '../attackers/call-sdp.ts';
import type { CslHeaderName, HeaderPairs } from '../attackers/csl-exchange.ts';
import type { Agreement } from './agreement.ts';
import type { Audio, AudioCounters } from './audio.ts';
import { sends, writeDescription, type Direction, type OwnDescription } from './description.ts';

export type PeerCallState = 'idle' | 'calling' | 'ringing' | 'in-call' | 'ended';

/** What the peer's screen shows of its newest call. */
export interface PeerCallView extends AudioCounters {
  readonly state: PeerCallState;
  readonly callId: string;
  readonly peerNumber: string;
  readonly identifiers: Agreement['identifiers'] | null;
  /** Why it ended otherwise than by hanging up: a status, such as `sip/486`, or what of the agreement was wrong. */
  readonly endedBy: string | null;
  /** Own direction of the audio as agreed last. */
  readonly direction: Direction;
}

/** A call of the peer, either way. */
export interface PeerCall {
  readonly session: Session;
  readonly callId: string;
  readonly peerNumber: string;
  readonly audio: Audio;
  state: Exclude<PeerCallState, 'idle'>;
  endedBy: string | null;
  own: OwnDescription;
  remote: OfferedMedia | null;
  /** The last that verified. */
  agreement: Agreement | null;
  /** What waits for the ACK. */
  unconfirmed: Agreement | null;
}

export const newPeerCall = (
  session: Session,
  names: { readonly callId: string; readonly peerNumber: string },
  audio: Audio,
  host: string,
  state: 'calling' | 'ringing',
): PeerCall => ({
  session,
  ...names,
  audio,
  state,
  endedBy: null,
  own: {
    host,
    port: audio.port,
    ssrc: randomInt(1, 2 ** 32),
    direction: 'sendrecv',
    version: 1,
  },
  remote: null,
  agreement: null,
  unconfirmed: null,
});

/** The description of the next offer or answer: another version and SSRC (I-9). */
export const nextDescription = (call: PeerCall, direction: Direction): OwnDescription => ({
  ...call.own,
  direction,
  ssrc: randomInt(1, 2 ** 32),
  version: call.own.version + 1,
});

/** Puts keys to use that both sides have proved. */
export const useAgreement = (call: PeerCall, agreement: Agreement): void => {
  const { sending, receiving } = agreement;
  const { ssrc, direction } = call.own;
  call.agreement = agreement;
  call.unconfirmed = null;
  call.state = 'in-call';
  call.audio.start({
    peer: call.remote?.peer ?? null,
    sending,
    receiving,
    ssrc,
    sends: sends(direction),
  });
};

/** Marks the end; what is done here is done once. */
export const endCall = (call: PeerCall, reason: string | null): void => {
  if (call.state === 'ended') return;
  call.state = 'ended';
  call.endedBy = reason;
  call.unconfirmed = null;
  call.audio.close();
};

/** Milliseconds to wait for the answer to a BYE. */
const byeDeadline = 2_000;

/** BYE of a session that stands; resolves with its answer, whatever that is, or without one at the deadline. */
export const sayBye = async (session: Session): Promise<void> => {
  if (session.state !== SessionState.Established) return;
  const answered = Promise.withResolvers<void>();
  const settle = (): void => answered.resolve();
  const timer = setTimeout(settle, byeDeadline);
  await session
    .bye({ requestDelegate: { onAccept: settle, onReject: settle } })
    .then(() => answered.promise)
    .catch(() => undefined);
  clearTimeout(timer);
};

export const viewOf = (call: PeerCall | null): PeerCallView => ({
  state: call?.state ?? 'idle',
  callId: call?.callId ?? '',
  peerNumber: call?.peerNumber ?? '',
  identifiers: call?.agreement?.identifiers ?? null,
  endedBy: call?.endedBy ?? null,
  direction: call?.own.direction ?? 'inactive',
  ...(call?.audio.counters() ?? { packetsSent: 0, packetsReceived: 0, packetsRefused: 0 }),
});

/** How sip.js asks for and gives session descriptions. */
export const descriptionsOf = (call: PeerCall): SessionDescriptionHandler => ({
  close: () => undefined,
  hasDescription: (contentType) => contentType === 'application/sdp',
  getDescription: async () => ({
    body: writeDescription(call.own),
    contentType: 'application/sdp',
  }),
  async setDescription(sdp) {
    const read = readSdp(utf8(sdp));
    if (!read) throw new Error('a session description that is not of I-3’s form');
    call.remote = read;
  },
  sendDtmf: () => false,
});

const headerNames: readonly CslHeaderName[] = [
  'X-CSL-From',
  'X-CSL-From-Chain',
  'X-CSL-Info1',
  'X-CSL-Info2',
];

/** The X-CSL headers of a message that sip.js has parsed. */
export const cslHeadersOf = (message: Core.IncomingMessage): HeaderPairs =>
  headerNames.flatMap((name) => message.getHeaders(name).map((value) => [name, value] as const));

/** Headers as sip.js takes them. */
export const headerLines = (pairs: HeaderPairs): string[] =>
  pairs.map(([name, value]) => `${name}: ${value}`);

/** User part of a URI that sip.js has parsed. */
export const userOf = (name: Core.IncomingMessage['from']): string => name.uri.user ?? '';
