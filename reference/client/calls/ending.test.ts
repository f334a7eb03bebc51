import { describe, expect, it } from 'vitest';
import { createAnswer } from '../../core/csl/answer.ts';
import { isWiped, type SessionKeys } from '../../core/csl/key-schedule.ts';
import { verifyOffer } from '../../core/csl/offer.ts';
import { createReplayMemory } from '../../core/csl/replay-memory.ts';
import {
  callee,
  caller,
  filled,
  now,
  offerContext,
  offerMessage,
  pendingOffer,
} from '../../core/csl/testing/exchange-support.ts';
import type { UserAgentCommand } from '../../core/sip/user-agent.ts';
import { phoneParts } from '../parts.ts';
import { newIncomingCall, newOutgoingCall, type Call } from './call.ts';
import { fail, finish, hangUp } from './ending.ts';
import { hold, type Line } from './line.ts';

const openLine = (commands: UserAgentCommand[]): Line => ({
  own: caller,
  clientAuthorities: [],
  host: '127.0.0.1',
  parts: phoneParts,
  logs: { refusal: () => undefined },
  command: (command) => void commands.push(command),
  changed: () => undefined,
  replayMemory: createReplayMemory(now),
  portWork: new Set(),
  shown: null,
  arriving: null,
  held: null,
  autoAnswer: false,
});

const octetsOf = ({ callerToCallee, calleeToCaller }: SessionKeys): readonly Uint8Array[] =>
  [callerToCallee, calleeToCaller].flatMap((key) => [key.masterKey, key.masterSalt]);

const filledKeys = (): SessionKeys => ({
  callerToCallee: { masterKey: filled(16, 1), masterSalt: filled(14, 2) },
  calleeToCaller: { masterKey: filled(16, 3), masterSalt: filled(14, 4) },
});

interface Secretive {
  readonly call: Call;
  readonly secrets: readonly Uint8Array[];
}

const calling = (): Secretive => {
  const call = newOutgoingCall('call-1', callee.number);
  const pending = pendingOffer();
  call.pending = pending;
  return { call, secrets: [pending.exponent] };
};

const answered = (): Secretive => {
  const offer = verifyOffer(offerMessage(), offerContext());
  if (!offer.ok) throw new Error(offer.error.code);
  const exponent = filled(64, 9);
  const answer = createAnswer(offer.value, {
    exponent,
    nonce: filled(32, 5),
    time: now,
    media: 'RTP/SAVP 97 SPEEX/8000 20 sendrecv',
  });
  if (!answer.ok) throw new Error(answer.error.code);
  const call = newIncomingCall('call-1', caller.number);
  call.state = 'ringing';
  call.answered = answer.value;
  const { pending, keys } = answer.value;
  return { call, secrets: [pending.callerConfirmation, ...octetsOf(keys), exponent] };
};

const talking = (role: Call['role']): Secretive => {
  const { number } = callee;
  const call =
    role === 'caller' ? newOutgoingCall('call-1', number) : newIncomingCall('call-1', number);
  call.state = 'in-call';
  const keys = filledKeys();
  call.keys = keys;
  return { call, secrets: octetsOf(keys) };
};

const states = [
  ['calls', calling],
  ['has answered', answered],
  ['talks as caller', () => talking('caller')],
  ['talks as callee', () => talking('callee')],
] as const;

const endings = [
  ['hanging up', (line: Line, call: Call) => hangUp(line, call, null), null],
  ['the other side', (line: Line, call: Call) => finish(line, call, 'sip/486'), 'sip/486'],
  ['a fault', (line: Line, call: Call) => fail(line, call, new Error('x')), 'phone/fault'],
] as const;

describe.each(states)('a phone that %s', (_, make) => {
  it.each(endings)('keeps no secret when %s ends the call', (__, end, endedBy) => {
    const { call, secrets } = make();
    const line = openLine([]);
    expect(secrets.some((secret) => !isWiped(secret))).toBe(true);
    end(line, call);
    expect(secrets.filter((secret) => !isWiped(secret))).toEqual([]);
    expect(call).toMatchObject({ state: 'ended', endedBy, keys: null });
    finish(line, call, 'another');
    expect(call.endedBy).toBe(endedBy);
  });
});

describe('hangUp', () => {
  it('tells the user agent of a call that it has, and of no other', () => {
    const commands: UserAgentCommand[] = [];
    const line = openLine(commands);
    const { call } = calling();
    hold(line, calling().call);
    hangUp(line, call, null);
    expect(commands).toEqual([]);
    const { call: held } = calling();
    hold(line, held);
    hangUp(line, held, null);
    hangUp(line, held, null);
    expect(commands).toEqual([{ kind: 'hang-up' }]);
  });
});
