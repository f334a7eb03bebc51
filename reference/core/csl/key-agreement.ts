import type { Certificate } from '../pki/certificate.ts';
import { ok, type Fault, type Result } from '../result.ts';
import {
  answerChecks,
  createAnswer,
  verifyAnswer,
  type AnswerContext,
  type AnswerInput,
  type AnswerSubject,
  type CreatedAnswer,
} from './answer.ts';
import type { Check, ExchangeUnderWay } from './checks.ts';
import {
  confirmationChecks,
  verifyConfirmation,
  type ConfirmationSubject,
} from './confirmation.ts';
import type { HeaderList } from './headers.ts';
import { wipe, wipeSessionKeys, type SessionKeys } from './key-schedule.ts';
import { peekCertificate, type ReceivedMessage } from './message.ts';
import type { PhoneNumber } from './number.ts';
import {
  createOffer,
  offerChecks,
  verifyOffer,
  type CreationFault,
  type DisplayedIdentifiers,
  type OfferContext,
  type OfferInput,
  type OfferSubject,
} from './offer.ts';
import { readingParts, type ReadingParts } from './reading-parts.ts';
import type { CslRefusal } from './refusal.ts';

/** Whom an exchange verified. */
export interface VerifiedPeer {
  readonly certificate: Certificate;
  readonly number: PhoneNumber;
}

/** What an exchange gives once the other side has verified. */
export interface AgreedKeys {
  readonly keys: SessionKeys;
  /** H(answer preimage), 32 bytes: binds the next re-INVITE to this exchange (interpretations I-9). */
  readonly answerHash: Uint8Array;
}

/** A 200 that verified; the keys may be used. */
export interface AcceptedAnswer extends AgreedKeys {
  /** Headers of the ACK. */
  readonly ackHeaders: HeaderList;
  readonly peer: VerifiedPeer;
  readonly displayed: DisplayedIdentifiers;
}

/** A caller's side between its INVITE and the 200; holds secrets until it is decided or given up. */
export interface OfferMade {
  /** Headers of the INVITE. */
  readonly headers: HeaderList;
  /** For the reflection check of other messages meanwhile. */
  readonly underWay: ExchangeUnderWay;
  /** Decides the exchange, once: a second call is refused with `exchange-over`. */
  verifyAnswer(
    received: ReceivedMessage,
    context: AnswerContext,
  ): Result<AcceptedAnswer, Fault<CslRefusal>>;
  /** Overwrites the secrets of an INVITE that failed or was taken back. */
  abandon(): void;
}

/** A callee's side between its 200 and the ACK; the keys come out only with an ACK that verified. */
export interface AnswerMade {
  /** Headers of the 200. */
  readonly headers: HeaderList;
  readonly underWay: ExchangeUnderWay;
  /** Decides the exchange, once: a second call is refused with `exchange-over`. */
  verifyConfirmation(headers: HeaderList): Result<AgreedKeys, Fault<CslRefusal>>;
  /** Overwrites the secrets of a call that ended before its ACK; nothing where that has verified. */
  abandon(): void;
}

/** A callee's side once the INVITE verified. */
export interface OfferAccepted {
  readonly peer: VerifiedPeer;
  readonly displayed: DisplayedIdentifiers;
  /** Takes the exponent over and overwrites it; not where it refuses. */
  createAnswer(
    input: AnswerInput,
  ): Result<AnswerMade, Fault<Exclude<CreationFault, 'dials-itself'>>>;
}

/**
 * How two phones agree on keys through the headers of INVITE, 200 and ACK: the codec of these headers and the reading of
 * what authenticates them. Randomness and time come in with each call; secrets stay inside.
 */
export interface KeyAgreement {
  createOffer(input: OfferInput): Result<OfferMade, Fault<CreationFault>>;
  verifyOffer(
    received: ReceivedMessage,
    context: OfferContext,
  ): Result<OfferAccepted, Fault<CslRefusal>>;
  /** The certificate that a message claims, before anything about it is checked: to ask for its revocation status. */
  peekCertificate(headers: HeaderList): Result<Certificate>;
}

/** The checks that a key agreement applies, each list in its order. */
export interface KeyAgreementChecks {
  readonly offerChecks: readonly Check<OfferSubject>[];
  readonly answerChecks: readonly Check<AnswerSubject>[];
  readonly confirmationChecks: readonly Check<ConfirmationSubject>[];
}

/** A codec and reading to choose. A reading weaker than I-1 carries INSECURE in its name and lives outside of `reference/`. */
export interface KeyAgreementReading {
  /** Short, for reports. */
  readonly name: string;
  create(checks: KeyAgreementChecks): KeyAgreement;
}

/** The checks of interpretations I-2, complete. */
export const cslChecks: KeyAgreementChecks = { offerChecks, answerChecks, confirmationChecks };

const offerMade = (
  input: OfferInput,
  checks: KeyAgreementChecks,
  parts: ReadingParts,
): Result<OfferMade, Fault<CreationFault>> => {
  const created = createOffer(input);
  if (!created.ok) return created;
  const { headers, pending } = created.value;
  return ok({
    headers,
    underWay: pending,
    verifyAnswer: (received, context) =>
      verifyAnswer(pending, received, context, checks.answerChecks, parts),
    abandon: () => wipe(pending.exponent),
  });
};

const offerAccepted = (
  received: ReceivedMessage,
  context: OfferContext,
  checks: KeyAgreementChecks,
  parts: ReadingParts,
): Result<OfferAccepted, Fault<CslRefusal>> => {
  const verified = verifyOffer(received, context, checks.offerChecks, parts);
  if (!verified.ok) return verified;
  const offer = verified.value;
  return ok({
    peer: offer.peer,
    displayed: offer.displayed,
    createAnswer(input) {
      const created = createAnswer(offer, input, parts);
      return created.ok ? ok(answerMade(created.value, checks)) : created;
    },
  });
};

const answerMade = (
  { headers, underWay, pending, keys }: CreatedAnswer,
  checks: KeyAgreementChecks,
): AnswerMade => {
  let isConfirmed = false;
  return {
    headers,
    underWay,
    verifyConfirmation(received) {
      const confirmed = verifyConfirmation(pending, received, checks.confirmationChecks);
      if (confirmed.ok) {
        isConfirmed = true;
        return ok({ keys, answerHash: confirmed.value.answerHash });
      }
      if (!isConfirmed) wipeSessionKeys(keys);
      return confirmed;
    },
    abandon() {
      if (isConfirmed) return;
      wipe(pending.callerConfirmation);
      wipeSessionKeys(keys);
    },
  };
};

/** A reading of these parts: a signature and a tag from each side (interpretations I-1). */
export const readingOf = (name: string, parts: ReadingParts): KeyAgreementReading => ({
  name,
  create: (checks) => ({
    createOffer: (input) => offerMade(input, checks, parts),
    verifyOffer: (received, context) => offerAccepted(received, context, checks, parts),
    peekCertificate,
  }),
});

/** The formats of interpretations I-2 with the reading of I-1. */
export const csl1: KeyAgreementReading = readingOf('CSL1 (signature and tag)', readingParts);
