import { sha256 } from '../primitives/hash.ts';
import type { Certificate } from '../pki/certificate.ts';
import { err, fault, ok, type Fault, type Result } from '../result.ts';
import {
  certificateOf,
  firstRefusal,
  formatChecks,
  peerChecks,
  revocationChecks,
  type Check,
  type ExchangeUnderWay,
  type Subject,
} from './checks.ts';
import type { PendingConfirmation } from './confirmation.ts';
import { publicValueOf, sharedSecretOf } from './group14.ts';
import { encodeHeaders } from './headers.ts';
import { encodeInfo1, encodeInfo2 } from './info.ts';
import {
  confirmationTag,
  equalInConstantTime,
  isWiped,
  wipe,
  wipeSessionKeys,
  type ExchangeKeys,
  type KeyBinding,
  type SessionKeys,
} from './key-schedule.ts';
import { readMessage, type CslMessage, type ReceivedMessage } from './message.ts';
import type { PhoneNumber } from './number.ts';
import {
  displayedIdentifiers,
  freshValuesFault,
  type CreationFault,
  type CslHeaders,
  type DisplayedIdentifiers,
  type FreshValues,
  type PendingOffer,
  type VerifiedOffer,
  type VerifyingContext,
} from './offer.ts';
import { readingParts, type ReadingParts } from './reading-parts.ts';
import type { CslRefusal } from './refusal.ts';
import { answerTranscript } from './transcript.ts';

/** What a callee says in its 200. */
export interface AnswerInput extends FreshValues {
  /** Text of the own media description, from the callee's view. */
  readonly media: string;
}

/** A callee's side after its 200. The keys may be used only once the confirmation verified. */
export interface CreatedAnswer {
  readonly headers: CslHeaders;
  readonly keys: SessionKeys;
  readonly pending: PendingConfirmation;
  /** For the reflection check of other messages meanwhile. */
  readonly underWay: ExchangeUnderWay;
  readonly preimage: Uint8Array;
}

const deriveOnce = (
  peerPublicValue: Uint8Array,
  exponent: Uint8Array,
  binding: KeyBinding,
  { deriveKeys }: ReadingParts,
): ExchangeKeys => {
  const secret = sharedSecretOf(peerPublicValue, exponent);
  wipe(exponent);
  const keys = deriveKeys(secret, binding);
  wipe(secret);
  return keys;
};

/** Builds the headers of the 200 to a verified INVITE. Overwrites the exponent and the shared secret. */
export const createAnswer = (
  offer: VerifiedOffer,
  input: AnswerInput,
  parts: ReadingParts = readingParts,
): Result<CreatedAnswer, Fault<Exclude<CreationFault, 'dials-itself'>>> => {
  const unusable = freshValuesFault(input);
  if (unusable) return fault(unusable);
  const { own } = offer;
  const publicValue = publicValueOf(input.exponent);
  const info1 = encodeInfo1({ time: input.time, nonce: input.nonce, publicValue });
  const preimage = answerTranscript({
    offerHash: offer.offerHash,
    calleeCertificate: own.certificate.der,
    calleeInfo1: info1,
    calleeMedia: input.media,
  });
  const answerHash = sha256(preimage);
  const binding = { callerNonce: offer.nonce, calleeNonce: input.nonce, answerHash };
  const keys = deriveOnce(offer.publicValue, input.exponent, binding, parts);
  const tag = confirmationTag(keys.calleeConfirmation, answerHash);
  wipe(keys.calleeConfirmation);
  const headers = encodeHeaders({
    'X-CSL-From': own.certificate.der,
    'X-CSL-From-Chain': own.authority.der,
    'X-CSL-Info1': info1,
    'X-CSL-Info2': encodeInfo2('answer', own.sign(preimage), tag),
  });
  return ok({
    headers,
    keys: keys.session,
    pending: { answerHash, callerConfirmation: keys.callerConfirmation },
    underWay: { publicValue, nonce: input.nonce },
    preimage,
  });
};

/** What a caller knows when it verifies a 200; the rest is in its pending offer. */
export type AnswerContext = VerifyingContext;

/** What the checks of a 200 look at. */
export interface AnswerSubject extends Subject {
  readonly answerHash: Uint8Array;
  /** The keys of the exchange, derived at the first call; undefined where the message has no public value. */
  readonly deriveKeys: () => ExchangeKeys | undefined;
}

const tagHolds = ({ message, answerHash, deriveKeys: derive }: AnswerSubject): boolean => {
  const keys = derive();
  const tag = message.info2?.tag;
  return (
    keys !== undefined &&
    tag !== undefined &&
    equalInConstantTime(tag, confirmationTag(keys.calleeConfirmation, answerHash))
  );
};

/** The checks of a 200 in their order; the first that fails names the refusal. */
export const answerChecks: readonly Check<AnswerSubject>[] = [
  ...formatChecks,
  ...peerChecks,
  ...revocationChecks,
  { code: 'tag', check: tagHolds },
];

/** A caller's side once the 200 verified: the keys may be used. */
export interface VerifiedAnswer {
  /** X-CSL headers of the ACK. */
  readonly ackHeaders: CslHeaders;
  readonly keys: SessionKeys;
  readonly peer: { readonly certificate: Certificate; readonly number: PhoneNumber };
  readonly displayed: DisplayedIdentifiers;
  /** H(answer preimage), for the next re-INVITE. */
  readonly answerHash: Uint8Array;
}

const keysOnDemand = (
  pending: PendingOffer,
  message: CslMessage,
  answerHash: Uint8Array,
  parts: ReadingParts,
): (() => ExchangeKeys | undefined) => {
  let keys: ExchangeKeys | undefined;
  return () => {
    if (!message.info1) return undefined;
    const { publicValue, nonce } = message.info1;
    const binding = { callerNonce: pending.nonce, calleeNonce: nonce, answerHash };
    keys ??= deriveOnce(publicValue, pending.exponent, binding, parts);
    return keys;
  };
};

const examineAnswer = (
  pending: PendingOffer,
  received: ReceivedMessage,
  context: AnswerContext,
  parts: ReadingParts,
): AnswerSubject => {
  const message = readMessage(received.headers, 'answer', parts.decodeInfo1);
  const none = new Uint8Array();
  const transcript = answerTranscript({
    offerHash: pending.offerHash,
    calleeCertificate: message.certificate ?? none,
    calleeInfo1: message.info1Bytes ?? none,
    calleeMedia: received.media.ok ? received.media.value.text : '',
  });
  const answerHash = sha256(transcript);
  return {
    ...context,
    underWay: [...context.underWay, pending],
    previous: pending.previous,
    own: pending.own,
    message,
    media: received.media,
    certificate: certificateOf(message.certificate),
    chain: certificateOf(message.chain),
    requiredNumber: pending.dialled,
    addressed: true,
    transcript,
    answerHash,
    deriveKeys: keysOnDemand(pending, message, answerHash, parts),
  };
};

const acceptAnswer = (
  pending: PendingOffer,
  subject: AnswerSubject,
): Result<VerifiedAnswer, Fault<CslRefusal>> => {
  const { certificate, answerHash, own } = subject;
  const keys = subject.deriveKeys();
  if (!certificate) return fault('certificate-form');
  if (!keys) return fault('info1-length');
  const tag = confirmationTag(keys.callerConfirmation, answerHash);
  return ok({
    ackHeaders: encodeHeaders({ 'X-CSL-Info2': encodeInfo2('confirmation', tag) }),
    keys: keys.session,
    peer: { certificate, number: pending.dialled },
    displayed: displayedIdentifiers(own.certificate, certificate),
    answerHash,
  });
};

/**
 * Verifies the 200 to an INVITE. Decides the exchange either way: the exponent and the confirmation keys are overwritten,
 * and the session keys too where the 200 is refused; a second call is refused with `exchange-over`. `checks` is
 * {@link answerChecks} but for tests of what a missing check would let through.
 */
export const verifyAnswer = (
  pending: PendingOffer,
  received: ReceivedMessage,
  context: AnswerContext,
  checks: readonly Check<AnswerSubject>[] = answerChecks,
  parts: ReadingParts = readingParts,
): Result<VerifiedAnswer, Fault<CslRefusal>> => {
  if (isWiped(pending.exponent)) return fault('exchange-over');
  const subject = examineAnswer(pending, received, context, parts);
  const refusal = firstRefusal(subject, checks);
  const outcome = refusal ? err(refusal) : acceptAnswer(pending, subject);
  const isDerived = isWiped(pending.exponent);
  wipe(pending.exponent);
  const keys = isDerived ? subject.deriveKeys() : undefined;
  if (keys) {
    wipe(keys.callerConfirmation, keys.calleeConfirmation);
    if (!outcome.ok) wipeSessionKeys(keys.session);
  }
  return outcome;
};
