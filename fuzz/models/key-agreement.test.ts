import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { csl1, cslChecks, type KeyAgreement } from '../../reference/core/csl/key-agreement.ts';
import { ok } from '../../reference/core/result.ts';
import { callTime } from '../generators/csl-calls.ts';
import { emptyWorld } from './key-agreement.ts';
import { keyAgreementSteps } from './key-agreement-commands.ts';
import { createPhones } from './key-agreement-phones.ts';

const real = csl1.create(cslChecks);

const seed = Number(process.env['FUZZ_SEED'] ?? 12);
const numRuns = Number(process.env['FUZZ_MODEL_RUNS'] ?? 100);

const run = (agreement: KeyAgreement, reached: (shape: string) => void = () => undefined) => {
  const commands = fc.commands(keyAgreementSteps(reached), { size: 'max', maxCommands: 60 });
  return fc.check(
    fc.property(commands, (steps) =>
      fc.modelRun(() => ({ model: emptyWorld(callTime), real: createPhones(agreement) }), steps),
    ),
    { numRuns, seed, endOnFailure: true },
  );
};

const codes = (kind: string, list: string): readonly string[] =>
  list.split(' ').map((code) => `${kind} ${code}`);

/** What the steps must come to somewhere, so that agreement means something. */
const reaches = [
  ...codes('offer', 'ok dials-itself'),
  ...codes('INVITE', 'ok info2-length time replay reflection identity signature'),
  ...codes('INVITE', 'revoked revocation-unavailable'),
  ...['ok', 'signature', 'replay', 'dialog-certificate'].map(
    (code) => `INVITE ${code} in a dialog`,
  ),
  ...codes('200', 'ok exchange-over info2-length time reflection identity signature tag revoked'),
  ...codes('ACK', 'ok exchange-over tag info2-length'),
];

const without = (code: string): KeyAgreement =>
  csl1.create({
    offerChecks: cslChecks.offerChecks.filter((each) => each.code !== code),
    answerChecks: cslChecks.answerChecks.filter((each) => each.code !== code),
    confirmationChecks: cslChecks.confirmationChecks.filter((each) => each.code !== code),
  });

/** Key agreements with one fault each. */
const planted: readonly (readonly [fault: string, shownAs: RegExp, KeyAgreement])[] = [
  ['an INVITE that was seen is taken again', /INVITE: expected replay/, without('replay')],
  ['an own value that comes back is taken', /expected reflection/, without('reflection')],
  [
    'a re-INVITE of another certificate of the number is taken',
    /expected dialog-certificate/,
    without('dialog-certificate'),
  ],
  ['a revoked caller is taken', /expected revoked/, without('revoked')],
  ['a wrong tag is taken', /expected tag/, without('tag')],
  [
    'a re-INVITE is not chained to the exchange before it',
    /INVITE: expected (?:signature|dialog-certificate|identity)/,
    {
      ...real,
      createOffer: ({ previous: _none, ...input }) => real.createOffer(input),
      verifyOffer: (received, { previous: _none, ...context }) =>
        real.verifyOffer(received, context),
    },
  ],
  [
    'an INVITE that was given up can still be answered',
    /200: expected exchange-over/,
    {
      ...real,
      createOffer: (input) => {
        const made = real.createOffer(input);
        return made.ok ? ok({ ...made.value, abandon: () => undefined }) : made;
      },
    },
  ],
  [
    'both directions of the callee have one key',
    /both sides have the same keys/,
    {
      ...real,
      verifyOffer: (received, context) => {
        const accepted = real.verifyOffer(received, context);
        if (!accepted.ok) return accepted;
        const createAnswer: typeof accepted.value.createAnswer = (input) => {
          const made = accepted.value.createAnswer(input);
          if (!made.ok) return made;
          const verifyConfirmation: typeof made.value.verifyConfirmation = (headers) => {
            const agreed = made.value.verifyConfirmation(headers);
            if (!agreed.ok) return agreed;
            const { callerToCallee } = agreed.value.keys;
            const keys = { callerToCallee, calleeToCaller: callerToCallee };
            return ok({ ...agreed.value, keys });
          };
          return ok({ ...made.value, verifyConfirmation });
        };
        return ok({ ...accepted.value, createAnswer });
      },
    },
  ],
];

describe('key agreement against who said what', () => {
  it(
    'says the same at every step, and every kind of step is among them',
    { timeout: 3_600_000 },
    () => {
      const shapes = new Set<string>();
      const result = run(real, (shape) => shapes.add(shape));
      expect(result.failed, fc.defaultReportMessage(result)).toBe(false);
      expect(reaches.filter((shape) => !shapes.has(shape))).toEqual([]);
    },
  );

  it.each(planted)('finds that %s', (_fault, shownAs, agreement) => {
    const { failed, errorInstance } = run(agreement);
    expect({ failed, fault: String(errorInstance) }).toEqual({
      failed: true,
      fault: expect.stringMatching(shownAs),
    });
  });
});
