import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes.ts';
import { createReplayMemory, type Clocks, type RememberedOffer } from './replay-memory.ts';
import { filled } from './testing/exchange-support.ts';

const start = 1_772_366_400_000;
const window = 300_000;

interface Accepted {
  readonly key: string;
  readonly certificate: string;
  readonly time: number;
  /** Clocks when it was remembered. */
  readonly at: Clocks;
}

/** A receiver by the words of interpretations I-2: it keeps all it ever accepted and works out everything from that. */
interface Model {
  readonly clocks: { now: number; elapsed: number };
  readonly accepted: Accepted[];
}

interface Real {
  readonly memory: ReturnType<typeof createReplayMemory>;
}

type Verdict = 'replay' | 'memory-full' | 'accepted';

const isKept = ({ clocks }: Model, { time, at }: Accepted): boolean =>
  at.now + (clocks.elapsed - at.elapsed) <= time + window;

const keyOf = ({ certificate, nonce }: RememberedOffer): string =>
  `${toHex(certificate)} ${toHex(nonce)}`;

const expected = (model: Model, offer: RememberedOffer): Verdict => {
  const kept = model.accepted.filter((entry) => isKept(model, entry));
  const forgotten = model.accepted.filter((entry) => !isKept(model, entry));
  if (offer.time < start || forgotten.some(({ time }) => offer.time <= time)) return 'replay';
  if (kept.some(({ key }) => key === keyOf(offer))) return 'replay';
  const own = kept.filter(({ certificate }) => certificate === toHex(offer.certificate));
  return own.length >= 64 || kept.length >= 4096 ? 'memory-full' : 'accepted';
};

const receive = (model: Model, { memory }: Real, offer: RememberedOffer): void => {
  const clocks = { ...model.clocks };
  const isNew = !memory.covers(offer, clocks);
  const verdict: Verdict = !isNew
    ? 'replay'
    : memory.remember(offer, clocks)
      ? 'accepted'
      : 'memory-full';
  expect(verdict).toBe(expected(model, offer));
  if (verdict !== 'accepted') return;
  const key = keyOf(offer);
  // Whatever the clocks have done, nothing is ever accepted twice.
  expect(model.accepted.some((entry) => entry.key === key && entry.time === offer.time)).toBe(
    false,
  );
  const { certificate, time } = offer;
  model.accepted.push({ key, certificate: toHex(certificate), time, at: clocks });
};

type Command = fc.Command<Model, Real>;

const command = (text: string, run: (model: Model, real: Real) => void): Command => ({
  check: () => true,
  run,
  toString: () => text,
});

const offerOf = (model: Model, who: number, nonce: number, offset: number): RememberedOffer => ({
  certificate: new Uint8Array([who]),
  nonce: filled(32, nonce),
  // The check before the memory lets nothing else through.
  time: model.clocks.now + Math.max(-window, Math.min(window, offset)),
});

const offset = fc.oneof(
  fc.integer({ min: -window, max: window }),
  fc.constantFrom(-window, -1, 0, 1, window),
);

const commands: readonly fc.Arbitrary<Command>[] = [
  fc
    .tuple(fc.nat({ max: 2 }), fc.nat({ max: 3 }), offset)
    .map(([who, nonce, off]) =>
      command(`receive(${who}, ${nonce}, ${off})`, (model, real) =>
        receive(model, real, offerOf(model, who, nonce, off)),
      ),
    ),
  fc.nat({ max: 20 }).map((index) =>
    command(`again(${index})`, (model, real) => {
      const entry = model.accepted[index % Math.max(1, model.accepted.length)];
      if (!entry || Math.abs(entry.time - model.clocks.now) > window) return;
      const [certificate, nonce] = entry.key
        .split(' ')
        .map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));
      if (certificate && nonce) receive(model, real, { certificate, nonce, time: entry.time });
    }),
  ),
  fc.tuple(fc.nat({ max: 2 }), offset).map(([who, off]) =>
    command(`flood(${who}, ${off})`, (model, real) => {
      for (let nonce = 100; nonce < 166; nonce += 1)
        receive(model, real, offerOf(model, who, nonce, off));
    }),
  ),
  fc.oneof(fc.nat({ max: 700_000 }), fc.constantFrom(1, window, window + 1)).map((milliseconds) =>
    command(`pass(${milliseconds})`, ({ clocks }) => {
      clocks.now += milliseconds;
      clocks.elapsed += milliseconds;
    }),
  ),
  fc.integer({ min: -900_000, max: 900_000 }).map((milliseconds) =>
    command(`set the clock by ${milliseconds}`, ({ clocks }) => {
      clocks.now += milliseconds;
    }),
  ),
];

describe('the replay memory', () => {
  test.prop([fc.commands([...commands], { maxCommands: 30 })], { numRuns: 150 })(
    'accepts, refuses and forgets as I-2 says, whatever comes and whatever is done to the clock',
    (sequence) => {
      const setup = () => ({
        model: { clocks: { now: start, elapsed: 5 }, accepted: [] },
        real: { memory: createReplayMemory(start) },
      });
      fc.modelRun(setup, sequence);
    },
  );

  it('keeps an offer through exactly 300,000 ms after its time, then its time', () => {
    const memory = createReplayMemory(start);
    const offer = { certificate: new Uint8Array([1]), nonce: filled(32, 1), time: start + 10 };
    expect(memory.remember(offer, { now: start + 20, elapsed: 0 })).toBe(true);
    const other = { ...offer, nonce: filled(32, 2) };
    const at = (elapsed: number): Clocks => ({ now: start + 20 + elapsed, elapsed });
    expect(memory.covers(offer, at(window - 10))).toBe(true);
    expect(memory.covers(other, at(window - 10))).toBe(false);
    expect(memory.covers(other, at(window - 9))).toBe(true);
  });

  it('of a process that began later covers all that the one before accepted', () => {
    const offer = { certificate: new Uint8Array([1]), nonce: filled(32, 1), time: start };
    const restarted = createReplayMemory(start + 1);
    expect(restarted.covers(offer, { now: start + 1, elapsed: 0 })).toBe(true);
  });

  it('asking changes nothing: an offer whose signature fails is not remembered', () => {
    const memory = createReplayMemory(start);
    const offer = { certificate: new Uint8Array([1]), nonce: filled(32, 1), time: start };
    const clocks = { now: start, elapsed: 0 };
    expect([memory.covers(offer, clocks), memory.covers(offer, clocks)]).toEqual([false, false]);
  });
});
