import { createAnswer } from '../../core/csl/answer.ts';
import { verifyConfirmation } from '../../core/csl/confirmation.ts';
import { wipe } from '../../core/csl/key-schedule.ts';
import type { ReceivedMessage } from '../../core/csl/message.ts';
import { verifyOffer } from '../../core/csl/offer.ts';
import { statusFor, type CslRefusal } from '../../core/csl/refusal.ts';
import { mediaText } from '../../core/sdp/media.ts';
import { allHeaders, type SipMessage } from '../../core/sip/message.ts';
import { isOver, type IncomingCall, type Invitation } from './call.ts';
import { startConversation } from './conversation.ts';
import { finish, hangUp, openPorts } from './ending.ts';
import { freshValues, sdpHeader, sessionOf, verifyingContext } from './exchange.ts';
import { hold, isBusy, refuse, type Line } from './line.ts';

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
  hold(line, call);
  // The user agent has no other call, but this phone may be about to make one.
  if (isBusy(line)) return reject(line, call, 'sip/busy', 486);
  line.arriving = call;
  const context = await verifyingContext(line, invite);
  if (isOver(call)) return;
  const { own, replayMemory, parts } = line;
  const elapsed = performance.now();
  const offer = verifyOffer(invite, { ...context, own, elapsed, replayMemory }, parts.offerChecks);
  if (!offer.ok) return rejectOffer(line, call, offer.error.code);
  if (!invite.media.ok) return rejectOffer(line, call, 'media');
  ring(line, call, { offer: offer.value, media: invite.media.value });
  line.arriving = null;
  if (line.autoAnswer) await accept(line, call);
};

/** Answers a ringing call with the 200; audio waits for the ACK. A call that does not ring is left as it is. */
export const accept = async (line: Line, call: IncomingCall): Promise<void> => {
  const { invitation } = call;
  if (!invitation || call.state !== 'ringing' || call.accepting) return;
  call.accepting = true;
  const ports = await openPorts(line, call);
  if (!ports) return;
  const values = freshValues(line, call);
  const answered = createAnswer(invitation.offer, { ...values, media: mediaText('sendrecv') });
  if (!answered.ok) {
    wipe(values.exponent);
    throw new Error(`phone ${line.own.number}: cannot answer: ${answered.error.code}`);
  }
  call.answered = answered.value;
  const headers = [...answered.value.headers, sdpHeader];
  line.command({ kind: 'accept', headers, body: sessionOf(line, call, ports.port) });
};

/** The first ACK decides: the caller's tag verifies, or the call ends at once (interpretations I-9). */
export const receiveAcknowledgement = (
  line: Line,
  call: IncomingCall,
  message: SipMessage,
): void => {
  const { answered, invitation } = call;
  if (!answered || !invitation) return;
  const { confirmationChecks } = line.parts;
  const confirmed = verifyConfirmation(answered.pending, allHeaders(message), confirmationChecks);
  if (!confirmed.ok) {
    refuse(line, `csl/${confirmed.error.code}`, `ACK of the call from ${call.peerNumber}`);
    hangUp(line, call, `csl/${confirmed.error.code}`);
    return;
  }
  const { offer, media: peerMedia } = invitation;
  const { keys } = answered;
  startConversation(line, call, { keys, displayed: offer.displayed, peerMedia });
  call.answered = null;
};
