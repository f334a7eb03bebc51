import * as fc from 'fast-check';
import { utf8 } from '../../reference/core/bytes.ts';
import type { UserAgentInput } from '../../reference/core/sip/user-agent/user-agent.ts';
import type { ModelPhone, PeerRequest } from './dialog.ts';
import { requested, responded, type PeerResponse } from './dialog-peer.ts';
import { give, pass, requestOf, responseBytes, type DialogPhone } from './dialog-phone.ts';
import { dial, wish, wishes, type Wish } from './dialog-user.ts';

type Step = fc.Command<ModelPhone, DialogPhone>;
type Reached = (shape: string) => void;

const peers = ['+33639980002', '+33639980003'] as const;
const body = utf8('v=0\r\n');

const step = (
  name: string,
  run: (model: ModelPhone, phone: DialogPhone) => void,
  check: (model: ModelPhone) => boolean = () => true,
): Step => ({ run, check, toString: () => name });

const stateOf = ({ call }: ModelPhone): string =>
  call ? `${call.phase}${call.change ? ` ${call.change}` : ''}` : 'idle';

const dialling = step('dial', (model, phone) => {
  const callId = `own-${model.now}-${phone.bytes.size}`;
  const [number] = peers;
  const lines = dial(model, callId, number);
  give(phone, model, { kind: 'invite', number, callId, body }, lines);
});

const inputOf = (kind: Wish, status: number): UserAgentInput => {
  if (kind === 'accept' || kind === 're-invite') return { kind, body };
  return kind === 'reject' ? { kind, status } : { kind };
};

const wishing = (asked: Wish, status: number, reached: Reached): Step =>
  step(`${asked} ${status}`, (model, phone) => {
    reached(`${asked} when ${stateOf(model)}`);
    give(phone, model, inputOf(asked, status), wish(model, asked, status));
  });

const received = (phone: DialogPhone, model: ModelPhone, request: PeerRequest): void => {
  phone.requests.push(request);
  const input = { kind: 'message', message: requestOf(request) } as const;
  give(phone, model, input, requested(model, request));
};

const contacts = ['10.0.2.1', '10.0.2.2'].map((host) => `sip:peer@${host}:4000;transport=tls`);
const proxies = ['<sip:10.0.0.1:5061;transport=tls;lr>', '<sip:10.0.0.2:5061;transport=tls;lr>'];

/** What the peer's INVITEs and answers vary in. */
interface Place {
  readonly contact: number;
  readonly routes: number;
}

const placed = ({ contact, routes }: Place) => ({
  contact: contacts[contact % contacts.length] ?? '',
  routes: proxies.slice(0, routes),
});

const branchOf = ({ requests }: DialogPhone): string => `z9hG4bKpeer${requests.length}`;

/** An INVITE outside of a dialog; `merged`: one that came before, by another way. */
const inviting = (place: Place, merged: boolean, reached: Reached): Step =>
  step(`INVITE ${merged}`, (model, phone) => {
    const first = phone.requests.findLast(({ method, to }) => method === 'INVITE' && to === null);
    const fresh: PeerRequest = {
      method: 'INVITE',
      branch: branchOf(phone),
      sequence: 1 + phone.requests.length,
      callId: `peer-${phone.requests.length}`,
      from: `theirs${phone.requests.length}`,
      to: null,
      user: peers[0],
      hasBody: true,
      ...placed(place),
    };
    reached(`INVITE when ${stateOf(model)}`);
    received(phone, model, merged && first ? { ...first, branch: fresh.branch } : fresh);
  });

const spoils = [
  '',
  '',
  '',
  '',
  'local tag',
  'remote tag',
  'no tag',
  'identity',
  'low',
  'same',
] as const;

interface Inside {
  readonly method: string;
  readonly spoil: (typeof spoils)[number];
  readonly place: Place;
  readonly hasBody: boolean;
}

const insideOf = (
  model: ModelPhone,
  phone: DialogPhone,
  { method, spoil, place, hasBody }: Inside,
): PeerRequest | null => {
  const { call } = model;
  const dialog = call?.dialog;
  if (!call || !dialog) return null;
  const last = method === 'ACK' ? (call.peer?.request.sequence ?? 1) : dialog.remoteSequence + 1;
  const lower = { low: 2, same: method === 'ACK' ? 0 : 1 } as const;
  const by = spoil === 'low' || spoil === 'same' ? lower[spoil] : 0;
  const local = dialog.local.value ?? 'unknown';
  return {
    method,
    branch: branchOf(phone),
    sequence: Math.max(1, last - by),
    callId: call.callId,
    from: spoil === 'remote tag' ? 'somebody' : dialog.remote,
    to: spoil === 'no tag' ? null : spoil === 'local tag' ? 'nobody' : local,
    user: spoil === 'identity' ? peers[1] : dialog.peer,
    hasBody: hasBody || method === 'INVITE',
    ...placed(place),
  };
};

const inside = (asked: Inside, reached: Reached): Step =>
  step(
    `inside ${JSON.stringify(asked)}`,
    (model, phone) => {
      const request = insideOf(model, phone, asked);
      if (request === null) return;
      reached(`${asked.method}${asked.spoil && ` with ${asked.spoil}`} when ${stateOf(model)}`);
      received(phone, model, request);
    },
    ({ call }) => call !== null && call.dialog !== null,
  );

const cancelling = (isKnown: boolean, reached: Reached): Step =>
  step(`CANCEL ${isKnown}`, (model, phone) => {
    const first = phone.requests.findLast(({ method }) => method === 'INVITE');
    if (first === undefined) return;
    reached(`CANCEL when ${stateOf(model)}`);
    const branch = isKnown ? first.branch : branchOf(phone);
    received(phone, model, { ...first, method: 'CANCEL', branch, hasBody: false });
  });

const repeating = (which: number, reached: Reached): Step =>
  step(`repeat ${which}`, (model, phone) => {
    const { requests } = phone;
    const request = requests[requests.length - 1 - (which % Math.max(1, requests.length))];
    if (request === undefined) return;
    reached(`${request.method} again`);
    const input = { kind: 'message', message: requestOf(request) } as const;
    give(phone, model, input, requested(model, request));
  });

const tags = ['one', 'two', 'three'] as const;

const answering = (
  which: number,
  status: number,
  tag: number,
  place: Place,
  reached: Reached,
): Step =>
  step(
    `response ${status} ${tag} to ${which}`,
    (model, phone) => {
      const { own } = model;
      const invite = own[own.length - 1 - (which % Math.max(1, own.length))];
      const sent = invite && phone.sent.get(invite.branch.value ?? '');
      if (invite === undefined || sent === undefined) return;
      const other = `${tags[tag % 3]}${invite.callId}`;
      const to = invite.to !== '' && tag < 3 ? invite.to : status === 100 ? '' : other;
      const response: PeerResponse = { status, to, ...placed(place) };
      const kind = invite.dialog ? 're-INVITE' : 'INVITE';
      reached(`${status} to ${kind} ${invite.state}${invite.isCancelling ? ' cancelling' : ''}`);
      const message = responseBytes(sent, invite.peer, response);
      give(phone, model, { kind: 'message', message }, responded(model, invite, response));
    },
    ({ own }) => own.length > 0,
  );

const waiting = (time: number): Step =>
  step(`wait ${time}`, (model, phone) => pass(phone, model, time));

const here: Place = { contact: 0, routes: 2 };

/** What follows if nobody interferes. */
const next = (reached: Reached): Step =>
  step('next', (model, phone) => {
    const { call } = model;
    const isAwaited = call?.phase === 'incoming' || call?.change === 'invited';
    const isAnswered = call?.phase === 'answered' || call?.change === 'answered';
    const isAccepted = call?.phase === 'accepted' || call?.change === 'accepted';
    const ack = { method: 'ACK', spoil: '', place: here, hasBody: false } as const;
    const chosen = isAwaited
      ? wishing('accept', 0, reached)
      : isAnswered
        ? wishing('acknowledge', 0, reached)
        : isAccepted
          ? inside(ack, reached)
          : answering(0, 200, 0, here, reached);
    if (chosen.check(model)) chosen.run(model, phone);
  });

/** Everything that can happen; `reached` is told of each step and the state it met. */
export const dialogSteps = (reached: Reached): fc.Arbitrary<Step>[] => {
  const place = fc.record({ contact: fc.nat({ max: 1 }), routes: fc.nat({ max: 2 }) });
  const which = fc.constantFrom(0, 0, 0, 1, 2);
  const methods = ['INVITE', 'INVITE', 'ACK', 'ACK', 'BYE', 'OPTIONS', 'UPDATE'] as const;
  const insides = fc
    .record({
      method: fc.constantFrom(...methods),
      spoil: fc.constantFrom(...spoils),
      place,
      hasBody: fc.boolean(),
    })
    .map((asked) => inside(asked, reached));
  const statuses = fc.constantFrom(100, 180, 180, 200, 200, 403, 408, 481, 486, 487, 491);
  const answers = fc
    .tuple(which, statuses, fc.constantFrom(0, 0, 0, 0, 1, 2, 3), place)
    .map(([each, status, tag, where]) => answering(each, status, tag, where, reached));
  const users = fc
    .tuple(fc.constantFrom(...wishes), fc.constantFrom(403, 480, 488, 603))
    .map(([asked, status]) => wishing(asked, status, reached));
  const begun = fc.oneof(
    fc.constant(dialling),
    fc.tuple(place, fc.boolean()).map(([where, merged]) => inviting(where, merged, reached)),
  );
  const others = fc.oneof(
    fc.constantFrom(true, true, false).map((isKnown) => cancelling(isKnown, reached)),
    which.map((each) => repeating(each, reached)),
    which.map((each) => repeating(each, reached)),
    fc.constantFrom(1, 200, 500, 1_000, 4_000, 33_000, 181_000).map(waiting),
  );
  const honest = fc.constant(next(reached));
  return [begun, users, users, insides, insides, answers, answers, others, honest, honest];
};
