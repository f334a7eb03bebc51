import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromBase64 } from '../bytes.ts';
import { parseCertificate } from '../pki/certificate.ts';
import { err, ok, type Fault, type Result } from '../result.ts';
import { parseMedia } from '../sdp/media.ts';
import { answerChecks, verifyAnswer } from './answer.ts';
import type { DialogHistory } from './checks.ts';
import { confirmationChecks, verifyConfirmation } from './confirmation.ts';
import { offerChecks, verifyOffer } from './offer.ts';
import { localParty, type LocalParty } from './party.ts';
import { statusFor, type CslRefusal } from './refusal.ts';
import { createReplayMemory } from './replay-memory.ts';
import { checkOrder } from './testing/refusal-pairs.ts';
import type { RefusalVectors, VectorCase, VectorContext } from './testing/refusal-vector-format.ts';
import { refusalVectorsText } from './testing/refusal-vectors.ts';
import { bytesOf, must, number } from './testing/vector-support.ts';

const text = readFileSync(new URL('./fixtures/refusals.json', import.meta.url), 'utf8');
const file = JSON.parse(text) as RefusalVectors;

const derOf = (name: string): Uint8Array => must(fromBase64(file.certificates[name] ?? ''));
const certificateOf = (name: string) => must(parseCertificate(derOf(name)));
const textAt = (index: number): string => file.texts[index] ?? '';

/** A receiver signs nothing. */
const partyOf = (name: string): LocalParty =>
  must(
    localParty(certificateOf(name), certificateOf('clients'), () => {
      throw new Error('a receiver signed');
    }),
  );

const historyOf = ({ previous }: VectorContext): DialogHistory | undefined =>
  previous
    ? {
        answerHash: bytesOf(previous.answerHash),
        ownCertificate: derOf(previous.ownCertificate),
        peerCertificate: derOf(previous.peerCertificate),
      }
    : undefined;

const commonOf = (context: VectorContext) => ({
  clientAuthorities: context.clientAuthorities.map(certificateOf),
  now: context.now,
  underWay: context.underWay.map(({ publicValue, nonce }) => ({
    publicValue: bytesOf(publicValue),
    nonce: bytesOf(nonce),
  })),
  revocation: context.revocation,
});

const memoryOf = ({ memory }: VectorContext) => {
  const made = createReplayMemory(memory?.start ?? 0);
  for (const { certificate, nonce, time, at } of memory?.remembered ?? [])
    made.remember({ certificate: derOf(certificate), nonce: bytesOf(nonce), time }, at);
  return made;
};

const headersOf = ({ message }: VectorCase) =>
  message.headers.map(([name, value]) => [name, textAt(value)] as const);

type Exchange = Extract<VectorCase, { readonly kind: 'offer' | 'answer' }>;

const receivedIn = (each: Exchange) => {
  const { callId, fromUser, toUser, sdp } = each.message;
  return { headers: headersOf(each), callId, fromUser, toUser, media: parseMedia(textAt(sdp)) };
};

const receiveOffer = (each: Exchange): Result<unknown, Fault<CslRefusal>> => {
  const previous = historyOf(each.context);
  return verifyOffer(receivedIn(each), {
    ...commonOf(each.context),
    own: partyOf(each.context.own),
    elapsed: each.context.elapsed ?? 0,
    replayMemory: memoryOf(each.context),
    ...(previous && { previous }),
  });
};

const receiveAnswer = (each: Exchange): Result<unknown, Fault<CslRefusal>> => {
  const { sent } = each.context;
  if (!sent) throw new Error(`${each.id} has no INVITE`);
  const pending = {
    own: partyOf(each.context.own),
    dialled: number(sent.dialled),
    offerHash: bytesOf(sent.offerHash),
    exponent: bytesOf(sent.exponent),
    nonce: bytesOf(sent.nonce),
    publicValue: bytesOf(sent.publicValue),
    previous: historyOf(each.context),
  };
  return verifyAnswer(pending, receivedIn(each), commonOf(each.context));
};

const run = (each: VectorCase): Result<unknown, Fault<CslRefusal>> => {
  if (each.kind !== 'confirmation')
    return each.kind === 'offer' ? receiveOffer(each) : receiveAnswer(each);
  const { answerHash, callerConfirmation } = each.context;
  const pending = {
    answerHash: bytesOf(answerHash),
    callerConfirmation: bytesOf(callerConfirmation),
  };
  return verifyConfirmation(pending, headersOf(each));
};

const codesIn = (kind: VectorCase['kind']): readonly CslRefusal[] => [
  ...new Set(file.cases.flatMap((each) => (each.kind === kind && each.code ? [each.code] : []))),
];

describe('refusals.json', () => {
  it('is what testing/write-refusals.ts writes', () => {
    expect(text === refusalVectorsText()).toBe(true);
  });

  it('names each case once', () => {
    const ids = file.cases.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it.each([
    ['offer', offerChecks.map(({ code }) => code)],
    ['answer', [...answerChecks.map(({ code }) => code), 'exchange-over']],
    ['confirmation', [...confirmationChecks.map(({ code }) => code), 'exchange-over']],
  ] as const)('has every reason for which an %s can be refused, and a control', (kind, codes) => {
    expect(codesIn(kind).toSorted()).toEqual([...codes].toSorted());
    expect(file.cases.some((each) => each.kind === kind && each.code === null)).toBe(true);
  });

  it('has every code there is', () => {
    const every: Readonly<Record<CslRefusal, true>> = {
      'headers-absent': true,
      'headers-repeated': true,
      'headers-unknown': true,
      'headers-folded': true,
      'headers-joined': true,
      base64: true,
      'value-length': true,
      'info1-length': true,
      'info1-version': true,
      group: true,
      'info2-length': true,
      'info2-version': true,
      'info2-parts': true,
      media: true,
      time: true,
      replay: true,
      'public-value-range': true,
      'public-value-residue': true,
      reflection: true,
      'from-chain': true,
      'certificate-form': true,
      key: true,
      'common-name': true,
      'key-identifier': true,
      identity: true,
      'dialog-certificate': true,
      issuer: true,
      validity: true,
      signature: true,
      'memory-full': true,
      revoked: true,
      'revocation-unavailable': true,
      tag: true,
      'exchange-over': true,
    };
    const seen = new Set(file.cases.map(({ code }) => code));
    expect(Object.keys(every).filter((code) => !seen.has(code as CslRefusal))).toEqual([]);
  });

  it('pins the place of every code of an INVITE that another can follow', () => {
    const joined = file.cases.filter(({ what }) => what.endsWith('the first is named'));
    const pinned = new Set(joined.map(({ code }) => code));
    const headers = checkOrder.slice(0, checkOrder.indexOf('value-length') + 1);
    // Faults of the set of headers and of base64 replace what others change; order.test.ts orders them among themselves.
    const last = ['memory-full', 'revoked', 'revocation-unavailable', 'tag'];
    const expected = checkOrder.filter((code) => ![...headers, ...last].includes(code));
    expect(expected.filter((code) => !pinned.has(code as CslRefusal))).toEqual([]);
  });
});

describe('every case of refusals.json', () => {
  it.each(file.cases.filter(({ code }) => code !== null))('$id: $code', (each) => {
    const outcome = run(each);
    expect(outcome).toMatchObject({ ok: false, error: { code: each.code } });
    const status = each.code && each.kind === 'offer' ? `${statusFor(each.code)}` : each.reaction;
    expect(each.reaction).toBe(status);
  });

  it.each(file.cases.filter(({ code }) => code === null))('$id is accepted', (each) => {
    const outcome = run(each);
    expect(outcome.ok ? ok(true) : err(outcome.error)).toEqual(ok(true));
  });
});
