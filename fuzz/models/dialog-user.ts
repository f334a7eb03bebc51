import {
  accept,
  acknowledge,
  answerInvite,
  endCall,
  reInviteFailed,
  settle,
  told,
  type Line,
  type ModelCall,
  type ModelPhone,
} from './dialog.ts';
import { sendCancel, sendInvite } from './dialog-own-invites.ts';

/** What a phone's user may ask for. */
export const wishes = [
  'ring',
  'accept',
  'reject',
  're-invite',
  'acknowledge',
  'acknowledge-and-end',
  'cancel',
  'hang-up',
] as const;
export type Wish = (typeof wishes)[number];

/** The user dials. */
export const dial = (model: ModelPhone, callId: string, number: string): readonly Line[] => {
  if (model.call) return [];
  const from = { value: null };
  const uri = `sip:${number}@example.com;transport=tls`;
  const made = { callId, sequence: 1, from, uri, routes: [], peer: number, to: '', dialog: null };
  const [own, line] = sendInvite(model, made);
  model.call = {
    phase: 'calling',
    callId,
    isCaller: true,
    dialog: null,
    own,
    peer: null,
    change: null,
    hangsUp: false,
  };
  return [line];
};

const cancel = (model: ModelPhone, { own }: ModelCall): readonly Line[] => {
  if (own === null || own.isCancelling) return [];
  own.isCancelling = true;
  return own.state === 'proceeding' ? [sendCancel(model, own)] : [];
};

const reject = (model: ModelPhone, call: ModelCall, status: number): readonly Line[] => {
  if (!call.peer) return [];
  const line = answerInvite(model, call.peer, status);
  if (call.change === 'invited') {
    call.change = null;
    return [line];
  }
  return [line, ...endCall(model, { ...call, dialog: null }, 'rejected')];
};

const take = (model: ModelPhone, call: ModelCall): readonly Line[] => {
  const { peer, dialog } = call;
  if (!peer) return [];
  if (call.phase === 'incoming') {
    model.timers.delete('no answer');
    call.phase = 'accepted';
  } else call.change = 'accepted';
  call.hangsUp = false;
  // The target is the new one from the 2xx on (section 12.2.2).
  if (dialog) dialog.target = peer.request.contact;
  return [accept(model, call, peer)];
};

const confirm = (model: ModelPhone, call: ModelCall, ends: boolean): readonly Line[] => {
  const { own, dialog } = call;
  if (!own || !dialog) return [];
  const line = acknowledge(own, dialog);
  if (ends) return [line, ...endCall(model, call, 'local')];
  call.phase = 'established';
  call.change = null;
  return [line];
};

const hangUp = (model: ModelPhone, call: ModelCall): readonly Line[] => {
  if (call.phase === 'calling') return cancel(model, call);
  if (call.phase === 'incoming') return reject(model, call, 603);
  // Section 15: no BYE while a 200 awaits its ACK.
  if (call.phase === 'accepted' || call.change === 'accepted') {
    call.hangsUp = true;
    return [];
  }
  return [...settle(model, call), ...endCall(model, call, 'local')];
};

const reInvite = (model: ModelPhone, call: ModelCall): readonly Line[] => {
  const { dialog, phase } = call;
  if (phase === 'calling' || phase === 'incoming' || !dialog) return [];
  if (phase !== 'established' || call.change !== null) return reInviteFailed(model, call, 491);
  model.timers.delete('due');
  dialog.localSequence += 1;
  const [own, line] = sendInvite(model, {
    callId: call.callId,
    sequence: dialog.localSequence,
    from: dialog.local,
    uri: dialog.target,
    routes: dialog.routes,
    peer: dialog.peer,
    to: dialog.remote,
    dialog,
  });
  call.own = own;
  call.change = 'offering';
  return [line];
};

/** What follows from a wish; nothing where it does not fit. */
export const wish = (model: ModelPhone, asked: Wish, status: number): readonly Line[] => {
  const { call } = model;
  if (!call) return [];
  const awaits = call.phase === 'incoming' || call.change === 'invited';
  const isAnswered = call.phase === 'answered' || call.change === 'answered';
  switch (asked) {
    case 'ring':
      return call.phase === 'incoming' && call.peer ? [answerInvite(model, call.peer, 180)] : [];
    case 'accept':
      return awaits ? take(model, call) : [];
    case 'reject':
      return awaits ? reject(model, call, status) : [];
    case 're-invite':
      return reInvite(model, call);
    case 'acknowledge':
    case 'acknowledge-and-end':
      return isAnswered ? confirm(model, call, asked === 'acknowledge-and-end') : [];
    case 'cancel':
      return call.phase === 'calling' || call.change === 'offering' ? cancel(model, call) : [];
    case 'hang-up':
      return hangUp(model, call);
  }
};

/** Nobody answers within three minutes. */
export const giveUpRinging = (model: ModelPhone, call: ModelCall): readonly Line[] =>
  call.peer
    ? [
        answerInvite(model, call.peer, 480),
        ...endCall(model, { ...call, dialog: null }, 'no-answer'),
      ]
    : [told('nothing to answer', call.callId)];
