import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { MasterKey } from './key-derivation.ts';
import { nodeTransform } from './srtp.ts';
import { createSrtpReceiver, newReceiverState, type SrtpReceiver } from './srtp-receiver.ts';
import { createSrtpSender, newSenderState, type SrtpSender } from './srtp-sender.ts';
import { tableTransform } from './srtp-tables.ts';
import { createTransforms } from './srtp-transform.ts';

const KEY: MasterKey = {
  masterKey: new Uint8Array(16).fill(6),
  masterSalt: new Uint8Array(14).fill(7),
};

/** A packet sent, with the index that only its sender knows. */
interface Sent {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** What a naive observer knows: every index sent and every index accepted, for ever. */
interface Model {
  readonly sent: Sent[];
  readonly seen: Set<number>;
}

interface Real {
  readonly sender: SrtpSender;
  readonly receiver: SrtpReceiver;
  readonly snapshot: () => unknown;
}

type Command = fc.Command<Model, Real>;

const audio = (sequence: number): Uint8Array =>
  Uint8Array.of(0x80, 97, sequence >> 8, sequence, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3);

/** The index nearest to the highest one that has this packet's sequence number; of two as near, the one of the same rollover counter. */
const nearest = (highest: number, sequence: number): number => {
  const rollover = Math.floor(highest / 2 ** 16);
  const [first = 0, ...others] = [rollover, rollover - 1, rollover + 1]
    .filter((counter) => counter >= 0)
    .map((counter) => counter * 2 ** 16 + sequence);
  return others.reduce(
    (best, index) => (Math.abs(index - highest) < Math.abs(best - highest) ? index : best),
    first,
  );
};

const expected = ({ seen }: Model, index: number, authentic: boolean): string => {
  const highest = seen.size === 0 ? null : Math.max(...seen);
  const guess = highest === null ? index % 2 ** 16 : nearest(highest, index % 2 ** 16);
  if (highest !== null && guess <= highest - 128) return 'too-old';
  if (seen.has(guess)) return 'replayed';
  return authentic && guess === index ? 'ok' : 'tag';
};

const send = (step: number): Command => ({
  check: () => true,
  run: ({ sent }, { sender }) => {
    const index = (sent.at(-1)?.index ?? 0) + step;
    const made = sender.protectRtp(audio(index % 2 ** 16));
    if (!made.ok) throw new Error(made.error.code);
    sent.push({ index, bytes: made.value });
  },
  toString: () => `send ${step} ahead`,
});

/** One bit behind the header turned over, so that the packet still names its own index. */
const flipped = (bytes: Uint8Array, place: number): Uint8Array => {
  const bit = 96 + (place % (bytes.length * 8 - 96));
  const changed = bytes.slice();
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
};

const arrive = (back: number, changedBit: number | null): Command => ({
  check: ({ sent }) => sent.length > 0,
  run: (model, { receiver, snapshot }) => {
    const packet = model.sent.at(-1 - (back % model.sent.length));
    if (!packet) throw new Error('a packet was sent');
    const { index, bytes } = packet;
    const before = snapshot();
    const outcome = receiver.unprotectRtp(changedBit === null ? bytes : flipped(bytes, changedBit));
    const code = outcome.ok ? 'ok' : outcome.error.code;
    expect(code).toBe(expected(model, index, changedBit === null));
    if (outcome.ok) {
      expect(outcome.value).toEqual(audio(index % 2 ** 16));
      model.seen.add(index);
    } else expect(snapshot()).toEqual(before);
  },
  toString: () => `the packet ${back} before the last arrives, changed: ${changedBit !== null}`,
});

/** Below half of the sequence numbers: a step of exactly half may be one back as well (RFC 3711 section 3.3.1). */
const steps = fc.oneof(
  { weight: 6, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 150 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 32_767 }) },
);

const commands = [
  steps.map(send),
  fc
    .tuple(fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 200 })), fc.option(fc.nat(), { freq: 4 }))
    .map(([back, changedBit]) => arrive(back, changedBit)),
];

describe.each([
  ['node:crypto', nodeTransform],
  ['tables', tableTransform],
] as const)('a receiver by %s', (_, transform) => {
  test.prop([fc.commands(commands, { maxCommands: 200, size: 'max' })], { numRuns: 60 })(
    'accepts what a set of all indices seen accepts, and forgets nothing by a refusal',
    (sequence) => {
      fc.modelRun(() => {
        const state = newReceiverState();
        const sending = createTransforms(KEY, transform);
        return {
          model: { sent: [], seen: new Set<number>() },
          real: {
            sender: createSrtpSender(sending, { state: newSenderState() }),
            receiver: createSrtpReceiver(createTransforms(KEY, transform), { state }),
            snapshot: () => structuredClone(state),
          },
        };
      }, sequence);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 80 }), fc.boolean(), fc.boolean()])(
    'gives for any bytes a value or a reason, and remembers nothing of them',
    (bytes, versionTwo, control) => {
      const made = bytes.slice();
      if (versionTwo && made.length > 0) made[0] = 0x80 | ((made[0] ?? 0) & 0x3f);
      const state = newReceiverState();
      const senderState = newSenderState();
      const receiver = createSrtpReceiver(createTransforms(KEY, transform), { state });
      const sender = createSrtpSender(createTransforms(KEY, transform), { state: senderState });
      const refused = control ? receiver.unprotectRtcp(made) : receiver.unprotectRtp(made);
      const codes = ['too-short', control ? 'not-rtcp' : 'not-rtp', 'tag'];
      expect(codes).toContain(refused.ok ? 'ok' : refused.error.code);
      expect(state).toEqual(newReceiverState());
      const sent = control ? sender.protectRtcp(made) : sender.protectRtp(made);
      if (sent.ok) {
        const back = control
          ? receiver.unprotectRtcp(sent.value)
          : receiver.unprotectRtp(sent.value);
        expect(back).toEqual({ ok: true, value: made });
      } else {
        expect(codes.slice(0, 2)).toContain(sent.error.code);
        expect(senderState).toEqual(newSenderState());
      }
    },
  );
});
