import {
  after,
  endCall,
  lifetime,
  reInviteFailed,
  told,
  type Line,
  type ModelPhone,
  type OwnInvite,
} from './dialog.ts';

const ownRequest = (invite: OwnInvite, method: string, to: string): Line => [
  'sent',
  method,
  String(invite.sequence),
  invite.uri,
  invite.routes.join(' '),
  invite.callId,
  invite.from,
  invite.peer,
  to,
  invite.branch,
];

/** What becomes of an INVITE of the phone that failed. */
export const failed = (model: ModelPhone, invite: OwnInvite, status: number): readonly Line[] => {
  const { call } = model;
  if (call === null || call.own !== invite) return [];
  if (call.phase === 'calling') {
    model.call = null;
    return [told('call-failed', call.callId, String(status))];
  }
  if (call.change !== 'offering') return [];
  call.change = null;
  if (status === 481 || status === 408) return endCall(model, call, 'peer-lost');
  return reInviteFailed(model, call, status);
};

/** Without final response in time: over for the user, but a 2xx may come still. */
const abandonAfter = (model: ModelPhone, invite: OwnInvite, name: string, status: number): void =>
  after(model, `${name} ${invite.sequence} ${invite.callId}`, lifetime, () => {
    keepFor2xx(model, invite, 'abandoned');
    return failed(model, invite, status);
  });

export const keepFor2xx = (
  model: ModelPhone,
  invite: OwnInvite,
  state: 'accepted' | 'abandoned',
): void => {
  invite.state = state;
  stopWaiting(model, invite);
  after(model, `B ${invite.sequence} ${invite.callId}`, lifetime, () => {
    invite.state = 'over';
  });
};

export const stopWaiting = ({ timers }: ModelPhone, { sequence, callId }: OwnInvite): void => {
  timers.delete(`B ${sequence} ${callId}`);
  timers.delete(`C ${sequence} ${callId}`);
};

/** CANCEL, once something provisional has come (section 9.1). */
export const sendCancel = (model: ModelPhone, invite: OwnInvite): Line => {
  abandonAfter(model, invite, 'C', 487);
  return ownRequest(invite, 'CANCEL', invite.to);
};

export const sendInvite = (
  model: ModelPhone,
  made: Omit<OwnInvite, 'branch' | 'state' | 'isCancelling' | 'acks'>,
): readonly [OwnInvite, Line] => {
  const invite: OwnInvite = {
    ...made,
    branch: { value: null },
    state: 'calling',
    isCancelling: false,
    acks: new Map(),
  };
  model.own.push(invite);
  abandonAfter(model, invite, 'B', 408);
  return [invite, ownRequest(invite, 'INVITE', invite.to)];
};

/** The ACK of a refusal goes the way of its INVITE (section 17.1.1.3). */
export const acknowledgeRefusal = (invite: OwnInvite, to: string): Line =>
  ownRequest(invite, 'ACK', to);
