import { utf8 } from '../../reference/core/bytes.ts';
import { verifyAnswer } from '../../reference/core/csl/answer.ts';
import { verifyConfirmation } from '../../reference/core/csl/confirmation.ts';
import { isWiped } from '../../reference/core/csl/key-schedule.ts';
import { peekCertificate } from '../../reference/core/csl/message.ts';
import { verifyOffer } from '../../reference/core/csl/offer.ts';
import { statusFor } from '../../reference/core/csl/refusal.ts';
import { callWorld, contextOf, type RecordedCall } from '../generators/csl-calls.ts';
import {
  conversationCases,
  deliveryOf,
  honest,
  mediaOf,
  type ConversationCase,
  type Delivery,
  type Step,
} from '../generators/csl-edits.ts';
import { mustAccept } from '../models/csl-acceptance.ts';
import { demand, sameBytes, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

/** The verifications that a test may replace by wrong ones. */
export interface Verifications {
  readonly offer: typeof verifyOffer;
  readonly answer: typeof verifyAnswer;
  readonly confirmation: typeof verifyConfirmation;
}

/** What a step came to: `accepted`, or the code of the refusal. */
type Verdict = string;

const receivedOf = (delivery: Delivery) => ({ ...delivery, media: mediaOf(delivery) });

const receiverOf = (call: RecordedCall, step: Step, { receiver }: Delivery) =>
  (step === 0 && receiver !== null ? callWorld().users[receiver] : undefined) ??
  (step === 1 ? call.caller : call.callee);

const verifyInvite = (
  call: RecordedCall,
  delivery: Delivery,
  { offer }: Verifications,
): Verdict => {
  const own = receiverOf(call, 0, delivery);
  const previous = call.previous && {
    ...call.previous,
    ownCertificate: own === call.callee ? call.previous.ownCertificate : own.certificate.der,
  };
  const { now, revocation, repeated } = delivery;
  const context = { ...contextOf(own, previous), now, revocation };
  if (repeated) offer(receivedOf(delivery), context);
  const outcome = offer(receivedOf(delivery), context);
  if (outcome.ok) {
    const { number } = outcome.value.peer;
    const claimed = peekCertificate(delivery.headers);
    demand('peer', claimed.ok && number === delivery.fromUser, delivery.fromUser, () => number);
    return 'accepted';
  }
  demand('status', statusFor(outcome.error.code) >= 403, 'a final status', () => outcome.error);
  // Security state changes only after authentication: what was refused leaves room for the honest message.
  if (own === call.callee && !repeated && outcome.error.code !== 'memory-full') {
    const { now: honestNow } = honest(call, 0);
    const later = offer(receivedOf(honest(call, 0)), {
      ...context,
      now: honestNow,
      revocation: 'good',
    });
    const remembered =
      outcome.error.code === 'revoked' || outcome.error.code === 'revocation-unavailable';
    demand('a refusal changes nothing', later.ok || remembered, 'the honest INVITE accepted', () =>
      later.ok ? 'accepted' : later.error,
    );
  }
  return outcome.error.code;
};

const verify200 = (call: RecordedCall, delivery: Delivery, { answer }: Verifications): Verdict => {
  const pending = call.pendingOffer();
  const { previous: _none, ...context } = contextOf(call.caller);
  const { now, revocation } = delivery;
  const outcome = answer(pending, receivedOf(delivery), { ...context, now, revocation });
  demand(
    'secrets are overwritten',
    isWiped(pending.exponent),
    'an exponent of zeros',
    () => outcome.ok,
  );
  const again = answer(pending, receivedOf(honest(call, 1)), context);
  const once = !again.ok && again.error.code === 'exchange-over';
  demand('the first 200 decides', once, 'exchange-over', () => again);
  if (!outcome.ok) return outcome.error.code;
  const { keys, answerHash, ackHeaders } = outcome.value;
  sameValue('both sides have the same keys', call.keys, keys);
  sameBytes('both sides have the same hash', call.answerHash, answerHash);
  sameValue('the ACK', call.ack, ackHeaders);
  return 'accepted';
};

const verifyAck = (
  call: RecordedCall,
  delivery: Delivery,
  { confirmation }: Verifications,
): Verdict => {
  const pending = call.pendingAck();
  const outcome = confirmation(pending, delivery.headers);
  const wiped = isWiped(pending.callerConfirmation);
  demand('secrets are overwritten', wiped, 'a confirmation key of zeros', () => outcome.ok);
  const again = confirmation(pending, call.ack);
  const once = !again.ok && again.error.code === 'exchange-over';
  demand('the first ACK decides', once, 'exchange-over', () => again);
  return outcome.ok ? 'accepted' : outcome.error.code;
};

const steps: readonly Step[] = [0, 1, 2];
const names = ['INVITE', '200', 'ACK'] as const;

const verdictOf = (
  call: RecordedCall,
  step: Step,
  delivery: Delivery,
  verifications: Verifications,
): Verdict =>
  [verifyInvite, verify200, verifyAck][step]?.(call, delivery, verifications) ?? 'no such step';

const run = (
  { call: number, edits }: ConversationCase,
  verifications: Verifications,
): readonly string[] => {
  const call = callWorld().calls[number];
  if (call === undefined) return [];
  const shapes: string[] = [];
  // Messages before the first interference are accepted in every conversation; they are done only where there is none.
  const first = Math.min(...edits.map(({ step }) => step), edits.length === 0 ? 0 : 2);
  for (const step of steps) {
    if (step < first) continue;
    const delivery = deliveryOf(call, step, edits);
    const expected = mustAccept(call, step, delivery, receiverOf(call, step, delivery));
    const verdict = verdictOf(call, step, delivery, verifications);
    demand(
      'accepted exactly if no authenticated octet changed',
      (verdict === 'accepted') === expected,
      `${names[step]} ${expected ? 'accepted' : 'refused'}`,
      () => verdict,
    );
    shapes.push(verdict === 'accepted' ? `${names[step]} accepted` : verdict);
    if (verdict !== 'accepted') return shapes;
    const touched = edits.some((edit) => edit.step > step);
    if (!touched && edits.length > 0) return shapes;
  }
  return shapes;
};

const all: Verifications = {
  offer: verifyOffer,
  answer: verifyAnswer,
  confirmation: verifyConfirmation,
};

/** Whole key agreements under interference; `verifications` are the real ones but for tests. */
export const cslConversationTarget = (
  verifications: Verifications = all,
): FuzzTarget<ConversationCase> => ({
  name: 'csl-conversation',
  parsers: ['reference/core/csl/message.ts#peekCertificate'],
  cases: conversationCases,
  check: (made) => run(made, verifications),
  reaches: [
    ...names.map((name) => `${name} accepted`),
    ...['absent', 'repeated', 'unknown', 'folded', 'joined'].map((code) => `headers-${code}`),
    ...(
      'base64 info1-length info1-version group info2-length info2-version info2-parts media time replay ' +
      'public-value-range public-value-residue reflection from-chain certificate-form key common-name ' +
      'key-identifier identity dialog-certificate issuer validity signature revoked revocation-unavailable tag'
    ).split(' '),
  ],
  file: (made) => {
    const call = callWorld().calls[made.call];
    const deliveries = call && steps.map((step) => deliveryOf(call, step, made.edits));
    return {
      extension: 'json',
      bytes: utf8(`${JSON.stringify({ ...made, deliveries }, null, 2)}\n`),
    };
  },
  limit: 3_000,
});

/** Whole INVITE, 200, ACK conversations between three users. */
export const cslConversation = cslConversationTarget();
