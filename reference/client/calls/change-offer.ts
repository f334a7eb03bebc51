import { wipeSessionKeys } from '../../core/csl/key-schedule.ts';
import type { ReceivedMessage } from '../../core/csl/message.ts';
import { fault } from '../../core/result.ts';
import type { Direction } from '../../core/sdp/media.ts';
import { answers, directionToOffer, isOnHoldBy, mirrored } from '../../core/sdp/offer-answer.ts';
import type { SipMessage } from '../../core/sip/message/message.ts';
import { freshSource, type Call } from './call.ts';
import { changeConversation } from './conversation.ts';
import { abandonChange } from './ending.ts';
import { receivedMessage, sdpHeader, sessionOf, verifyingContext } from './exchange.ts';
import { refuse, type Line } from './line.ts';
import { makeOffer, refuseAnswer } from './outgoing.ts';

/**
 * Sends the re-INVITE that a wish asks for, unless another is under way (RFC 3261 section 14.1) or the wait after a 491 is
 * not over; then this is called again. Every try is a fresh exchange (interpretations I-9).
 */
export const pursueWish = (line: Line, call: Call): void => {
  const { wish, change, established, ports } = call;
  if (!wish || wish.isWaiting || change || !established || !ports) return;
  const direction = directionToOffer(wish.isHolding, call.isHeld);
  const stream = { ssrc: freshSource(call.ssrc), direction };
  const offer = makeOffer(line, call, established.peer, stream, established.history);
  call.change = { kind: 'offered', offer, stream, isHolding: wish.isHolding };
  const headers = [...offer.headers, sdpHeader];
  const body = sessionOf(line, call, ports.port, stream);
  line.command({ kind: 're-invite', headers, body });
};

/**
 * Puts the peer on hold, or resumes; resolves once the peer has agreed and verified, rejects with one line where it does not
 * or the call ends. After a 491 it is tried again.
 */
export const setHolding = async (line: Line, isHolding: boolean): Promise<void> => {
  const { shown: call, own } = line;
  if (call?.state !== 'in-call')
    throw new Error(`phone ${own.number}: there is no conversation to hold or resume; call first`);
  if (call.wish)
    throw new Error(`phone ${own.number}: hold or resume is under way; wait until it is done`);
  if (call.isHolding === isHolding) return;
  const settled = Promise.withResolvers<void>();
  call.wish = { isHolding, settled, isWaiting: false };
  try {
    pursueWish(line, call);
  } catch (error) {
    call.wish = null;
    throw error;
  }
  await settled.promise;
};

/** A re-INVITE that came to nothing: keys and state stay; after a 491 the wish waits (RFC 3261 section 14.1). */
export const receiveChangeFailure = (line: Line, call: Call, status: number): void => {
  if (call.change?.kind !== 'offered') return;
  abandonChange(call);
  const { wish } = call;
  if (wish && status === 491) {
    wish.isWaiting = true;
    return;
  }
  call.wish = null;
  refuse(line, `sip/${status}`, `re-INVITE to ${call.peerNumber} failed`);
  const reason = `phone ${line.own.number}: ${call.peerNumber} did not agree: sip/${status}`;
  wish?.settled.reject(new Error(`${reason}; the call is as it was`));
};

/** The wait after a 491 is over. */
export const resumeWish = (line: Line, call: Call): void => {
  if (call.wish) call.wish.isWaiting = false;
  pursueWish(line, call);
};

/** A 200 whose medium is no answer to the one offered has none (RFC 3264 section 6.1). */
const asAnswerTo = (offered: Direction, answer: ReceivedMessage): ReceivedMessage => {
  const { media } = answer;
  const isAnswer = media.ok && answers(offered, media.value.direction);
  return isAnswer || !media.ok ? answer : { ...answer, media: fault('sdp-direction') };
};

/** The 200 to a re-INVITE of this phone: either it verifies, and the new keys are used, or the call ends (interpretations I-9). */
export const receiveChangeAnswer = async (
  line: Line,
  call: Call,
  message: SipMessage,
): Promise<void> => {
  const { change } = call;
  if (change?.kind !== 'offered') return;
  const { offer, stream } = change;
  const answer = asAnswerTo(stream.direction, receivedMessage(message));
  const context = await verifyingContext(line, answer);
  if (call.change !== change) return;
  const verified = offer.verifyAnswer(answer, context);
  if (!verified.ok) return refuseAnswer(line, call, verified.error.code);
  const agreed = verified.value;
  if (!answer.media.ok) {
    wipeSessionKeys(agreed.keys);
    return refuseAnswer(line, call, 'media');
  }
  line.command({ kind: 'acknowledge', headers: agreed.ackHeaders });
  const peerMedia = answer.media.value;
  const { direction } = peerMedia;
  const { ssrc } = stream;
  const inForce = { ssrc, direction: mirrored(direction) };
  changeConversation(line, call, { role: 'caller', agreed, peerMedia, stream: inForce });
  call.change = null;
  call.isHolding = change.isHolding;
  // To an offer of `inactive` nothing else can be answered, so that it tells nothing of the peer.
  if (stream.direction !== 'inactive') call.isHeld = isOnHoldBy(direction);
  const { wish } = call;
  call.wish = null;
  wish?.settled.resolve();
  line.changed();
};
