import {
  acknowledge,
  answered,
  answerInvite,
  bye,
  endCall,
  forgetCall,
  openInvite,
  settle,
  told,
  type Line,
  type ModelCall,
  type ModelDialog,
  type ModelPhone,
  type OwnInvite,
  type PeerRequest,
} from './dialog.ts';
import {
  acknowledgeRefusal,
  failed,
  keepFor2xx,
  sendCancel,
  stopWaiting,
} from './dialog-own-invites.ts';
import { giveUpRinging } from './dialog-user.ts';

/** Milliseconds that a call may ring. */
const answerLimit = 180_000;

const refuse = (model: ModelPhone, request: PeerRequest, status: number): readonly Line[] => [
  request.method === 'INVITE'
    ? answerInvite(model, openInvite(model, request), status)
    : answered(model, request, status),
];

const isMerged = ({ invites }: ModelPhone, { from, callId, sequence }: PeerRequest): boolean =>
  [...invites.values()].some(
    ({ request: other }) =>
      other.from === from && other.callId === callId && other.sequence === sequence,
  );

/** Section 13.3.1; one call at a time. */
const invited = (model: ModelPhone, request: PeerRequest): readonly Line[] => {
  if (isMerged(model, request)) return refuse(model, request, 482);
  if (model.call) return refuse(model, request, 486);
  const peer = openInvite(model, request);
  const { callId, from, user, contact, routes, sequence } = request;
  const dialog: ModelDialog = {
    callId,
    local: peer.tag,
    remote: from,
    peer: user,
    target: contact,
    routes,
    localSequence: 0,
    remoteSequence: sequence,
  };
  const call: ModelCall = {
    phase: 'incoming',
    callId,
    isCaller: false,
    dialog,
    own: null,
    peer,
    change: null,
    hangsUp: false,
  };
  model.call = call;
  model.timers.set('no answer', {
    at: model.now + answerLimit,
    run: () => giveUpRinging(model, call),
  });
  return [told('incoming-invite', callId)];
};

/** Section 12.2.2: the tags say which dialog. */
const belongs = ({ dialog }: ModelCall, { callId, from, to }: PeerRequest): boolean =>
  dialog !== null &&
  dialog.callId === callId &&
  dialog.remote === from &&
  to !== null &&
  dialog.local.value === to;

/** Sections 14.2 and, for 500, 14.2's second paragraph. */
const reInvited = (model: ModelPhone, call: ModelCall, request: PeerRequest): readonly Line[] => {
  if (call.phase === 'incoming' || call.change === 'invited') return refuse(model, request, 500);
  if (call.phase !== 'established' || call.change !== null) return refuse(model, request, 491);
  call.peer = openInvite(model, request);
  call.change = 'invited';
  return [told('re-invited', call.callId)];
};

const inside = (model: ModelPhone, request: PeerRequest): readonly Line[] => {
  const { call } = model;
  if (call === null || call.dialog === null || !belongs(call, request))
    return refuse(model, request, 481);
  if (request.user !== call.dialog.peer) return refuse(model, request, 403);
  if (request.sequence <= call.dialog.remoteSequence) return refuse(model, request, 500);
  call.dialog.remoteSequence = request.sequence;
  switch (request.method) {
    case 'BYE': {
      const lines = [answered(model, request, 200), ...settle(model, call)];
      forgetCall(model);
      return [...lines, told('bye', call.callId)];
    }
    case 'INVITE':
      return reInvited(model, call, request);
    case 'OPTIONS':
      return [answered(model, request, 200)];
    default:
      return refuse(model, request, request.hasBody ? 488 : 405);
  }
};

const outside = (model: ModelPhone, request: PeerRequest): readonly Line[] => {
  switch (request.method) {
    case 'INVITE':
      return invited(model, request);
    case 'OPTIONS':
      return [answered(model, request, model.call ? 486 : 200)];
    case 'UPDATE':
      return refuse(model, request, 405);
    default:
      return refuse(model, request, 481);
  }
};

/** Section 9.2. */
const cancelled = (model: ModelPhone, request: PeerRequest): readonly Line[] => {
  const invite = model.invites.get(request.branch);
  if (invite === undefined) return refuse(model, request, 481);
  const line = answered(model, request, 200);
  const { call } = model;
  if (call === null || call.peer !== invite) return [line];
  if (call.phase === 'incoming') {
    forgetCall(model);
    return [line, answerInvite(model, invite, 487), told('cancelled', call.callId)];
  }
  if (call.change !== 'invited') return [line];
  call.change = null;
  return [line, answerInvite(model, invite, 487), told('re-invite-cancelled', call.callId)];
};

/** The first ACK of a 2xx decides (interpretation I-9); others say nothing. */
const confirmed = (model: ModelPhone, request: PeerRequest): readonly Line[] => {
  const { call } = model;
  if (model.invites.get(request.branch)?.isRefused === true || call === null) return [];
  const isFirst = call.phase === 'accepted';
  if (!isFirst && call.change !== 'accepted') return [];
  const fits = belongs(call, request) && request.user === call.dialog?.peer;
  if (!fits || request.sequence !== call.peer?.request.sequence) return [];
  model.timers.delete('200');
  model.timers.delete('no ACK');
  call.phase = 'established';
  call.change = null;
  const line = told(isFirst ? 'acknowledged' : 're-acknowledged', call.callId);
  return call.hangsUp ? [line, ...endCall(model, call, 'local')] : [line];
};

/** What follows from a request of the peer; one that was seen gets what it got before. */
export const requested = (model: ModelPhone, request: PeerRequest): readonly Line[] => {
  const { method, branch } = request;
  if (method === 'ACK') return confirmed(model, request);
  const seen = method === 'INVITE' ? model.invites.get(branch) : undefined;
  if (seen) return seen.last ? [seen.last] : [];
  const before = model.answers.get(`${method} ${branch}`);
  if (before) return [before];
  if (method === 'CANCEL') return cancelled(model, request);
  return request.to === null ? outside(model, request) : inside(model, request);
};

/** A response of the peer to an INVITE of the phone. */
export interface PeerResponse {
  readonly status: number;
  readonly to: string;
  readonly contact: string;
  /** Record-Route, as written. */
  readonly routes: readonly string[];
}

const provisional = (
  model: ModelPhone,
  invite: OwnInvite,
  { status }: PeerResponse,
): readonly Line[] => {
  if (invite.state !== 'calling' && invite.state !== 'proceeding') return [];
  const isFirst = invite.state === 'calling';
  invite.state = 'proceeding';
  if (isFirst) stopWaiting(model, invite);
  const lines = isFirst && invite.isCancelling ? [sendCancel(model, invite)] : [];
  const { call } = model;
  const isTold = status > 100 && call?.phase === 'calling' && call.own === invite;
  return isTold ? [...lines, told('progress', call.callId)] : lines;
};

/** Sections 13.2.2.4 and, for what crosses a CANCEL, 9.1. */
const succeeded = (
  model: ModelPhone,
  invite: OwnInvite,
  { to, contact, routes }: PeerResponse,
): readonly Line[] => {
  const made = invite.acks.get(to);
  if (made !== undefined) return made ? [made] : [];
  invite.acks.set(to, null);
  if (invite.state !== 'accepted') keepFor2xx(model, invite, 'accepted');
  const { call } = model;
  const isCurrent = call !== null && call.own === invite;
  if (invite.dialog) {
    if (isCurrent && call.change === 'offering' && call.dialog) {
      call.change = 'answered';
      call.dialog.target = contact;
      return [told('re-answered', call.callId)];
    }
    return lateReAnswer(model, invite, invite.dialog);
  }
  const dialog: ModelDialog = {
    callId: invite.callId,
    local: invite.from,
    remote: to,
    peer: invite.peer,
    target: contact,
    routes: routes.toReversed(),
    localSequence: invite.sequence,
    remoteSequence: 0,
  };
  const isCalling = isCurrent && call.phase === 'calling';
  if (isCalling && !invite.isCancelling) {
    call.phase = 'answered';
    call.dialog = dialog;
    return [told('answered', call.callId)];
  }
  const lines = [acknowledge(invite, dialog), bye(dialog)];
  return isCalling ? [...lines, ...failed(model, invite, 487)] : lines;
};

/** A 2xx to a re-INVITE that the phone had given up: the ends have different sessions now. */
const lateReAnswer = (
  model: ModelPhone,
  invite: OwnInvite,
  dialog: ModelDialog,
): readonly Line[] => {
  const line = acknowledge(invite, dialog);
  const { call } = model;
  return call?.dialog === dialog ? [line, ...endCall(model, call, 'peer-lost')] : [line];
};

/** What follows from a response. */
export const responded = (
  model: ModelPhone,
  invite: OwnInvite,
  response: PeerResponse,
): readonly Line[] => {
  if (invite.state === 'over' || (invite.to !== '' && invite.to !== response.to)) return [];
  if (response.status < 200) return provisional(model, invite, response);
  if (response.status < 300) return succeeded(model, invite, response);
  if (invite.state === 'accepted') return [];
  const isLate = invite.state === 'abandoned';
  stopWaiting(model, invite);
  invite.state = 'over';
  const line = acknowledgeRefusal(invite, response.to);
  return isLate ? [line] : [line, ...failed(model, invite, response.status)];
};
