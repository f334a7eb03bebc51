import { statusFor } from '../../core/csl/refusal.ts';
import { directionToAnswer, isOnHoldBy } from '../../core/sdp/offer-answer.ts';
import { allHeaders, type SipMessage } from '../../core/sip/message/message.ts';
import { freshSource, type Call, type Invitation, type ReceivedChange } from './call.ts';
import { pursueWish } from './change-offer.ts';
import { changeConversation } from './conversation.ts';
import { abandonChange, hangUp } from './ending.ts';
import { receivedMessage, sdpHeader, sessionOf, verifyingContext } from './exchange.ts';
import { makeAnswer } from './incoming.ts';
import { refuse, type Line } from './line.ts';

/** Refuses a re-INVITE; the call stays as it was (RFC 3261 section 14.2). */
const rejectChange = (line: Line, call: Call, code: string, status: number): void => {
  refuse(line, code, `re-INVITE from ${call.peerNumber}`);
  line.command({ kind: 'reject', status });
};

const answerChange = (
  line: Line,
  call: Call,
  change: ReceivedChange,
  { offer, media: peerMedia }: Invitation,
): void => {
  if (!call.ports) throw new Error(`phone ${line.own.number}: the call has no media ports`);
  const direction = directionToAnswer(peerMedia.direction, call.isHolding);
  const stream = { ssrc: freshSource(call.ssrc), direction };
  const answer = makeAnswer(line, call, offer, stream);
  change.answered = { answer, stream, peerMedia };
  const headers = [...answer.headers, sdpHeader];
  line.command({ kind: 'accept', headers, body: sessionOf(line, call, call.ports.port, stream) });
};

/**
 * A re-INVITE of the peer: a fresh full exchange, verified and answered without ringing. None is accepted while another
 * exchange of the dialog is unfinished (RFC 3261 section 14.2, interpretations I-9).
 */
export const receiveChange = async (line: Line, call: Call, message: SipMessage): Promise<void> => {
  if (call.state !== 'in-call' || call.change || !call.established)
    return rejectChange(line, call, 'sip/request-pending', 491);
  const change: ReceivedChange = { kind: 'received', answered: null };
  call.change = change;
  const invite = receivedMessage(message);
  const context = await verifyingContext(line, invite);
  if (call.change !== change) return;
  const { own, replayMemory, agreement } = line;
  const { history: previous } = call.established;
  const elapsed = performance.now();
  const offer = agreement.verifyOffer(invite, { ...context, own, elapsed, replayMemory, previous });
  if (offer.ok && invite.media.ok)
    return answerChange(line, call, change, { offer: offer.value, media: invite.media.value });
  const code = offer.ok ? 'media' : offer.error.code;
  call.change = null;
  rejectChange(line, call, `csl/${code}`, statusFor(code));
  pursueWish(line, call);
};

/** The peer has taken its re-INVITE back: the call is as it was. */
export const receiveChangeCancellation = (line: Line, call: Call): void => {
  if (call.change?.kind !== 'received') return;
  abandonChange(call);
  pursueWish(line, call);
};

/** The ACK to the 200 of a re-INVITE: the first decides, and the call ends where it does not verify (interpretations I-9). */
export const receiveChangeAcknowledgement = (line: Line, call: Call, message: SipMessage): void => {
  const { change } = call;
  if (change?.kind !== 'received' || !change.answered) return;
  const { answer, stream, peerMedia } = change.answered;
  const confirmed = answer.verifyConfirmation(allHeaders(message));
  if (!confirmed.ok) {
    const code = `csl/${confirmed.error.code}`;
    refuse(line, code, `ACK to the 200 of a re-INVITE from ${call.peerNumber}`);
    return hangUp(line, call, code);
  }
  changeConversation(line, call, { role: 'callee', agreed: confirmed.value, peerMedia, stream });
  call.change = null;
  call.isHeld = isOnHoldBy(peerMedia.direction);
  line.changed();
  pursueWish(line, call);
};
