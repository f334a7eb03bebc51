import { describe, expect, it } from 'vitest';
import { concat, fromLatin1, toBase64 } from '../bytes.ts';
import { answerChecks, verifyAnswer } from './answer.ts';
import { confirmationChecks, verifyConfirmation } from './confirmation.ts';
import { confirmationPending } from './testing/confirmation-cases.ts';
import {
  answerContext,
  answerMessage,
  flipped,
  now,
  offerContext,
  offerMessage,
  pendingOffer,
  withValue,
  type Change,
} from './testing/exchange-support.ts';
import { offerChecks, verifyOffer, type OfferContext } from './offer.ts';
import { publicValueFrom } from './testing/common-cases.ts';
import { checkOrder } from './testing/refusal-pairs.ts';
import type { CslRefusal } from './refusal.ts';
import { createReplayMemory } from './replay-memory.ts';
import { certificateDer } from './testing/vector-support.ts';

const fromName = 'X-CSL-From';
const info2Name = 'X-CSL-Info2';

describe('the order of checks', () => {
  it('is that of the register', () => {
    const codes = checkOrder.filter((code) => code !== 'tag');
    expect(offerChecks.map(({ code }) => code)).toEqual(codes);
    const ofAnswers = checkOrder.filter((code) => code !== 'replay' && code !== 'memory-full');
    expect(answerChecks.map(({ code }) => code)).toEqual(ofAnswers);
  });
});

describe('a list with one check left out', () => {
  it.each<[CslRefusal, Change, Partial<OfferContext>]>([
    ['headers-unknown', { headers: (headers) => [...headers, ['X-CSL-More', '']] }, {}],
    ['time', { time: now - 400_000 }, {}],
    ['replay', {}, { replayMemory: createReplayMemory(now + 1) }],
    ['public-value-residue', { publicValue: publicValueFrom((prime) => prime - 2n) }, {}],
    ['key-identifier', { certificate: 'a-ski-wrong' }, {}],
    ['identity', { fromUser: '+33611111111' }, {}],
    ['from-chain', { certificate: 'a-by-rogue', chain: 'rogue-clients' }, {}],
    ['validity', { certificate: 'a-expired' }, {}],
    ['signature', { signature: flipped(0) }, {}],
    ['revoked', {}, { revocation: 'revoked' }],
  ])('%s lets that fault through and no other', (code, change, context) => {
    const checks = offerChecks.filter((each) => each.code !== code);
    expect(verifyOffer(offerMessage(change), offerContext(context)).ok).toBe(false);
    expect(verifyOffer(offerMessage(change), offerContext(context), checks).ok).toBe(true);
    expect(verifyOffer(offerMessage({ sdp: '' }), offerContext(), checks).ok).toBe(false);
  });

  it('the tag, and then any secret is taken', () => {
    const checks = answerChecks.filter(({ code }) => code !== 'tag');
    const pending = pendingOffer();
    const answer = answerMessage(pending, { tag: flipped(0) });
    expect(verifyAnswer(pending, answer, answerContext(), checks).ok).toBe(true);
  });

  it('all of them: still a value or a named refusal for what cannot be read', () => {
    const nothing = { ...offerMessage(), headers: [] };
    expect(verifyOffer(nothing, offerContext(), [])).toMatchObject({
      error: { code: 'certificate-form' },
    });
    const pending = pendingOffer();
    expect(verifyAnswer(pending, nothing, answerContext(), [])).toMatchObject({
      error: { code: 'certificate-form' },
    });
    const onlyFrom = [[fromName, toBase64(certificateDer('a'))] as const];
    expect(
      verifyAnswer(pendingOffer(), { ...nothing, headers: onlyFrom }, answerContext(), []),
    ).toMatchObject({ error: { code: 'info1-length' } });
    expect(
      verifyOffer(offerMessage({ certificate: 'a-cn-none' }), offerContext(), []),
    ).toMatchObject({ error: { code: 'common-name' } });
    expect(verifyOffer({ ...nothing, headers: onlyFrom }, offerContext(), [])).toMatchObject({
      error: { code: 'info1-length' },
    });
  });

  it.each<[CslRefusal, readonly string[]]>([
    ['replay', []],
    ['replay', [fromName]],
    ['replay', ['X-CSL-Info1']],
    ['memory-full', []],
    ['memory-full', [fromName]],
    ['memory-full', ['X-CSL-Info1']],
  ])('all but %s: it refuses what has only %j, total', (code, names) => {
    const headers = offerMessage().headers.filter(([name]) => names.includes(name));
    const alone = offerChecks.filter((each) => each.code === code);
    expect(verifyOffer({ ...offerMessage(), headers }, offerContext(), alone)).toMatchObject({
      error: { code },
    });
  });

  it.each([[[]], [[info2Name]], [[fromName, 'X-CSL-Info1']]])(
    'all but the tag: it refuses a 200 or an ACK that has only %j, total',
    (names: readonly string[]) => {
      const pending = pendingOffer();
      const answer = answerMessage(pending);
      const headers = answer.headers.filter(([name]) => names.includes(name));
      const alone = answerChecks.filter(({ code }) => code === 'tag');
      const tag = { error: { code: 'tag' } };
      expect(verifyAnswer(pending, { ...answer, headers }, answerContext(), alone)).toMatchObject(
        tag,
      );
      const ofAck = confirmationChecks.filter(({ code }) => code === 'tag');
      expect(verifyConfirmation(confirmationPending(), headers, ofAck)).toMatchObject(tag);
    },
  );

  it('the range: exponentiation of 0 and p-1 has its arithmetic result', () => {
    const checks = answerChecks.filter(({ code }) => !code.startsWith('public-value'));
    for (const publicValue of [publicValueFrom(() => 0n), publicValueFrom((prime) => prime - 1n)]) {
      const pending = pendingOffer();
      const answer = answerMessage(pending, { publicValue });
      expect(verifyAnswer(pending, answer, answerContext(), checks).ok).toBe(true);
    }
  });
});

describe('one bit changed anywhere in a value', () => {
  it.each([fromName, 'X-CSL-From-Chain', 'X-CSL-Info1', info2Name])('of %s is refused', (name) => {
    const message = offerMessage();
    const text = message.headers.find(([each]) => each === name)?.[1] ?? '';
    const bytes = fromLatin1(Buffer.from(text, 'base64').toString('latin1'));
    for (let offset = 0; offset < bytes.length; offset += 7) {
      const headers = withValue(name, () => toBase64(flipped(offset)(bytes)))(message.headers);
      expect([offset, verifyOffer({ ...message, headers }, offerContext()).ok]).toEqual([
        offset,
        false,
      ]);
    }
  });

  it('of Info2 with signature and tag exchanged is refused', () => {
    const pending = pendingOffer();
    const answer = answerMessage(pending, {
      info2: (bytes) => concat(bytes.slice(0, 2), bytes.slice(258), bytes.slice(2, 258)),
    });
    expect(verifyAnswer(pending, answer, answerContext())).toMatchObject({
      error: { code: 'signature' },
    });
  });
});
