/** A tag or branch that the phone chooses: unknown until it has been seen. */
export interface Chosen {
  value: string | null;
}

/** What a phone sends or tells, part by part. */
export type Line = readonly (string | Chosen)[];

/** A dialog as its two ends must have it (RFC 3261 section 12). */
export interface ModelDialog {
  readonly callId: string;
  readonly local: Chosen;
  readonly remote: string;
  readonly peer: string;
  target: string;
  readonly routes: readonly string[];
  localSequence: number;
  remoteSequence: number;
}

/** An INVITE of the phone. */
export interface OwnInvite {
  readonly callId: string;
  readonly sequence: number;
  readonly branch: Chosen;
  readonly from: Chosen;
  readonly uri: string;
  readonly routes: readonly string[];
  /** The number called. */
  readonly peer: string;
  /** To tag: empty outside of a dialog. */
  readonly to: string;
  /** Of a re-INVITE. */
  readonly dialog: ModelDialog | null;
  state: 'calling' | 'proceeding' | 'accepted' | 'abandoned' | 'over';
  isCancelling: boolean;
  /** By To tag: the ACK of a 2xx, null while the user has not made up his mind. */
  readonly acks: Map<string, Line | null>;
}

/** A request of the peer. */
export interface PeerRequest {
  readonly method: string;
  readonly branch: string;
  readonly sequence: number;
  readonly callId: string;
  readonly from: string;
  /** Null where it has none. */
  readonly to: string | null;
  /** The user part of From, which the dialog's must equal. */
  readonly user: string;
  readonly contact: string;
  readonly routes: readonly string[];
  readonly hasBody: boolean;
}

/** An INVITE of the peer, as long as it is remembered. */
export interface PeerInvite {
  readonly request: PeerRequest;
  readonly tag: Chosen;
  isRefused: boolean;
  last: Line | null;
}

/** The one call of a phone. */
export interface ModelCall {
  phase: 'calling' | 'answered' | 'incoming' | 'accepted' | 'established';
  readonly callId: string;
  readonly isCaller: boolean;
  dialog: ModelDialog | null;
  own: OwnInvite | null;
  peer: PeerInvite | null;
  /** A re-INVITE under way; its INVITE is in `own` or `peer`. */
  change: 'offering' | 'answered' | 'invited' | 'accepted' | null;
  hangsUp: boolean;
}

/** What a phone must be doing. */
export interface ModelPhone {
  now: number;
  call: ModelCall | null;
  readonly own: OwnInvite[];
  readonly invites: Map<string, PeerInvite>;
  /** Answers to other requests, by method and branch. */
  readonly answers: Map<string, Line>;
  readonly timers: Map<string, { readonly at: number; readonly run: () => readonly Line[] }>;
}

/** Milliseconds (RFC 3261 section 17.1.1.1). */
const [t1, t2] = [500, 4_000];
/** How long transactions wait and are remembered. */
export const lifetime = 64 * t1;
/** Waits of RFC 3261 section 14.1 for a phone whose random numbers are all one half. */
const glare = { owner: 3_050, other: 1_000 } as const;

export const createModel = (): ModelPhone => ({
  now: 1_000_000,
  call: null,
  own: [],
  invites: new Map(),
  answers: new Map(),
  timers: new Map(),
});

/** Does something once so many milliseconds have passed; replaces what has the same name. */
export const after = (
  model: ModelPhone,
  name: string,
  wait: number,
  run: () => readonly Line[] | void,
): void => {
  model.timers.delete(name);
  model.timers.set(name, { at: model.now + wait, run: () => run() ?? [] });
};

/** What is due first, at or before a moment. */
export const takeDue = (model: ModelPhone, until: number): readonly Line[] | null => {
  const due = [...model.timers].filter(([, { at }]) => at <= until);
  const [first] = due.toSorted(([, left], [, right]) => left.at - right.at);
  if (first === undefined) return null;
  model.timers.delete(first[0]);
  model.now = first[1].at;
  return first[1].run();
};

/** When something is due. */
export const nextDue = ({ timers }: ModelPhone): number =>
  Math.min(...[...timers.values()].map(({ at }) => at));

export const told = (kind: string, callId: string, ...more: readonly string[]): Line => [
  'told',
  kind,
  callId,
  ...more,
];

const inDialog = (dialog: ModelDialog, method: string, sequence: number): Line => [
  'sent',
  method,
  String(sequence),
  dialog.target,
  dialog.routes.join(' '),
  dialog.callId,
  dialog.local,
  dialog.peer,
  dialog.remote,
  { value: null },
];

const responseTo = (request: PeerRequest, status: number, tag: Chosen | string): Line => [
  'sent',
  String(status),
  `${request.sequence} ${request.method}`,
  request.callId,
  request.from,
  request.to ?? tag,
  request.branch,
  // Section 12.1.1: what makes a dialog says by which proxies.
  request.method === 'INVITE' && status > 100 && status < 300 ? request.routes.join(' ') : '',
];

/** Answers a request that is no INVITE, and remembers the answer (section 17.2.2). */
export const answered = (model: ModelPhone, request: PeerRequest, status: number): Line => {
  const line = responseTo(request, status, { value: null });
  const key = `${request.method} ${request.branch}`;
  model.answers.set(key, line);
  after(model, `forget ${key}`, lifetime, () => void model.answers.delete(key));
  return line;
};

/** Takes an INVITE to be answered (section 17.2.1); 100 after 200 ms. */
export const openInvite = (model: ModelPhone, request: PeerRequest): PeerInvite => {
  const tag = { value: null };
  const invite: PeerInvite = { request, tag, isRefused: false, last: null };
  model.invites.set(request.branch, invite);
  after(model, `100 ${request.branch}`, 200, () => [
    (invite.last = responseTo(request, 100, request.to ?? '')),
  ]);
  return invite;
};

export const answerInvite = (model: ModelPhone, invite: PeerInvite, status: number): Line => {
  const { request } = invite;
  model.timers.delete(`100 ${request.branch}`);
  invite.last = responseTo(request, status, invite.tag);
  if (status < 200) return invite.last;
  invite.isRefused = status >= 300;
  after(model, `forget ${request.branch}`, lifetime, () => {
    if (model.invites.get(request.branch) === invite) model.invites.delete(request.branch);
  });
  return invite.last;
};

/** BYE, and the call is over (section 15). */
export const bye = (dialog: ModelDialog): Line => inDialog(dialog, 'BYE', dialog.localSequence + 1);

export const forgetCall = (model: ModelPhone): void => {
  model.call = null;
  for (const name of ['200', 'no ACK', 'no answer', 'due']) model.timers.delete(name);
};

export const endCall = (model: ModelPhone, call: ModelCall, reason: string): readonly Line[] => {
  forgetCall(model);
  return [...(call.dialog ? [bye(call.dialog)] : []), told('ended', call.callId, reason)];
};

/** The ACK of a 2xx (section 13.2.2.4). */
export const acknowledge = (invite: OwnInvite, dialog: ModelDialog): Line => {
  const line = inDialog(dialog, 'ACK', invite.sequence);
  invite.acks.set(dialog.remote, line);
  return line;
};

/** What an ending call owes: 487 to an INVITE that waits, an ACK to a 2xx. */
export const settle = (model: ModelPhone, call: ModelCall): readonly Line[] => {
  const awaited = call.phase === 'incoming' || call.change === 'invited' ? call.peer : null;
  if (awaited) return [answerInvite(model, awaited, 487)];
  const isAnswered = call.phase === 'answered' || call.change === 'answered';
  return isAnswered && call.own && call.dialog ? [acknowledge(call.own, call.dialog)] : [];
};

/** The 200 is repeated until its ACK, for 64*T1 (section 13.3.1.4). */
const repeat200 = (model: ModelPhone, line: Line, wait: number): void =>
  after(model, '200', wait, () => {
    repeat200(model, line, Math.min(2 * wait, t2));
    return [line];
  });

export const accept = (model: ModelPhone, call: ModelCall, invite: PeerInvite): Line => {
  const line = answerInvite(model, invite, 200);
  repeat200(model, line, t1);
  after(model, 'no ACK', lifetime, () => endCall(model, call, 'ack-timeout'));
  return line;
};

/** After 491 the phone waits before it may try again (section 14.1). */
const waitForTurn = (model: ModelPhone, isCaller: boolean): void =>
  after(model, 'due', isCaller ? glare.owner : glare.other, () => {
    const { call } = model;
    if (call?.phase === 'established' && call.change === null)
      return [told('re-invite-due', call.callId)];
    if (call) waitForTurn(model, isCaller);
    return [];
  });

export const reInviteFailed = (
  model: ModelPhone,
  call: ModelCall,
  status: number,
): readonly Line[] => {
  if (status === 491) waitForTurn(model, call.isCaller);
  return [told('re-invite-failed', call.callId, String(status))];
};
