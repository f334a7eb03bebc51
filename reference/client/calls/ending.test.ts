import { describe, expect, it } from 'vitest';
import { csl1, cslChecks } from '../../core/csl/key-agreement.ts';
import { isWiped, type SessionKeys } from '../../core/csl/key-schedule.ts';
import { createReplayMemory } from '../../core/csl/replay-memory.ts';
import {
  callee,
  caller,
  callId,
  filled,
  now,
  offerContext,
  offerMessage,
} from '../../core/csl/testing/exchange-support.ts';
import type { UserAgentCommand } from '../../core/sip/user-agent/user-agent.ts';
import { phoneParts } from '../parts.ts';
import { newIncomingCall, newOutgoingCall, type Call } from './call.ts';
import { fail, finish, hangUp } from './ending.ts';
import { engage, type Line } from './line.ts';

const agreement = csl1.create(cslChecks);

const openLine = (commands: UserAgentCommand[]): Line => ({
  own: caller,
  clientAuthorities: [],
  host: '127.0.0.1',
  parts: phoneParts,
  logs: { refusal: () => undefined },
  askStatus: () => Promise.resolve('good'),
  command: (command) => void commands.push(command),
  changed: () => undefined,
  replayMemory: createReplayMemory(now),
  agreement,
  portWork: new Set(),
  shown: null,
  arriving: null,
  engaged: null,
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
  /** Code with which an exchange under way refuses to go on. */
  readonly decided?: () => string;
}

const media = 'RTP/SAVP 97 SPEEX/8000 20 sendrecv';

const offerOf = (exponent: Uint8Array) => {
  const fresh = { exponent, nonce: filled(32, 5), time: now };
  const offer = agreement.createOffer({
    ...fresh,
    own: caller,
    dialled: callee.number,
    callId,
    media,
  });
  if (!offer.ok) throw new Error(offer.error.code);
  return offer.value;
};

const answerOf = (exponent: Uint8Array) => {
  const offer = agreement.verifyOffer(offerMessage(), offerContext());
  if (!offer.ok) throw new Error(offer.error.code);
  const answer = offer.value.createAnswer({ exponent, nonce: filled(32, 5), time: now, media });
  if (!answer.ok) throw new Error(answer.error.code);
  const decided = (): string => {
    const outcome = answer.value.verifyConfirmation([]);
    return outcome.ok ? '' : outcome.error.code;
  };
  return { answer: answer.value, decided };
};

const calling = (): Secretive => {
  const call = newOutgoingCall('call-1', callee.number);
  const exponent = filled(64, 9);
  call.pending = offerOf(exponent);
  return { call, secrets: [exponent] };
};

const answered = (): Secretive => {
  const { answer, decided } = answerOf(filled(64, 9));
  const call = newIncomingCall('call-1', caller.number);
  call.state = 'ringing';
  call.answered = { answer, stream: { ssrc: 1, direction: 'sendrecv' } };
  return { call, secrets: [], decided };
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

const offering = (): Secretive => {
  const { call, secrets } = talking('callee');
  const exponent = filled(64, 10);
  call.change = {
    kind: 'offered',
    offer: offerOf(exponent),
    stream: { ssrc: 2, direction: 'sendonly' },
    isHolding: true,
  };
  return { call, secrets: [...secrets, exponent] };
};

const reanswered = (): Secretive => {
  const { call, secrets } = talking('caller');
  const { answer, decided } = answerOf(filled(64, 11));
  const { media: read } = offerMessage();
  if (!read.ok) throw new Error(read.error.code);
  const stream = { ssrc: 2, direction: 'sendrecv' } as const;
  call.change = { kind: 'received', answered: { answer, stream, peerMedia: read.value } };
  return { call, secrets, decided };
};

const states = [
  ['calls', calling],
  ['has answered', answered],
  ['talks as caller', () => talking('caller')],
  ['talks as callee', () => talking('callee')],
  ['has sent a re-INVITE', offering],
  ['has answered a re-INVITE', reanswered],
] as const;

const endings = [
  ['hanging up', (line: Line, call: Call) => hangUp(line, call, null), null],
  ['the other side', (line: Line, call: Call) => finish(line, call, 'sip/486'), 'sip/486'],
  ['a fault', (line: Line, call: Call) => fail(line, call, new Error('x')), 'phone/fault'],
] as const;

describe.each(states)('a phone that %s', (_, make) => {
  it.each(endings)('keeps no secret when %s ends the call', (__, end, endedBy) => {
    const { call, secrets, decided } = make();
    const line = openLine([]);
    expect(secrets.filter(isWiped)).toEqual([]);
    end(line, call);
    expect(secrets.filter((secret) => !isWiped(secret))).toEqual([]);
    expect(decided?.() ?? 'exchange-over').toBe('exchange-over');
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
    engage(line, calling().call);
    hangUp(line, call, null);
    expect(commands).toEqual([]);
    const { call: held } = calling();
    engage(line, held);
    hangUp(line, held, null);
    hangUp(line, held, null);
    expect(commands).toEqual([{ kind: 'hang-up' }]);
  });
});
