import { randomBytes } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import { wipe, wipeSessionKeys } from '../../core/csl/key-schedule.ts';
import type { CslRefusal } from '../../core/csl/refusal.ts';
import { parseNumber, type PhoneNumber } from '../../core/csl/number.ts';
import type { DialogHistory } from '../../core/csl/checks.ts';
import type { OfferMade } from '../../core/csl/key-agreement.ts';
import { isOnHoldBy, mirrored } from '../../core/sdp/offer-answer.ts';
import { mediaText } from '../../core/sdp/media.ts';
import type { SipMessage } from '../../core/sip/message/message.ts';
import { isOver, newOutgoingCall, type Call, type OutgoingCall, type OwnStream } from './call.ts';
import { startConversation } from './conversation.ts';
import { finish, hangUp, openPorts } from './ending.ts';
import {
  freshValues,
  receivedMessage,
  sdpHeader,
  sessionOf,
  verifyingContext,
} from './exchange.ts';
import { engage, isBusy, lineFree, refuse, type Line } from './line.ts';

const readDialled = ({ own }: Line, number: string): PhoneNumber => {
  const dialled = parseNumber(number);
  if (!dialled.ok)
    throw new Error(
      `phone ${own.number}: ${JSON.stringify(number)} is no number; dial + and up to 15 digits`,
    );
  if (dialled.value === own.number)
    throw new Error(`phone ${own.number}: cannot call itself; dial another number`);
  return dialled.value;
};

/** The offer of an INVITE, or with the dialog's past of a re-INVITE, that announces a stream. */
export const makeOffer = (
  line: Line,
  { callId }: Call,
  dialled: PhoneNumber,
  { direction }: OwnStream,
  previous?: DialogHistory,
): OfferMade => {
  const values = freshValues(line, callId, 'caller');
  const { own, agreement } = line;
  const media = mediaText(direction);
  const past = previous ? { previous } : {};
  const offer = agreement.createOffer({ ...values, ...past, own, dialled, callId, media });
  if (offer.ok) return offer.value;
  wipe(values.exponent);
  throw new Error(`phone ${own.number}: cannot call ${dialled}: ${offer.error.code}`);
};

const place = async (line: Line, call: OutgoingCall, dialled: PhoneNumber): Promise<void> => {
  const ports = await openPorts(line, call);
  await lineFree(line);
  if (!ports || isOver(call))
    throw new Error(`phone ${line.own.number}: the call to ${dialled} ended before it was sent`);
  const stream = { ssrc: call.ssrc, direction: 'sendrecv' } as const;
  call.pending = makeOffer(line, call, dialled, stream);
  const headers = [...call.pending.headers, sdpHeader];
  const body = sessionOf(line, call, ports.port, stream);
  engage(line, call);
  line.command({ kind: 'invite', number: dialled, callId: call.callId, headers, body });
  line.changed();
};

/** Calls a number; resolves once the INVITE is sent. While the last call is still being given up, waits for that. */
export const dial = async (line: Line, number: string): Promise<void> => {
  if (isBusy(line)) throw new Error(`phone ${line.own.number}: a call is under way; hang up first`);
  const dialled = readDialled(line, number);
  const call = newOutgoingCall(toHex(new Uint8Array(randomBytes(16))), dialled);
  line.shown = call;
  line.changed();
  try {
    await place(line, call, dialled);
  } catch (error) {
    hangUp(line, call, 'phone/fault');
    throw error;
  }
};

/** Ends a call whose 200 is refused: an ACK without headers of the key agreement, then BYE (interpretations I-9). */
export const refuseAnswer = (line: Line, call: Call, code: CslRefusal): void => {
  refuse(line, `csl/${code}`, `200 of the call with ${call.peerNumber}`);
  finish(line, call, `csl/${code}`);
  line.command({ kind: 'acknowledge-and-end' });
};

/** The callee's 200: either it verifies, and the ACK confirms, or the call ends (interpretations I-9). */
export const receiveAnswer = async (
  line: Line,
  call: OutgoingCall,
  message: SipMessage,
): Promise<void> => {
  const { pending } = call;
  if (!pending) return;
  const answer = receivedMessage(message);
  const context = await verifyingContext(line, answer);
  if (isOver(call)) return;
  const verified = pending.verifyAnswer(answer, context);
  call.pending = null;
  if (!verified.ok) return refuseAnswer(line, call, verified.error.code);
  const agreed = verified.value;
  if (!answer.media.ok) {
    wipeSessionKeys(agreed.keys);
    return refuseAnswer(line, call, 'media');
  }
  line.command({ kind: 'acknowledge', headers: agreed.ackHeaders });
  const peerMedia = answer.media.value;
  const { direction } = peerMedia;
  const stream = { ssrc: call.ssrc, direction: mirrored(direction) };
  call.isHeld = isOnHoldBy(direction);
  startConversation(line, call, agreed, { role: 'caller', agreed, peerMedia, stream });
};
