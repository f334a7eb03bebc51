import { type Agent, ACCEPT, ALLOW, ALLOWED } from './agent.ts';
import type { Essentials } from '../message/essentials.ts';
import { receiveInDialog } from './established-call.ts';
import {
  receiveAcknowledgement,
  receiveCancellation,
  receiveInitialInvite,
} from './incoming-call.ts';
import { headerValues, type HeaderPairs, listValues, type SipRequest } from '../message/message.ts';
import { receiveReAcknowledgement, receiveReInviteCancellation } from './re-invite.ts';
import {
  answer,
  confirmRefusal,
  refuseRequest,
  repeatAnswer,
  serverKey,
} from './server-transactions.ts';
import { userOf } from '../message/uri.ts';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly headers?: HeaderPairs;
}

/** Methods of the RFCs that a phone knows and does not allow; any other is unknown (RFC 3261 section 21.5.2). */
const RECOGNIZED = 'REGISTER PRACK UPDATE INFO SUBSCRIBE NOTIFY MESSAGE REFER PUBLISH'.split(' ');

/** RFC 3261 section 8.2.1. */
const methodRefusal = ({ method }: SipRequest): Refusal | undefined => {
  if (ALLOWED.some((allowed) => allowed === method)) return undefined;
  // A phone is never told whom to call (interpretation I-3).
  if (method === 'REFER') return { status: 403, code: 'sip/refer' };
  // Answered inside a dialog, where its body decides (interpretation I-9).
  if (method === 'UPDATE') return undefined;
  const status = RECOGNIZED.includes(method) ? 405 : 501;
  return { status, code: 'sip/method', headers: [ALLOW] };
};

/** RFC 3261 section 8.2.2.1; inside a dialog the tags say for whom it is. Schemes are checked where the message is read. */
const targetRefusal = (
  agent: Agent,
  request: SipRequest,
  received: Essentials,
): Refusal | undefined =>
  received.toTag === undefined && userOf(request.uri) !== agent.config.number
    ? { status: 404, code: 'sip/request-uri' }
    : undefined;

/** RFC 3261 section 8.2.3: type and coding of the body of an INVITE, which is the one that is read. */
const contentRefusal = (request: SipRequest): Refusal | undefined => {
  if (request.method !== 'INVITE' || request.body.length === 0) return undefined;
  const codings = listValues(request, 'Content-Encoding');
  if (codings.some((coding) => coding.toLowerCase() !== 'identity'))
    return {
      status: 415,
      code: 'sip/content-encoding',
      headers: [['Accept-Encoding', 'identity']],
    };
  const [type, another] = headerValues(request, 'Content-Type');
  if (type === undefined || another !== undefined) return { status: 400, code: 'sip/content-type' };
  const mediaType = type.split(';', 1)[0]?.trim().toLowerCase();
  return mediaType === 'application/sdp'
    ? undefined
    : { status: 415, code: 'sip/content-type', headers: [ACCEPT] };
};

/** RFC 3261 section 8.2.2.3: no extension is supported, 100rel neither (interpretation I-2). */
const extensionRefusal = (request: SipRequest): Refusal | undefined => {
  const required = listValues(request, 'Require');
  return required.length === 0
    ? undefined
    : { status: 420, code: 'sip/require', headers: [['Unsupported', required.join(', ')]] };
};

/** The checks of RFC 3261 section 8.2, in its order. Max-Forwards is a matter of proxies. */
const findRefusal = (
  agent: Agent,
  request: SipRequest,
  received: Essentials,
): Refusal | undefined =>
  methodRefusal(request) ??
  targetRefusal(agent, request, received) ??
  extensionRefusal(request) ??
  contentRefusal(request);

/** An ACK: of a refusal (RFC 3261 section 17.2.1), or of the 2xx of the call under way. It never gets a response. */
const receiveAck = (agent: Agent, request: SipRequest, received: Essentials): void => {
  if (confirmRefusal(agent, received)) return;
  const { call } = agent;
  // A repeated ACK finds the call established, and decides nothing (interpretation I-9).
  if (call?.kind === 'accepted') receiveAcknowledgement(agent, call, request, received);
  else if (call?.kind === 'established' && call.change?.kind === 'accepted')
    receiveReAcknowledgement(agent, call, call.change, request, received);
};

/** RFC 3261 section 9.2. */
const receiveCancel = (agent: Agent, request: SipRequest, received: Essentials): void => {
  const invite = agent.incoming.get(serverKey(received, 'INVITE'));
  if (invite === undefined) return refuseRequest(agent, request, received, 481, 'sip/cancel');
  answer(agent, request, received, 200);
  const { call } = agent;
  if (call?.kind === 'incoming' && call.invite === invite) return receiveCancellation(agent, call);
  if (call?.kind !== 'established' || call.change?.kind !== 'invited') return undefined;
  return call.change.invite === invite
    ? receiveReInviteCancellation(agent, call, call.change)
    : undefined;
};

/** A request received. */
export const receiveRequest = (agent: Agent, request: SipRequest, received: Essentials): void => {
  const { method } = request;
  if (method === 'ACK') return receiveAck(agent, request, received);
  // Before everything else, so that a repetition is never judged anew (interpretation I-9).
  if (repeatAnswer(agent, received)) return undefined;
  if (method === 'CANCEL') return receiveCancel(agent, request, received);
  const refusal = findRefusal(agent, request, received);
  if (refusal !== undefined)
    return refuseRequest(agent, request, received, refusal.status, refusal.code, refusal.headers);
  if (received.toTag !== undefined) return receiveInDialog(agent, request, received);
  if (method === 'INVITE') return receiveInitialInvite(agent, request, received);
  if (method === 'OPTIONS') {
    // RFC 3261 section 11.2: as an INVITE would be answered.
    const status = agent.call === undefined ? 200 : 486;
    const headers: HeaderPairs = [ALLOW, ACCEPT, ['Accept-Encoding', 'identity']];
    return answer(agent, request, received, status, headers);
  }
  return method === 'UPDATE'
    ? refuseRequest(agent, request, received, 405, 'sip/method', [ALLOW])
    : refuseRequest(agent, request, received, 481, 'sip/dialog');
};
