import type { AnswerMade, OfferAccepted } from '../../core/csl/key-agreement.ts';
import { wipe } from '../../core/csl/key-schedule.ts';
import type { ReceivedMessage } from '../../core/csl/message.ts';
import { statusFor, type CslRefusal } from '../../core/csl/refusal.ts';
import { mediaText } from '../../core/sdp/media.ts';
import { directionToAnswer, isOnHoldBy } from '../../core/sdp/offer-answer.ts';
import { allHeaders, type SipMessage } from '../../core/sip/message/message.ts';
import { isOver, type Call, type IncomingCall, type Invitation, type OwnStream } from './call.ts';
import { startConversation } from './conversation.ts';
import { finish, hangUp, openPorts } from './ending.ts';
import { freshValues, sdpHeader, sessionOf, verifyingContext } from './exchange.ts';
import { engage, isBusy, refuse, type Line } from './line.ts';

const reject = (line: Line, call: IncomingCall, code: string, status: number): void => {
  refuse(line, code, `INVITE from ${call.peerNumber}`);
  finish(line, call, code);
  line.command({ kind: 'reject', status });
};

const rejectOffer = (line: Line, call: IncomingCall, code: CslRefusal): void =>
  reject(line, call, `csl/${code}`, statusFor(code));

const ring = (line: Line, call: IncomingCall, invitation: Invitation): void => {
  call.invitation = invitation;
  call.state = 'ringing';
  line.shown = call;
  line.command({ kind: 'ring' });
  line.changed();
};

/** An INVITE: rings once it has verified. Until then the phone shows nothing of it, and is busy for any other call. */
export const receiveInvite = async (
  line: Line,
  call: IncomingCall,
  invite: ReceivedMessage,
): Promise<void> => {
  engage(line, call);
  // The user agent has no other call, but this phone may be about to make one.
  if (isBusy(line)) return reject(line, call, 'sip/busy', 486);
  line.arriving = call;
  const context = await verifyingContext(line, invite);
  if (isOver(call)) return;
  const { own, replayMemory, agreement } = line;
  const elapsed = performance.now();
  const offer = agreement.verifyOffer(invite, { ...context, own, elapsed, replayMemory });
  if (!offer.ok) return rejectOffer(line, call, offer.error.code);
  if (!invite.media.ok) return rejectOffer(line, call, 'media');
  ring(line, call, { offer: offer.value, media: invite.media.value });
  line.arriving = null;
  if (line.autoAnswer) await accept(line, call);
};

/** The answer of a 200 that announces a stream. */
export const makeAnswer = (
  line: Line,
  { callId }: Call,
  offer: OfferAccepted,
  { direction }: OwnStream,
): AnswerMade => {
  const values = freshValues(line, callId, 'callee');
  const answer = offer.createAnswer({ ...values, media: mediaText(direction) });
  if (answer.ok) return answer.value;
  wipe(values.exponent);
  throw new Error(`phone ${line.own.number}: cannot answer: ${answer.error.code}`);
};

/** Answers a ringing call with the 200; audio waits for the ACK. A call that does not ring is left as it is. */
export const accept = async (line: Line, call: IncomingCall): Promise<void> => {
  const { invitation } = call;
  if (!invitation || call.state !== 'ringing' || call.accepting) return;
  call.accepting = true;
  const ports = await openPorts(line, call);
  if (!ports) return;
  const { offer, media } = invitation;
  const stream = { ssrc: call.ssrc, direction: directionToAnswer(media.direction, false) };
  const answer = makeAnswer(line, call, offer, stream);
  call.answered = { answer, stream };
  const headers = [...answer.headers, sdpHeader];
  line.command({ kind: 'accept', headers, body: sessionOf(line, call, ports.port, stream) });
};

/** The first ACK decides: the caller's tag verifies, or the call ends at once (interpretations I-9). */
export const receiveAcknowledgement = (
  line: Line,
  call: IncomingCall,
  message: SipMessage,
): void => {
  const { answered, invitation } = call;
  if (!answered || !invitation) return;
  const confirmed = answered.answer.verifyConfirmation(allHeaders(message));
  if (!confirmed.ok) {
    refuse(line, `csl/${confirmed.error.code}`, `ACK of the call from ${call.peerNumber}`);
    hangUp(line, call, `csl/${confirmed.error.code}`);
    return;
  }
  const { offer, media: peerMedia } = invitation;
  const { stream } = answered;
  call.answered = null;
  call.isHeld = isOnHoldBy(peerMedia.direction);
  const agreed = confirmed.value;
  startConversation(line, call, offer, { role: 'callee', agreed, peerMedia, stream });
};
