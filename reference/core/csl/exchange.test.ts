import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../bytes.ts';
import { createAnswer, verifyAnswer } from './answer.ts';
import { verifyConfirmation, type PendingConfirmation } from './confirmation.ts';
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
import type { HeaderList } from './headers.ts';
import { encodeInfo2 } from './info.ts';
import { confirmationTag, wipeSessionKeys, type SessionKeys } from './key-schedule.ts';
import { peekCertificate, readMessage, type ReceivedMessage } from './message.ts';
import { createOffer, verifyOffer } from './offer.ts';
import { localParty } from './party.ts';
import { statusFor } from './refusal.ts';
import { certificateNamed, must } from './testing/vector-support.ts';

const media = 'RTP/SAVP 97 SPEEX/8000 20 sendrecv';

const fresh = (seed: number) => ({
  exponent: filled(40, seed),
  nonce: filled(32, seed),
  time: now,
});

const offerInput = () => ({
  ...fresh(11),
  own: caller,
  dialled: callee.number,
  callId,
  media,
});

const verifiedOffer = () => must(verifyOffer(offerMessage(), offerContext()));

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

const allKeys = (keys: SessionKeys): readonly Uint8Array[] => [
  keys.callerToCallee.masterKey,
  keys.callerToCallee.masterSalt,
  keys.calleeToCaller.masterKey,
  keys.calleeToCaller.masterSalt,
];

describe('createOffer', () => {
  it('refuses to dial itself', () => {
    expect(createOffer({ ...offerInput(), dialled: caller.number })).toMatchObject({
      error: { code: 'dials-itself' },
    });
  });

  it.each([new Uint8Array(31).fill(1), new Uint8Array(257).fill(1), new Uint8Array(40)])(
    'refuses an exponent too short, too long or overwritten',
    (exponent) => {
      expect(createOffer({ ...offerInput(), exponent })).toMatchObject({
        error: { code: 'exponent' },
      });
      expect(createAnswer(verifiedOffer(), { ...fresh(12), media, exponent })).toMatchObject({
        error: { code: 'exponent' },
      });
    },
  );

  it('refuses a nonce of another length', () => {
    expect(createOffer({ ...offerInput(), nonce: new Uint8Array(31) })).toMatchObject({
      error: { code: 'nonce-length' },
    });
  });

  it('a certificate without one number makes no party', () => {
    const certificate = certificateNamed('a-cn-two');
    expect(localParty(certificate, caller.authority, caller.sign)).toMatchObject({
      error: { code: 'common-name' },
    });
  });
});

describe('secrets are overwritten', () => {
  it('by the callee: exponent at the answer, confirmation key at the first ACK', () => {
    const values = fresh(12);
    const answer = must(createAnswer(verifiedOffer(), { ...values, media }));
    expect(isZero(values.exponent)).toBe(true);
    expect(isZero(answer.pending.callerConfirmation)).toBe(false);
    verifyConfirmation(answer.pending, []);
    expect(isZero(answer.pending.callerConfirmation)).toBe(true);
  });

  it.each([true, false])('by the caller, whether the 200 is good (%s) or not', (good) => {
    const pending = pendingOffer();
    const answer = answerMessage(pending, good ? {} : { tag: flipped(0) });
    expect(verifyAnswer(pending, answer, answerContext()).ok).toBe(good);
    expect(isZero(pending.exponent)).toBe(true);
  });

  it('by the caller, where the 200 is refused before any key is derived', () => {
    const pending = pendingOffer();
    verifyAnswer(pending, answerMessage(pending, { sdp: '' }), answerContext());
    expect(isZero(pending.exponent)).toBe(true);
  });

  it('so that a second 200 finds the exchange decided', () => {
    const pending = pendingOffer();
    const answer = answerMessage(pending);
    verifyAnswer(pending, answer, answerContext());
    expect(verifyAnswer(pending, answer, answerContext())).toMatchObject({
      error: { code: 'exchange-over' },
    });
  });

  it('at the end of a call: the session keys, which were not zero', () => {
    const { keys } = must(createAnswer(verifiedOffer(), { ...fresh(12), media }));
    expect(allKeys(keys).some(isZero)).toBe(false);
    wipeSessionKeys(keys);
    expect(allKeys(keys).every(isZero)).toBe(true);
  });
});

describe('verifyConfirmation', () => {
  const answerHash = filled(32, 20);
  const pending = (): PendingConfirmation => ({ answerHash, callerConfirmation: filled(32, 21) });
  const info2 = encodeInfo2('confirmation', confirmationTag(filled(32, 21), answerHash));
  const ack = (bytes: Uint8Array): HeaderList => [['X-CSL-Info2', toBase64(bytes)]];

  it('accepts the tag under the caller’s key, once', () => {
    const once = pending();
    expect(verifyConfirmation(once, ack(info2))).toEqual({ ok: true, value: { answerHash } });
    expect(verifyConfirmation(once, ack(info2))).toMatchObject({
      error: { code: 'exchange-over' },
    });
  });

  it('does not take the callee’s own tag back', () => {
    const values = { ...fresh(12), media };
    const answer = must(createAnswer(verifiedOffer(), values));
    const message = readMessage(answer.headers, 'answer');
    const tag = message.info2?.tag ?? new Uint8Array();
    expect(tag).toHaveLength(32);
    const headers = ack(encodeInfo2('confirmation', tag));
    expect(verifyConfirmation(answer.pending, headers)).toMatchObject({ error: { code: 'tag' } });
  });
});

describe('peekCertificate', () => {
  it('reads the certificate before anything is checked', () => {
    const { headers } = offerMessage({ signature: flipped(0) });
    expect(peekCertificate(headers)).toMatchObject({
      ok: true,
      value: { commonNames: [{ kind: 'text', value: caller.number }] },
    });
  });

  it('names what is missing', () => {
    expect(peekCertificate([])).toMatchObject({ error: { code: 'headers-absent' } });
    expect(peekCertificate([['X-CSL-From', 'AA==']])).toMatchObject({ error: { code: 'der-end' } });
  });
});

describe('totality', () => {
  const name = fc.constantFrom(
    'X-CSL-From',
    'X-CSL-From-Chain',
    'X-CSL-Info1',
    'x-csl-info2',
    'X-CSL-Else',
  );
  const text = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 300 }).map(toBase64),
    fc.uint8Array({ minLength: 298, maxLength: 298 }).map(toBase64),
  );
  const headerList = fc.array(fc.tuple(name, text), { maxLength: 6 });
  const message = (headers: HeaderList): ReceivedMessage => ({ ...offerMessage(), headers });

  test.prop([headerList], { numRuns: 60 })('arbitrary headers: a named refusal', (headers) => {
    const offer = verifyOffer(message(headers), offerContext());
    const answer = verifyAnswer(pendingOffer(), message(headers), answerContext());
    const confirmed = verifyConfirmation(
      { answerHash: filled(32, 1), callerConfirmation: filled(32, 1) },
      headers,
    );
    for (const outcome of [offer, answer, confirmed]) {
      expect(outcome.ok).toBe(false);
      if (!outcome.ok) expect([488, 403]).toContain(statusFor(outcome.error.code));
    }
  });

  test.prop([fc.nat({ max: 3 }), fc.nat({ max: 5000 }), fc.string({ maxLength: 3 })], {
    numRuns: 100,
  })('good headers with a piece replaced: refused unless nothing changed', (which, at, piece) => {
    const good = offerMessage();
    const csl = good.headers.filter(([each]) => each.startsWith('X-CSL-'));
    const chosen = csl[which];
    const value = chosen?.[1] ?? '';
    const offset = at % value.length;
    const altered = value.slice(0, offset) + piece + value.slice(offset + piece.length);
    const headers = good.headers.map(
      ([each, old]) => [each, each === chosen?.[0] ? altered : old] as const,
    );
    const same = altered.replace(/^[ \t]+|[ \t]+$/g, '') === value;
    expect(verifyOffer({ ...good, headers }, offerContext()).ok).toBe(same);
  });
});

describe('both sides', () => {
  test.prop(
    [
      fc.uint8Array({ minLength: 40, maxLength: 40 }),
      fc.uint8Array({ minLength: 40, maxLength: 40 }),
    ],
    {
      numRuns: 15,
    },
  )('agree on keys for any exponents, and each other’s identifiers', (left, right) => {
    fc.pre(!isZero(left) && !isZero(right));
    const offer = must(createOffer({ ...offerInput(), exponent: left }));
    const invite = { ...offerMessage(), headers: offer.headers };
    const verified = must(verifyOffer(invite, offerContext()));
    const answer = must(createAnswer(verified, { ...fresh(12), exponent: right, media }));
    const ok = { ...offerMessage(), headers: answer.headers };
    const accepted = must(verifyAnswer(offer.pending, ok, answerContext()));
    expect(accepted.keys).toEqual(answer.keys);
    expect(accepted.displayed.local).toBe(verified.displayed.peer);
    expect(accepted.displayed.peer).toBe(verified.displayed.local);
    const confirmed = must(verifyConfirmation(answer.pending, accepted.ackHeaders));
    expect(confirmed.answerHash).toEqual(accepted.answerHash);
  });
});

it('a Call-ID is signed as its bytes', () => {
  const headers = must(createOffer({ ...offerInput(), callId: 'é@x' })).headers;
  const received = { ...offerMessage(), headers, callId: 'é@x' };
  expect(verifyOffer(received, offerContext()).ok).toBe(true);
  expect(verifyOffer({ ...received, callId: 'e@x' }, offerContext()).ok).toBe(false);
  expect(utf8('é')).toHaveLength(2);
});
