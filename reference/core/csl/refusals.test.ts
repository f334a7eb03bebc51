import { describe, expect, it } from 'vitest';
import { verifyAnswer } from './answer.ts';
import {
  answerContext,
  answerMessage,
  callee,
  caller,
  filled,
  now,
  offerContext,
  offerMessage,
  pendingOffer,
  withValue,
} from './testing/exchange-support.ts';
import { offerChecks, verifyOffer } from './offer.ts';
import { verifyConfirmation } from './confirmation.ts';
import { bothKinds } from './testing/common-cases.ts';
import { confirmationPending, confirmationsOnly, goodAck } from './testing/confirmation-cases.ts';
import { answersOnly, history, offersOnly } from './testing/refusal-cases.ts';
import { createReplayMemory } from './replay-memory.ts';
import { certificateNamed } from './testing/vector-support.ts';

const info2Name = 'X-CSL-Info2';

describe('verifyOffer refuses', () => {
  it.each([...bothKinds, ...offersOnly])('$what: $code', ({ code, change, context }) => {
    const verified = verifyOffer(offerMessage(change), offerContext(context));
    expect(verified).toMatchObject({ ok: false, error: { code } });
  });

  it('nothing of the control', () => {
    expect(verifyOffer(offerMessage(), offerContext())).toMatchObject({
      ok: true,
      value: { peer: { number: caller.number } },
    });
  });

  it('nothing of the control of a re-INVITE, whose To the dialog checks', () => {
    const change = { previousAnswerHash: filled(32, 6), toUser: 'anything' };
    const context = offerContext({ previous: history('a', 'b') });
    expect(verifyOffer(offerMessage(change), context).ok).toBe(true);
  });

  it('for every reason of its list', () => {
    const reached = new Set([...bothKinds, ...offersOnly].map(({ code }) => code));
    expect(offerChecks.map(({ code }) => code).filter((code) => !reached.has(code))).toEqual([]);
  });
});

describe('verifyAnswer refuses', () => {
  it.each([...bothKinds, ...answersOnly])('$what: $code', (altered) => {
    const { code, change, context } = altered;
    const pending = (altered.pending ?? pendingOffer)();
    const verified = verifyAnswer(pending, answerMessage(pending, change), answerContext(context));
    expect(verified).toMatchObject({ ok: false, error: { code } });
  });

  it('nothing of the control', () => {
    const pending = pendingOffer();
    const verified = verifyAnswer(pending, answerMessage(pending), answerContext());
    expect(verified).toMatchObject({ ok: true, value: { peer: { number: callee.number } } });
  });

  it('a 200 to another INVITE', () => {
    const other = { ...pendingOffer(), offerHash: filled(32, 8) };
    const answer = answerMessage(other);
    expect(verifyAnswer(pendingOffer(), answer, answerContext())).toMatchObject({
      error: { code: 'signature' },
    });
  });
});

describe('verifyConfirmation refuses', () => {
  it.each(confirmationsOnly)('$what: $code', ({ code, headers, isOver }) => {
    const pending = confirmationPending();
    if (isOver) verifyConfirmation(pending, headers);
    expect(verifyConfirmation(pending, headers)).toMatchObject({ ok: false, error: { code } });
  });

  it('nothing of the control', () => {
    const pending = confirmationPending();
    expect(verifyConfirmation(pending, goodAck)).toEqual({
      ok: true,
      value: { answerHash: pending.answerHash },
    });
  });
});

describe('blanks and case that are not refused', () => {
  it.each([
    ['blanks at both ends', withValue(info2Name, (text) => ` \t${text} \t`)],
    [
      'names in other case',
      (headers: readonly (readonly [string, string])[]) =>
        headers.map(([name, text]) => [name.toUpperCase(), text] as const),
    ],
  ])('%s', (_, headers) => {
    expect(verifyOffer(offerMessage({ headers }), offerContext()).ok).toBe(true);
  });

  it.each([-300_000, 300_000])('a time off by exactly %i ms', (offset) => {
    expect(verifyOffer(offerMessage({ time: now + offset }), offerContext()).ok).toBe(true);
  });

  it('the last second of a certificate', () => {
    const { notAfter } = certificateNamed('a');
    const at = (moment: number) =>
      verifyOffer(
        offerMessage({ time: moment }),
        offerContext({ now: moment, replayMemory: createReplayMemory(0) }),
      );
    expect(at(notAfter + 999).ok).toBe(true);
    expect(at(notAfter + 1000)).toMatchObject({ error: { code: 'validity' } });
  });
});
