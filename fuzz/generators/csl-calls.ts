import { createAnswer, verifyAnswer, type CreatedAnswer } from '../../reference/core/csl/answer.ts';
import type { DialogHistory } from '../../reference/core/csl/checks.ts';
import type { HeaderList } from '../../reference/core/csl/headers.ts';
import type { ReceivedMessage } from '../../reference/core/csl/message.ts';
import {
  createOffer,
  verifyOffer,
  type OfferContext,
  type PendingOffer,
} from '../../reference/core/csl/offer.ts';
import type { LocalParty } from '../../reference/core/csl/party.ts';
import { createReplayMemory } from '../../reference/core/csl/replay-memory.ts';
import {
  certificateNamed,
  must,
  partyOf,
} from '../../reference/core/csl/testing/vector-support.ts';
import type { Direction } from '../../reference/core/sdp/media.ts';
import { parseMedia } from '../../reference/core/sdp/media.ts';
import { writeSession } from '../../reference/core/sdp/write.ts';
import { smallRandom } from './small-random.ts';

/** Moment of every message and of its receipt, milliseconds since 1970. */
export const callTime = 1_772_366_400_000;

/** The session keys of a call as both sides have them. */
export type CallKeys = CreatedAnswer['keys'];

/** A call as it takes place when nobody interferes: its messages, and each side's state before each. */
export interface RecordedCall {
  readonly callId: string;
  readonly caller: LocalParty;
  readonly callee: LocalParty;
  /** The dialog so far, from either side's view; only in a re-INVITE. */
  readonly previous: DialogHistory | undefined;
  readonly invite: ReceivedMessage;
  readonly answer: ReceivedMessage;
  readonly ack: HeaderList;
  /** The caller's state between INVITE and 200; copy it, since it is overwritten once decided. */
  readonly pendingOffer: () => PendingOffer;
  /** The callee's state between 200 and ACK, a copy each time. */
  readonly pendingAck: () => CreatedAnswer['pending'];
  readonly keys: CallKeys;
  readonly answerHash: Uint8Array;
}

/** What a party knows when it verifies a message, with an empty memory. */
export const contextOf = (own: LocalParty, previous?: DialogHistory): OfferContext => ({
  own,
  clientAuthorities: [certificateNamed('clients')],
  now: callTime,
  elapsed: 1_000,
  replayMemory: createReplayMemory(callTime - 3_600_000),
  underWay: [],
  revocation: 'good',
  ...(previous && { previous }),
});

/** A session description of the one medium. */
export const sessionOf = (direction: Direction, port = 40_000, ssrc = 7): string =>
  writeSession({ address: '192.0.2.1', port, ssrc, direction, sessionId: 1, version: 1 });

const media = parseMedia(sessionOf('sendrecv'));
const mediaText = must(media).text;

const fresh = (seed: number) => ({
  exponent: smallRandom(seed).octets(40),
  nonce: smallRandom(seed + 1_000).octets(32),
  time: callTime,
  media: mediaText,
});

interface Order {
  readonly number: number;
  readonly caller: LocalParty;
  readonly callee: LocalParty;
  readonly callId: string;
  readonly previous?: RecordedCall;
}

const historyOf = (call: RecordedCall | undefined, own: LocalParty, peer: LocalParty) =>
  call && {
    answerHash: call.answerHash,
    ownCertificate: own.certificate.der,
    peerCertificate: peer.certificate.der,
  };

const record = ({ number, caller, callee, callId, previous }: Order): RecordedCall => {
  const received = (headers: HeaderList): ReceivedMessage => ({
    headers,
    callId,
    fromUser: caller.number,
    toUser: callee.number,
    media,
  });
  const atCaller = historyOf(previous, caller, callee);
  const atCallee = historyOf(previous, callee, caller);
  const order = { ...fresh(number), own: caller, dialled: callee.number, callId };
  const offer = must(createOffer({ ...order, ...(atCaller && { previous: atCaller }) }));
  const { pending } = offer;
  const invite = received(offer.headers);
  const context = contextOf(callee, atCallee);
  const made = must(createAnswer(must(verifyOffer(invite, context)), fresh(number + 500)));
  const answer = received(made.headers);
  const pendingOffer = (): PendingOffer => ({ ...pending, exponent: fresh(number).exponent });
  const { previous: _none, ...own } = contextOf(caller);
  const verified = must(verifyAnswer(pendingOffer(), answer, own));
  const { answerHash } = made.pending;
  const callerConfirmation = made.pending.callerConfirmation.slice();
  return {
    callId,
    caller,
    callee,
    previous: atCallee,
    invite,
    answer,
    ack: verified.ackHeaders,
    pendingOffer,
    pendingAck: () => ({ answerHash, callerConfirmation: callerConfirmation.slice() }),
    keys: made.keys,
    answerHash,
  };
};

/** Names of certificates of the fixtures, most of them wrong in one thing. */
export const certificateNames: readonly string[] = (
  'a b c a-renewed a-ski-wrong a-ski-none a-cn-noplus a-cn-two a-cn-none a-expired a-future a-by-servers a-by-root ' +
  'a-by-rogue a-self-signed a-authority a-server-use a-3072 a-e3 a-ec clients root servers clients-next'
).split(' ');

/** The users, of whom any may be handed any message. */
export interface CallWorld {
  readonly users: readonly LocalParty[];
  readonly calls: readonly RecordedCall[];
}

let world: CallWorld | null = null;

/** Six calls among three users: two between the same, one each way, a third party's, and a change during the first. Made once. */
export const callWorld = (): CallWorld => {
  if (world !== null) return world;
  const party = (name: string): LocalParty =>
    partyOf({ certificate: name, chain: 'clients', key: name });
  const [a, b, c] = [party('a'), party('b'), party('c')];
  const first = record({ number: 1, caller: a, callee: b, callId: 'call-1@192.0.2.1' });
  world = {
    users: [a, b, c],
    calls: [
      first,
      record({ number: 2, caller: a, callee: b, callId: 'call-2@192.0.2.1' }),
      record({ number: 3, caller: a, callee: c, callId: 'call-3@192.0.2.1' }),
      record({ number: 4, caller: c, callee: b, callId: 'call-4@192.0.2.3' }),
      record({ number: 5, caller: b, callee: a, callId: 'call-5@192.0.2.2' }),
      record({ number: 6, caller: a, callee: b, callId: first.callId, previous: first }),
    ],
  };
  return world;
};
