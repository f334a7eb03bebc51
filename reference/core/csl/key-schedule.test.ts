import { describe, expect, it } from 'vitest';
import { createAnswer, verifyAnswer } from './answer.ts';
import {
  confirmationTag,
  deriveFromExponent,
  deriveKeys,
  equalInConstantTime,
  isWiped,
  wipe,
  type ExchangeKeys,
} from './key-schedule.ts';
import { createOffer, verifyOffer } from './offer.ts';
import { readingParts, type ReadingParts } from './reading-parts.ts';
import {
  answerContext,
  answerMessage,
  callee,
  caller,
  callId,
  filled,
  flipped,
  now,
  offerContext,
  offerMessage,
  pendingOffer,
} from './testing/exchange-support.ts';
import { must } from './testing/vector-support.ts';

/** The parts of the reading, and every secret and key that they were given or gave. */
const watched = () => {
  const secrets: Uint8Array[] = [];
  const derived: ExchangeKeys[] = [];
  const parts: ReadingParts = {
    ...readingParts,
    deriveKeys: (secret, binding) => {
      secrets.push(secret);
      expect(isWiped(secret)).toBe(false);
      const keys = deriveKeys(secret, binding);
      derived.push(keys);
      return keys;
    },
  };
  const sessions = () =>
    derived.flatMap(({ session: { callerToCallee, calleeToCaller } }) => [
      callerToCallee.masterKey,
      callerToCallee.masterSalt,
      calleeToCaller.masterKey,
      calleeToCaller.masterSalt,
    ]);
  return { parts, secrets, derived, sessions };
};

const media = 'RTP/SAVP 97 SPEEX/8000 20 sendrecv';
const fresh = () => ({ exponent: filled(40, 12), nonce: filled(32, 12), time: now });

describe('secrets are overwritten as soon as they have done (I-4)', () => {
  it('by the callee, but for the caller’s confirmation key and the session keys', () => {
    const { parts, secrets, derived, sessions } = watched();
    const offer = must(verifyOffer(offerMessage(), offerContext()));
    const answer = must(createAnswer(offer, { ...fresh(), media }, parts));
    expect(secrets.map(isWiped)).toEqual([true]);
    expect(derived.map(({ calleeConfirmation }) => isWiped(calleeConfirmation))).toEqual([true]);
    expect(isWiped(answer.pending.callerConfirmation)).toBe(false);
    expect(sessions().some(isWiped)).toBe(false);
  });

  it.each([true, false])('by the caller, and the session keys where the 200 is refused', (good) => {
    const { parts, secrets, derived, sessions } = watched();
    const pending = pendingOffer();
    const received = answerMessage(pending, good ? {} : { tag: flipped(31) });
    expect(verifyAnswer(pending, received, answerContext(), undefined, parts).ok).toBe(good);
    expect(secrets.map(isWiped)).toEqual([true]);
    expect(derived.flatMap((keys) => [keys.callerConfirmation, keys.calleeConfirmation])).toSatisfy(
      (keys: readonly Uint8Array[]) => keys.length === 2 && keys.every(isWiped),
    );
    expect(sessions().map(isWiped)).toEqual([!good, !good, !good, !good]);
  });

  it('and never derived of a 200 that is refused before its tag', () => {
    const { parts, secrets } = watched();
    const pending = pendingOffer();
    const received = answerMessage(pending, { signature: flipped(0) });
    const refused = verifyAnswer(pending, received, answerContext(), undefined, parts);
    expect(refused).toMatchObject({ error: { code: 'signature' } });
    expect(secrets).toEqual([]);
    expect(isWiped(pending.exponent)).toBe(true);
  });

  it('a secret is overwritten where all its bytes are zero', () => {
    const secrets = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    expect([Uint8Array.of(0, 1), Uint8Array.of(1, 0)].some(isWiped)).toBe(false);
    wipe(...secrets);
    expect(secrets).toEqual([new Uint8Array(2), new Uint8Array(1)]);
    expect(secrets.every(isWiped)).toBe(true);
  });
});

describe('what fresh values must be (I-2)', () => {
  const made = (change: object) =>
    createOffer({
      ...fresh(),
      own: caller,
      dialled: callee.number,
      callId,
      media,
      ...change,
    });

  it.each([
    ['exponent', 31, 'exponent'],
    ['exponent', 32, undefined],
    ['exponent', 256, undefined],
    ['exponent', 257, 'exponent'],
    ['nonce', 31, 'nonce-length'],
    ['nonce', 32, undefined],
    ['nonce', 33, 'nonce-length'],
  ])('%s of %i bytes', (name, length, code) => {
    const input = { ...fresh(), [name]: filled(length, 5) };
    const offer = made({ [name]: filled(length, 5) });
    expect(offer.ok ? undefined : offer.error.code).toBe(code);
    const verified = must(verifyOffer(offerMessage(), offerContext()));
    const answer = createAnswer(verified, { ...input, media });
    expect(answer.ok ? undefined : answer.error.code).toBe(code);
    // An input that is refused stays the caller's own.
    expect(isWiped(input.exponent)).toBe(code === undefined);
  });
});

describe('equalInConstantTime', () => {
  it.each<[readonly number[], readonly number[], boolean]>([
    [[], [], true],
    [[1, 2], [1, 2], true],
    [[1, 2], [1, 3], false],
    [[1, 2], [0, 2], false],
    [[1, 0], [1], false],
    [[1], [1, 0], false],
    [[], [0], false],
    [[3, 3], [1, 1], false],
  ])('%j and %j: %j', (left, right, equal) => {
    expect(equalInConstantTime(Uint8Array.from(left), Uint8Array.from(right))).toBe(equal);
  });
});

it('what a checker recomputes overwrites nothing that it is given', () => {
  const exponent = filled(40, 2);
  const answerHash = filled(32, 3);
  const { sharedSecret, keys } = deriveFromExponent({
    exponent,
    peerPublicValue: pendingOffer().publicValue,
    callerNonce: filled(32, 4),
    calleeNonce: filled(32, 5),
    answerHash,
  });
  expect([exponent, sharedSecret, keys.callerConfirmation].some(isWiped)).toBe(false);
  const { callerConfirmation, calleeConfirmation } = keys;
  expect(confirmationTag(callerConfirmation, answerHash)).not.toEqual(
    confirmationTag(calleeConfirmation, answerHash),
  );
});
