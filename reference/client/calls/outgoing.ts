import { randomBytes } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import { verifyAnswer } from '../../core/csl/answer.ts';
import { wipe, wipeSessionKeys } from '../../core/csl/key-schedule.ts';
import { parseNumber, type PhoneNumber } from '../../core/csl/number.ts';
import { createOffer, type CslHeaders } from '../../core/csl/offer.ts';
import { mediaText } from '../../core/sdp/media.ts';
import type { SipMessage } from '../../core/sip/message.ts';
import { isOver, newOutgoingCall, type OutgoingCall } from './call.ts';
import { startConversation } from './conversation.ts';
import { finish, hangUp, openPorts } from './ending.ts';
import {
  freshValues,
  receivedMessage,
  sdpHeader,
  sessionOf,
  verifyingContext,
} from './exchange.ts';
import { hold, isBusy, lineFree, refuse, type Line } from './line.ts';

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

/** The offer of an INVITE; what verifies its 200 stays with the call. */
const makeOffer = (line: Line, call: OutgoingCall, dialled: PhoneNumber): CslHeaders => {
  const values = freshValues(line, call);
  const { own } = line;
  const { callId } = call;
  const offer = createOffer({ ...values, own, dialled, callId, media: mediaText('sendrecv') });
  if (!offer.ok) {
    wipe(values.exponent);
    throw new Error(`phone ${own.number}: cannot call ${dialled}: ${offer.error.code}`);
  }
  call.pending = offer.value.pending;
  return offer.value.headers;
};

const place = async (line: Line, call: OutgoingCall, dialled: PhoneNumber): Promise<void> => {
  const ports = await openPorts(line, call);
  await lineFree(line);
  if (!ports || isOver(call))
    throw new Error(`phone ${line.own.number}: the call to ${dialled} ended before it was sent`);
  const headers = [...makeOffer(line, call, dialled), sdpHeader];
  const body = sessionOf(line, call, ports.port);
  hold(line, call);
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

const refuseAnswer = (line: Line, call: OutgoingCall, code: string): void => {
  refuse(line, `csl/${code}`, `200 of the call to ${call.peerNumber}`);
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
  const verified = verifyAnswer(pending, answer, context, line.parts.answerChecks);
  call.pending = null;
  if (!verified.ok) return refuseAnswer(line, call, verified.error.code);
  const { keys, displayed, ackHeaders } = verified.value;
  if (!answer.media.ok) {
    wipeSessionKeys(keys);
    return refuseAnswer(line, call, 'media');
  }
  line.command({ kind: 'acknowledge', headers: ackHeaders });
  startConversation(line, call, { keys, displayed, peerMedia: answer.media.value });
};
