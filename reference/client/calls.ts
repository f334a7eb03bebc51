import { randomBytes, randomInt } from 'node:crypto';
import { toHex } from '../core/bytes.ts';
import type { PhoneNumber } from '../core/csl/number.ts';
import { parseNumber } from '../core/csl/number.ts';
import { createAnswer, verifyAnswer } from '../core/csl/answer.ts';
import { verifyConfirmation } from '../core/csl/confirmation.ts';
import { wipeSessionKeys, type SessionKeys } from '../core/csl/key-schedule.ts';
import { peekCertificate, type ReceivedMessage } from '../core/csl/message.ts';
import {
  createOffer,
  verifyOffer,
  type DisplayedIdentifiers,
  type VerifiedOffer,
} from '../core/csl/offer.ts';
import type { LocalParty } from '../core/csl/party.ts';
import { createReplayMemory } from '../core/csl/replay-memory.ts';
import { statusFor } from '../core/csl/refusal.ts';
import type { Certificate } from '../core/pki/certificate.ts';
import type { MediaDescription } from '../core/sdp/media.ts';
import { mediaText, parseMedia } from '../core/sdp/media.ts';
import { writeSession } from '../core/sdp/write.ts';
import { allHeaders, header, type SipMessage } from '../core/sip/message.ts';
import { parseNameAddress } from '../core/sip/name-address.ts';
import { userOf } from '../core/sip/uri.ts';
import type { UserAgentCommand, UserAgentEvent } from '../core/sip/user-agent.ts';
import { startMedia, type MediaSession } from './media/media-session.ts';
import { openPortPair, type PortPair } from './media/port-pair.ts';
import type { PhoneLogs, PhoneParts } from './parts.ts';

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

/** What the calls of a phone work with. */
export interface CallsOptions {
  readonly own: LocalParty;
  readonly clientAuthorities: readonly Certificate[];
  /** Address that media sockets bind to. */
  readonly host: string;
  readonly parts: PhoneParts;
  readonly logs: PhoneLogs;
  readonly command: (command: UserAgentCommand) => void;
  /** Called after every change of what {@link Calls.view} shows. */
  readonly changed: () => void;
}

/** The calls of a registered phone, one at a time. */
export interface Calls {
  dial(number: string): Promise<void>;
  answer(): Promise<void>;
  hangUp(): void;
  setAutoAnswer(answer: boolean): void;
  onEvent(event: UserAgentEvent): void;
  view(): CallView;
  /** Ends media and frees the ports. */
  close(): Promise<void>;
}

type Pending = Extract<ReturnType<typeof createOffer>, { ok: true }>['value']['pending'];
type Answered = Extract<ReturnType<typeof createAnswer>, { ok: true }>['value'];

interface Call {
  readonly callId: string;
  readonly role: 'caller' | 'callee';
  readonly peerNumber: string;
  readonly ssrc: number;
  state: CallState;
  endedBy: string | null;
  identifiers: DisplayedIdentifiers | null;
  ports: PortPair | null;
  portsClosed: Promise<void>;
  /** As caller, between INVITE and 200. */
  pending: Pending | null;
  /** As callee, once the INVITE verified. */
  offer: VerifiedOffer | null;
  /** As callee, between 200 and ACK. */
  answered: Answered | null;
  peerMedia: MediaDescription | null;
  keys: SessionKeys | null;
  media: MediaSession | null;
  lastCounters: { readonly sent: number; readonly received: number; readonly refused: number };
}

const noCounters = { sent: 0, received: 0, refused: 0 } as const;

const newCall = (
  role: Call['role'],
  callId: string,
  peerNumber: string,
  state: CallState,
): Call => ({
  callId,
  role,
  peerNumber,
  ssrc: randomInt(1, 2 ** 32),
  state,
  endedBy: null,
  identifiers: null,
  ports: null,
  portsClosed: Promise.resolve(),
  pending: null,
  offer: null,
  answered: null,
  peerMedia: null,
  keys: null,
  media: null,
  lastCounters: noCounters,
});

const userPart = (message: SipMessage, name: string): string => {
  const address = parseNameAddress(header(message, name) ?? '');
  return (address.ok ? userOf(address.value.uri) : undefined) ?? '';
};

const received = (message: SipMessage): ReceivedMessage => ({
  headers: allHeaders(message),
  callId: header(message, 'Call-ID') ?? '',
  fromUser: userPart(message, 'From'),
  toUser: userPart(message, 'To'),
  media: parseMedia(message.body),
});

/** Fresh values of one message; the exponent goes into the key agreement log where a testbed keeps one. */
const freshValues = (role: Call['role'], callId: string, logs: PhoneLogs) => {
  const exponent = new Uint8Array(randomBytes(64));
  logs.keyAgreement?.({ callId, role, exponent: toHex(exponent) });
  return { exponent, nonce: new Uint8Array(randomBytes(32)), time: Date.now() };
};

const sessionOf = (call: Call, host: string): Uint8Array =>
  new TextEncoder().encode(
    writeSession({
      address: host,
      port: call.ports?.port ?? 0,
      ssrc: call.ssrc,
      direction: 'sendrecv',
      sessionId: randomInt(1, 2 ** 31),
      version: 1,
    }),
  );

const sdpHeader = ['Content-Type', 'application/sdp'] as const;

/** Handles the calls of one phone: key agreement before any audio, one call at a time (interpretations I-1 to I-4, I-9). */
export const createCalls = (options: CallsOptions): Calls => {
  const { own, parts, logs, command, changed, host } = options;
  const replayMemory = createReplayMemory(Date.now());
  let call: Call | null = null;
  let autoAnswer = false;

  const isCurrent = (candidate: Call): boolean => call === candidate && candidate.state !== 'ended';

  const finish = (ending: Call, endedBy: string | null): void => {
    if (ending.state === 'ended') return;
    const { ports } = ending;
    ending.ports = null;
    if (ending.media) ending.lastCounters = ending.media.counters();
    const mediaEnded = ending.media?.end();
    ending.media = null;
    ending.pending?.exponent.fill(0);
    ending.answered?.pending.callerConfirmation.fill(0);
    if (ending.keys) wipeSessionKeys(ending.keys);
    if (ending.answered) wipeSessionKeys(ending.answered.keys);
    ending.keys = ending.answered = ending.pending = null;
    ending.endedBy = endedBy;
    ending.state = 'ended';
    ending.portsClosed = Promise.resolve(mediaEnded).then(() => ports?.close());
    changed();
  };

  const refuse = (code: string, detail: string): void =>
    logs.refusal({ at: Date.now(), code, detail });

  /** Identifiers and audio begin at the same moment: when the peer has verified (interpretations I-9). */
  const begin = (verified: Call, keys: SessionKeys, identifiers: DisplayedIdentifiers): void => {
    const { ports, peerMedia, role } = verified;
    if (!ports || !peerMedia) return;
    verified.keys = keys;
    verified.identifiers = identifiers;
    verified.state = 'in-call';
    logs.mediaKeys?.(keys);
    verified.media = startMedia({
      suite: parts.suite,
      ports,
      peer: peerMedia,
      ownKey: role === 'caller' ? keys.callerToCallee : keys.calleeToCaller,
      peerKey: role === 'caller' ? keys.calleeToCaller : keys.callerToCallee,
      ssrc: verified.ssrc,
      firstSequence: randomInt(0, 2 ** 15),
      firstTimestamp: randomInt(0, 2 ** 32),
      cname: toHex(new Uint8Array(randomBytes(8))),
      onAudio: changed,
    });
    changed();
  };

  const context = async (message: ReceivedMessage) => {
    const certificate = peekCertificate(message.headers);
    const revocation = certificate.ok ? await parts.revocation(certificate.value) : 'not-consulted';
    const { pending, answered } = call ?? {};
    return {
      clientAuthorities: options.clientAuthorities,
      now: Date.now(),
      underWay: [...(pending ? [pending] : []), ...(answered ? [answered.underWay] : [])],
      revocation,
    } as const;
  };

  const accept = async (ringing: Call): Promise<void> => {
    const { offer } = ringing;
    if (!offer || ringing.state !== 'ringing' || ringing.answered || ringing.ports) return;
    const ports = await openPortPair(host);
    if (!isCurrent(ringing)) return void ports.close();
    ringing.ports = ports;
    const answered = createAnswer(offer, {
      ...freshValues('callee', ringing.callId, logs),
      media: mediaText('sendrecv'),
    });
    if (!answered.ok)
      throw new Error(`phone ${own.number}: the answer cannot be made: ${answered.error.code}`);
    ringing.answered = answered.value;
    command({
      kind: 'accept',
      headers: [...answered.value.headers, sdpHeader],
      body: sessionOf(ringing, host),
    });
  };

  const incoming = async (message: SipMessage, callId: string): Promise<void> => {
    const invite = received(message);
    const ringing = newCall('callee', callId, invite.fromUser, 'idle');
    const before = call;
    const verifying = await context(invite);
    if (call !== before) return;
    const offer = verifyOffer(
      invite,
      { ...verifying, own, elapsed: performance.now(), replayMemory },
      parts.offerChecks,
    );
    if (!offer.ok) {
      refuse(`csl/${offer.error.code}`, `INVITE from ${invite.fromUser}`);
      command({ kind: 'reject', status: statusFor(offer.error.code) });
      return;
    }
    ringing.offer = offer.value;
    ringing.peerMedia = invite.media.ok ? invite.media.value : null;
    ringing.state = 'ringing';
    call = ringing;
    command({ kind: 'ring' });
    changed();
    if (autoAnswer) await accept(ringing);
  };

  const answered = async (message: SipMessage, calling: Call): Promise<void> => {
    const { pending } = calling;
    if (!pending) return;
    const answer = received(message);
    const verified = verifyAnswer(
      pending,
      answer,
      { ...(await context(answer)), underWay: [] },
      parts.answerChecks,
    );
    if (!isCurrent(calling)) return;
    calling.pending = null;
    if (!verified.ok) {
      refuse(`csl/${verified.error.code}`, `200 of the call to ${calling.peerNumber}`);
      command({ kind: 'acknowledge-and-end' });
      finish(calling, `csl/${verified.error.code}`);
      return;
    }
    calling.peerMedia = answer.media.ok ? answer.media.value : null;
    command({ kind: 'acknowledge', headers: verified.value.ackHeaders });
    begin(calling, verified.value.keys, verified.value.displayed);
  };

  const acknowledged = (message: SipMessage, ringing: Call): void => {
    const { answered: sent, offer } = ringing;
    if (!sent || !offer) return;
    const confirmed = verifyConfirmation(
      sent.pending,
      allHeaders(message),
      parts.confirmationChecks,
    );
    if (confirmed.ok) {
      begin(ringing, sent.keys, offer.displayed);
      return;
    }
    refuse(`csl/${confirmed.error.code}`, `ACK of the call from ${ringing.peerNumber}`);
    command({ kind: 'hang-up' });
    finish(ringing, `csl/${confirmed.error.code}`);
  };

  const failed = (error: unknown): void => {
    const detail = error instanceof Error ? error.message : String(error);
    refuse('phone/fault', detail);
    command({ kind: 'hang-up' });
    if (call) finish(call, 'phone/fault');
  };

  const place = async (dialled: PhoneNumber): Promise<void> => {
    const callId = toHex(new Uint8Array(randomBytes(16)));
    const calling = newCall('caller', callId, dialled, 'calling');
    const offer = createOffer({
      ...freshValues('caller', callId, logs),
      own,
      dialled,
      callId,
      media: mediaText('sendrecv'),
    });
    if (!offer.ok)
      throw new Error(`phone ${own.number}: cannot call ${dialled}: ${offer.error.code}`);
    calling.pending = offer.value.pending;
    call = calling;
    calling.ports = await openPortPair(host);
    command({
      kind: 'invite',
      number: dialled,
      callId,
      headers: [...offer.value.headers, sdpHeader],
      body: sessionOf(calling, host),
    });
    changed();
  };

  return {
    async dial(number) {
      if (call && call.state !== 'ended')
        throw new Error(`phone ${own.number}: a call is under way; hang up first`);
      const dialled = parseNumber(number);
      if (!dialled.ok)
        throw new Error(
          `phone ${own.number}: ${JSON.stringify(number)} is no number; dial + and up to 15 digits`,
        );
      await place(dialled.value);
    },
    answer: async () => (call ? accept(call) : undefined),
    hangUp() {
      if (!call || call.state === 'ended') return;
      finish(call, null);
      command({ kind: 'hang-up' });
    },
    setAutoAnswer(answer) {
      autoAnswer = answer;
    },
    onEvent(event) {
      switch (event.kind) {
        case 'incoming-invite':
          incoming(event.message, event.callId).catch(failed);
          break;
        case 'answered':
          if (call) answered(event.message, call).catch(failed);
          break;
        case 'acknowledged':
          if (call) acknowledged(event.message, call);
          break;
        case 'progress':
          if (call?.state === 'calling') call.state = 'ringing';
          changed();
          break;
        case 'call-failed':
          if (call) finish(call, `sip/${event.status}`);
          break;
        case 'cancelled':
        case 'bye':
          if (call) finish(call, null);
          break;
        case 'ended':
          if (call) finish(call, event.reason === 'local' ? null : `sip/${event.reason}`);
          break;
        case 'refused':
          refuse(event.code, event.detail);
          break;
        case 'registered':
        case 'registration-failed':
        case 'registration-lost':
        case 'unregistered':
          break;
      }
    },
    view() {
      const counters = call?.media?.counters() ?? call?.lastCounters ?? noCounters;
      return {
        state: call?.state ?? 'idle',
        callId: call?.callId ?? '',
        peerNumber: call?.peerNumber ?? '',
        identifiers: call?.identifiers ?? null,
        endedBy: call?.endedBy ?? null,
        packetsSent: counters.sent,
        packetsReceived: counters.received,
        packetsRefused: counters.refused,
      };
    },
    async close() {
      if (call) finish(call, null);
      await call?.portsClosed;
    },
  };
};
