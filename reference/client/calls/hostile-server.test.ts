import { setImmediate } from 'node:timers/promises';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMessage } from '../../core/sip/message/message.ts';
import type { PhoneParts } from '../parts.ts';
import { ALICE, BOB, createParties, openPortCount, type Parties } from './testing/handler.ts';
import {
  createHostileWire,
  tamperings,
  type HostileWire,
  type WiredPhone,
} from './testing/hostile-wire.ts';

let parties: Parties;
const escaped: unknown[] = [];
const escape = (error: unknown): void => void escaped.push(error);
beforeAll(async () => {
  process.on('unhandledRejection', escape);
  parties = await createParties();
});
afterAll(() => void process.off('unhandledRejection', escape));

/** What happens next, and two numbers that choose which message, which phone and how. */
const steps = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 12, arbitrary: fc.constant('deliver' as const) },
      { weight: 4, arbitrary: fc.constant('tamper' as const) },
      ...(['lose', 'repeat', 'forge', 'reconnect'] as const).map((step) => fc.constant(step)),
      ...(['dial', 'hold', 'resume', 'hang-up', 'wait'] as const).map((step) => fc.constant(step)),
    ),
    fc.nat(1000),
    fc.nat(1000),
  ),
  { minLength: 30, maxLength: 120 },
);
type Step = typeof steps extends fc.Arbitrary<readonly (infer Each)[]> ? Each : never;

const settled = (work: Promise<void>): void => void work.catch(() => undefined);

/** Gives a message that was seen before, or is to come, after tampering with it. */
const tamper = (
  wire: HostileWire,
  from: HostileWire['waiting'],
  one: number,
  two: number,
): void => {
  const letter = from[one % from.length];
  const seen = wire.delivered[two % wire.delivered.length] ?? letter;
  const other = seen && parseMessage(seen.bytes);
  const change = tamperings[one % tamperings.length];
  if (letter && other?.ok && change)
    wire.deliver(letter, (message) => change(message, other.value, two));
};

const deliver = (wire: HostileWire, place: number): void => {
  const [letter] = wire.waiting.splice(place % Math.max(wire.waiting.length, 1), 1);
  if (!letter) return;
  wire.delivered.push(letter);
  wire.deliver(letter);
};

const take = (wire: HostileWire, [step, one, two]: Step): void => {
  const phone = wire.phones[one % 2 === 0 ? 0 : 1];
  if (step === 'deliver') deliver(wire, one % 5 === 0 ? two : 0);
  else if (step === 'tamper') {
    tamper(wire, wire.waiting.slice(0, 1), one, two);
    if (two % 2 === 0) wire.waiting.shift();
  } else if (step === 'lose') wire.waiting.shift();
  else if (step === 'repeat') {
    const letter = wire.delivered[two % Math.max(wire.delivered.length, 1)];
    if (letter) wire.deliver(letter);
  } else if (step === 'forge') tamper(wire, wire.delivered, one, two);
  else if (step === 'reconnect') {
    phone.give({ kind: 'connection-down' });
    phone.give({ kind: 'connection-up' });
  } else if (step === 'dial') settled(phone.calls.dial(one % 2 === 0 ? BOB : ALICE));
  else if (step === 'hold') settled(phone.calls.hold());
  else if (step === 'resume') settled(phone.calls.resume());
  else if (step === 'hang-up') phone.calls.hangUp();
  else wire.pass(two * 5);
};

const keysOf = ({ keysInUse }: WiredPhone): readonly string[] => keysInUse.map(({ keys }) => keys);

/** What holds whatever a server does that has no key. */
const expectSafe = ({ phones }: HostileWire): void => {
  for (const [index, phone] of phones.entries()) {
    const { state, identifiers } = phone.calls.view();
    if (state === 'in-call') expect(identifiers).not.toBeNull();
    if (state !== 'in-call' && state !== 'ended') expect(identifiers).toBeNull();
    expect(new Set(keysOf(phone)).size, 'keys used twice').toBe(phone.keysInUse.length);
    expect(phone.refusals).not.toContain('phone/fault');
    const peer = phones[index === 0 ? 1 : 0];
    // A callee begins only with keys that its caller verified before it (interpretations I-9).
    for (const { keys, after } of phone.keysInUse)
      if (after === 'acknowledged' || after === 're-acknowledged')
        expect(keysOf(peer)).toContain(keys);
  }
};

const waitOut = async (wire: HostileWire): Promise<void> => {
  for (let count = 0; count < 20; count += 1) {
    wire.waiting.length = 0;
    wire.pass(10_000);
    await setImmediate();
  }
};

/** Nothing is left of any call, and the phone can make the next. */
const expectClean = async (wire: HostileWire): Promise<void> => {
  for (const { calls } of wire.phones) calls.hangUp();
  await waitOut(wire);
  for (const { agent, calls } of wire.phones) {
    expect(agent.currentCallId()).toBeUndefined();
    expect(['idle', 'ended']).toContain(calls.view().state);
  }
  const [alice] = wire.phones;
  await alice.calls.dial(BOB);
  expect(alice.calls.view().state).toBe('calling');
  alice.calls.hangUp();
  await waitOut(wire);
  await Promise.all(wire.phones.map(({ calls }) => calls.close()));
  expect(await openPortCount()).toBe(0);
};

/** A world of two phones through all steps; throws at what must not be. */
const play = async (taken: readonly Step[], parts: Partial<PhoneParts> = {}): Promise<void> => {
  const wire = createHostileWire(parties, parts);
  try {
    // Most of what is worth attacking is behind the first call.
    settled(wire.phones[0].calls.dial(BOB));
    for (const step of taken) {
      take(wire, step);
      await setImmediate();
      expectSafe(wire);
    }
    await expectClean(wire);
  } finally {
    await Promise.all(wire.phones.map(({ calls }) => calls.close()));
  }
};

describe('a signalling server that has no key, between two phones', () => {
  test.prop([steps], { numRuns: 25 })(
    'begins no audio, shows nobody, reuses no key and leaves nothing behind',
    async (taken) => {
      await play(taken);
      expect(escaped).toEqual([]);
    },
  );

  it('is found out where a phone takes any ACK', async () => {
    const careless = fc.asyncProperty(steps, (taken) => play(taken, { confirmationChecks: [] }));
    const found = await fc.check(careless, { numRuns: 1000, endOnFailure: true });
    expect(String(found.errorInstance)).toMatch(/to include '[0-9a-f]{32},/);
  });
});
