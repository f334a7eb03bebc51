import {
  type Agent,
  ALLOW,
  ALLOWED,
  type Call,
  emit,
  type IncomingInvite,
  refuse,
  sendBytes,
  send,
} from './agent.ts';
import { dialogOfCallee, matchDialog } from './dialog.ts';
import {
  endSession,
  expireIncoming,
  receiveInDialog,
  refuseInvite,
  refuseRequest,
  sendBye,
} from './established-call.ts';
import type { Essentials } from './essentials.ts';
import {
  headersNamed,
  type HeaderPairs,
  listValues,
  serialize,
  type SipRequest,
} from './message.ts';
import { respond } from './responses.ts';
import { T1, T2, TRANSACTION_TIMEOUT } from './timers.ts';
import { userOf } from './uri.ts';

type Incoming = Extract<Call, { kind: 'incoming' }>;
type Accepted = Extract<Call, { kind: 'accepted' }>;

const receiveInitialInvite = (agent: Agent, request: SipRequest, received: Essentials): void => {
  const refusal = (status: number, code: string): void =>
    refuseInvite(agent, request, received, status, code);
  // RFC 3261 section 8.2.2.2: the same request by another path.
  const merged = [...agent.incoming.values()].some(
    ({ received: other }) =>
      other.fromTag === received.fromTag &&
      other.callId === received.callId &&
      other.cseq.sequence === received.cseq.sequence,
  );
  if (merged) return refusal(482, 'sip/merged');
  // RFC 3261 section 8.2.2.1: not for us.
  if (userOf(request.uri) !== agent.config.number) return refusal(404, 'sip/request-uri');
  if (headersNamed(request, 'Replaces').length > 0) return refusal(403, 'sip/replaces');
  if (agent.call !== undefined) return refusal(486, 'sip/busy');
  const localTag = agent.config.random();
  const dialog = dialogOfCallee(request, received, localTag);
  if (!dialog.ok) return refusal(400, dialog.error.code);
  const invite: IncomingInvite = {
    request,
    received,
    localTag,
    response: undefined,
    final: undefined,
  };
  const { callId } = received;
  agent.incoming.set(received.branch, invite);
  agent.call = { kind: 'incoming', callId, invite, dialog: dialog.value };
  emit(agent, { kind: 'incoming-invite', callId, message: request });
};

const answerInvite = (
  agent: Agent,
  invite: IncomingInvite,
  status: number,
  headers: HeaderPairs = [],
  body?: Uint8Array,
): Uint8Array => {
  const response = respond(invite.request, status, {
    toTag: invite.localTag,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  // RFC 3261 section 12.1.1: what makes a dialog repeats Record-Route.
  const routes = status > 100 && status < 300 ? headersNamed(invite.request, 'Record-Route') : [];
  const bytes = serialize({ ...response, headers: [...response.headers, ...routes] });
  invite.response = bytes;
  if (status >= 200) {
    invite.final = status;
    expireIncoming(agent, invite.received.branch);
  }
  sendBytes(agent, bytes);
  return bytes;
};

/** Sends 180 (RFC 3261 section 13.3.1.1). */
export const ring = (agent: Agent, call: Incoming): void => {
  answerInvite(agent, call.invite, 180, [['Contact', `<${agent.contact}>`]]);
};

/** Refuses (RFC 3261 section 13.3.1.3). */
export const reject = (agent: Agent, call: Incoming, status: number): void => {
  answerInvite(agent, call.invite, status);
  agent.call = undefined;
  emit(agent, { kind: 'ended', callId: call.callId, reason: 'rejected' });
};

const repeatOk = (agent: Agent, bytes: Uint8Array, interval: number): void =>
  agent.timers.set('200', agent.now + interval, () => {
    sendBytes(agent, bytes);
    repeatOk(agent, bytes, Math.min(interval * 2, T2));
  });

/** Sends 200 and repeats the same bytes, over TLS too, until the ACK; without one, BYE (RFC 3261 section 13.3.1.4). */
export const accept = (
  agent: Agent,
  call: Incoming,
  headers: HeaderPairs,
  body: Uint8Array,
): void => {
  const typed = headers.some(([name]) => /^(?:content-type|c)$/i.test(name));
  const type: HeaderPairs = typed || body.length === 0 ? [] : [['Content-Type', 'application/sdp']];
  const contact: HeaderPairs[number] = ['Contact', `<${agent.contact}>`];
  const all = [contact, ALLOW, ...headers, ...type];
  const bytes = answerInvite(agent, call.invite, 200, all, body);
  const accepted: Accepted = { ...call, kind: 'accepted', hangUp: false };
  agent.call = accepted;
  repeatOk(agent, bytes, T1);
  agent.timers.set('ack-timeout', agent.now + TRANSACTION_TIMEOUT, () => {
    endSession(agent);
    sendBye(agent, accepted.dialog);
    emit(agent, { kind: 'ended', callId: call.callId, reason: 'ack-timeout' });
  });
};

/** An ACK: of a refusal (RFC 3261 section 17.2.1), or of the 200 of the call under way. It never gets a response. */
const receiveAck = (agent: Agent, request: SipRequest, received: Essentials): void => {
  const refused = agent.incoming.get(received.branch);
  if (refused?.final !== undefined && refused.final >= 300) {
    agent.incoming.delete(received.branch);
    agent.timers.clear(`H ${received.branch}`);
    return;
  }
  const call = agent.call;
  // A repeated ACK finds the call established, and decides nothing (interpretation I-9).
  if (call?.kind !== 'accepted') return;
  const match = matchDialog(call.dialog, received);
  if (match === 'other-dialog') return;
  if (match === 'other-identity')
    return refuse(agent, 'sip/identity', 'ACK with other From or To than the dialog');
  if (received.cseq.sequence !== call.invite.received.cseq.sequence) return;
  endSession(agent);
  const { callId, dialog } = call;
  agent.call = { kind: 'established', callId, dialog };
  emit(agent, { kind: 'acknowledged', callId, message: request });
  if (!call.hangUp) return;
  endSession(agent);
  sendBye(agent, dialog);
  emit(agent, { kind: 'ended', callId, reason: 'local' });
};

/** RFC 3261 section 9.2. */
const receiveCancel = (agent: Agent, request: SipRequest, received: Essentials): void => {
  const invite = agent.incoming.get(received.branch);
  if (invite === undefined) return refuseRequest(agent, request, 481, 'sip/cancel');
  send(agent, respond(request, 200, { toTag: invite.localTag }));
  const call = agent.call;
  if (call?.kind !== 'incoming' || call.invite !== invite) return;
  answerInvite(agent, invite, 487);
  agent.call = undefined;
  emit(agent, { kind: 'cancelled', callId: call.callId });
};

/** A request received; the order of checks is that of RFC 3261 section 8.2. */
export const receiveRequest = (agent: Agent, request: SipRequest, received: Essentials): void => {
  const { method } = request;
  if (method === 'ACK') return receiveAck(agent, request, received);
  if (method === 'CANCEL') return receiveCancel(agent, request, received);
  const known = method === 'INVITE' ? agent.incoming.get(received.branch) : undefined;
  // RFC 3261 section 17.2.1: a repeated INVITE gets the last response again.
  if (known !== undefined)
    return known.response === undefined ? undefined : sendBytes(agent, known.response);
  const refusal = (status: number, code: string, headers: HeaderPairs = []): void =>
    method === 'INVITE'
      ? refuseInvite(agent, request, received, status, code, headers)
      : refuseRequest(agent, request, status, code, headers);
  if (request.version.toUpperCase() !== 'SIP/2.0') return refusal(505, 'sip/version');
  // A phone is never told whom to call (interpretation I-3).
  if (method === 'REFER') return refusal(403, 'sip/refer');
  const understood = method === 'UPDATE' || ALLOWED.some((allowed) => allowed === method);
  // RFC 3261 section 8.2.1.
  if (!understood) return refusal(405, 'sip/method', [ALLOW]);
  // RFC 3261 section 8.2.2.3: no extension is supported, 100rel neither (interpretation I-2).
  const required = listValues(request, 'Require');
  if (required.length > 0)
    return refusal(420, 'sip/require', [['Unsupported', required.join(', ')]]);
  if (received.toTag !== undefined) return receiveInDialog(agent, request, received);
  if (method === 'INVITE') return receiveInitialInvite(agent, request, received);
  if (method === 'OPTIONS')
    // RFC 3261 section 11.2: as an INVITE would be answered.
    return send(
      agent,
      respond(request, agent.call === undefined ? 200 : 486, {
        toTag: agent.config.random(),
        headers: [ALLOW, ['Accept', 'application/sdp']],
      }),
    );
  return method === 'UPDATE' ? refusal(405, 'sip/method', [ALLOW]) : refusal(481, 'sip/dialog');
};
