import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { latin1, utf8 } from '../../bytes.ts';
import { header, listValues, serialize } from '../message/message.ts';
import {
  ALICE,
  BOB,
  createPhonePair,
  type PairedPhone,
  pairInCall,
  type PhonePair,
} from '../testing/phone-pair.ts';
import { TRANSACTION_TIMEOUT } from '../timers.ts';
import type { UserAgentEvent, UserAgentInput } from './user-agent.ts';

const body = utf8('v=0\r\n');

const commands = [
  'register',
  'unregister',
  'ring',
  'acknowledge',
  'acknowledge-and-end',
  'cancel',
  'hang-up',
] as const;

type Step = { readonly who: 0 | 1 } & (
  | { readonly kind: 'command'; readonly command: (typeof commands)[number] }
  /** `react`: what a user or an application does next, after what the phone told last. */
  | { readonly kind: 'react' | 'invite' | 'accept' | 're-invite' | 'down' | 'up' }
  | { readonly kind: 'reject'; readonly status: number }
  | { readonly kind: 'repeat'; readonly which: number }
  | { readonly kind: 'spoil'; readonly which: number; readonly at: number; readonly byte: number }
);

const who = fc.constantFrom<0 | 1>(0, 1);
const honest: readonly fc.Arbitrary<Step>[] = [
  fc.record({ who, kind: fc.constant('command' as const), command: fc.constantFrom(...commands) }),
  fc.record({ who, kind: fc.constantFrom('invite', 'invite', 'accept', 're-invite') }),
  fc.record({ who, kind: fc.constantFrom('re-invite', 're-invite', 'down', 'up', 'up') }),
  fc.record({ who, kind: fc.constant('react' as const) }),
  fc.record({ who, kind: fc.constant('react' as const) }),
  fc.record({ who, kind: fc.constant('react' as const) }),
  fc.record({
    who,
    kind: fc.constant('reject' as const),
    status: fc.constantFrom(403, 408, 481, 488, 491),
  }),
  fc.record({ who, kind: fc.constant('repeat' as const), which: fc.nat(30) }),
];
const spoil: fc.Arbitrary<Step> = fc.record({
  who,
  kind: fc.constant('spoil' as const),
  which: fc.nat(30),
  at: fc.nat(),
  byte: fc.nat(255),
});

/** Steps, each with how long the network takes afterwards and whether it loses what it carries then. */
interface Script {
  /** Whether Alice and Bob talk already. */
  readonly inCall: boolean;
  readonly steps: readonly (readonly [Step, number, boolean])[];
}

const scripts = (steps: readonly fc.Arbitrary<Step>[]): fc.Arbitrary<Script> =>
  fc.record({
    inCall: fc.boolean(),
    steps: fc.array(
      fc.tuple(
        fc.oneof(...steps),
        fc.constantFrom(0, 1, 50, 50, 300, 700, 3000, 33_000),
        fc.constantFrom(false, false, false, false, true),
      ),
      { maxLength: 40, size: 'max' },
    ),
  });

const ENDS = ['call-failed', 'cancelled', 'bye', 'ended'] satisfies UserAgentEvent['kind'][];

/** What a phone may tell: at most one call at a time, each of which ends once, and nothing about a call that is not there. */
const createModel = (phone: PairedPhone) => {
  let open: string | undefined;
  let seen = 0;
  return {
    begin(callId: string): void {
      open ??= callId;
    },
    check(): void {
      for (; seen < phone.events.length; seen += 1) {
        const event = phone.events[seen];
        if (event === undefined || event.kind === 'refused' || !('callId' in event)) continue;
        if (event.kind === 'incoming-invite') {
          expect(open).toBeUndefined();
          open = event.callId;
        }
        expect(event.callId).toBe(open);
        if (ENDS.some((kind) => kind === event.kind)) open = undefined;
      }
      expect(phone.agent.currentCallId()).toBe(open);
    },
  };
};

const deliver = (pair: PhonePair, to: PairedPhone, step: Extract<Step, { which: number }>) => {
  const fromPeer = pair.sent.filter(([from]) => from !== to.number);
  const [, message] = fromPeer.at(-1 - (step.which % Math.max(1, fromPeer.length))) ?? [];
  if (message === undefined) return;
  const bytes = Uint8Array.from(serialize(message));
  if (step.kind === 'spoil') bytes[step.at % bytes.length] = step.byte;
  pair.deliver(to, bytes);
};

const REACTIONS: Readonly<Partial<Record<UserAgentEvent['kind'], UserAgentInput>>> = {
  'incoming-invite': { kind: 'accept', body },
  answered: { kind: 'acknowledge' },
  're-invited': { kind: 'accept', body },
  're-answered': { kind: 'acknowledge' },
  're-invite-due': { kind: 're-invite', body },
};

const reactionOf = (phone: PairedPhone): UserAgentInput => {
  const told = phone.events.findLast(({ kind }) => kind !== 'refused' && kind !== 'progress');
  return (told && REACTIONS[told.kind]) ?? { kind: 'tick' };
};

const run = ({ inCall, steps }: Script): PhonePair => {
  const pair = inCall ? pairInCall() : createPhonePair();
  const phones = [pair.alice, pair.bob] as const;
  const models = phones.map(createModel);
  if (inCall) models[0]?.begin('call-1');
  for (const model of models) model.check();
  let calls = 1;
  for (const [step, delay, loses] of steps) {
    pair.filter(loses ? () => undefined : undefined);
    const phone = phones[step.who];
    switch (step.kind) {
      case 'command':
        phone.input({ kind: step.command }, 0);
        break;
      case 'invite': {
        const callId = `call-${(calls += 1)}`;
        models[step.who]?.begin(callId);
        const number = phone.number === ALICE ? BOB : ALICE;
        phone.input({ kind: 'invite', number, callId, body }, 0);
        break;
      }
      case 'react':
        phone.input(reactionOf(phone), 0);
        break;
      case 'accept':
      case 're-invite':
        phone.input({ kind: step.kind, body }, 0);
        break;
      case 'reject':
        phone.input({ kind: 'reject', status: step.status }, 0);
        break;
      case 'down':
      case 'up':
        phone.input({ kind: `connection-${step.kind}` }, 0);
        break;
      case 'repeat':
      case 'spoil':
        deliver(pair, phone, step);
    }
    for (const model of models) model.check();
    pair.pass(delay);
    for (const model of models) model.check();
  }
  // Everything comes to an end when both hang up, whatever was under way.
  pair.filter(undefined);
  for (const phone of phones) phone.input({ kind: 'connection-up' });
  for (const phone of phones) phone.input({ kind: 'hang-up' });
  pair.pass(400_000);
  for (const model of models) model.check();
  return pair;
};

/** Final responses of a phone to one transaction, as long as it remembers it. */
const checkFinals = ({ sent }: PhonePair): void => {
  const finals = new Map<string, { readonly bytes: string; readonly at: number }>();
  for (const [from, message, at] of sent) {
    if (message.kind !== 'response' || message.status < 200) continue;
    const names = [listValues(message, 'Via')[0], header(message, 'CSeq')];
    const key = [from, ...names, header(message, 'Call-ID')].join('\n');
    const first = finals.get(key);
    const bytes = latin1(serialize(message));
    if (first !== undefined && at - first.at < TRANSACTION_TIMEOUT) expect(bytes).toBe(first.bytes);
    else finals.set(key, { bytes, at });
  }
};

describe('two phones, whatever their users do and the network loses', () => {
  test.prop([scripts(honest)], { numRuns: 200 })(
    'tell one end of every call, answer each request with one final response, and let all timers run out',
    (script) => {
      const pair = run(script);
      checkFinals(pair);
      for (const phone of [pair.alice, pair.bob])
        expect(phone.agent.currentCallId()).toBeUndefined();
      expect(pair.pending()).toBe(0);
    },
  );

  test.prop([scripts([...honest, spoil, spoil])], { numRuns: 120 })(
    'never throw at spoilt bytes either, nor keep anything',
    (script) => {
      const pair = run(script);
      for (const phone of [pair.alice, pair.bob])
        expect(phone.agent.currentCallId()).toBeUndefined();
      expect(pair.pending()).toBe(0);
    },
  );
});
