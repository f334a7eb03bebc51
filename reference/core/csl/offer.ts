import { sha256 } from '../primitives/hash.ts';
import type { Certificate } from '../pki/certificate.ts';
import { keyIdentifierOf } from '../pki/certificate.ts';
import { err, fault, ok, type Fault, type Result } from '../result.ts';
import {
  certificateOf,
  firstRefusal,
  formatChecks,
  peerChecks,
  revocationChecks,
  type Check,
  type DialogHistory,
  type ExchangeUnderWay,
  type Revocation,
  type Subject,
} from './checks.ts';
import { publicValueOf } from './group14.ts';
import { encodeHeaders, type CslHeaderName } from './headers.ts';
import { displayedIdentifier } from './identifier.ts';
import { encodeInfo1, encodeInfo2, nonceLength } from './info.ts';
import { isWiped } from './key-schedule.ts';
import { readMessage, type ReceivedMessage } from './message.ts';
import type { PhoneNumber } from './number.ts';
import { numberOf, type LocalParty } from './party.ts';
import { readingParts, type ReadingParts } from './reading-parts.ts';
import type { CslRefusal } from './refusal.ts';
import type { RememberedOffer, ReplayMemory } from './replay-memory.ts';
import { offerTranscript } from './transcript.ts';

/** X-CSL headers to send. */
export type CslHeaders = readonly (readonly [CslHeaderName, string])[];

/** Fresh values of one message: drawn for every message, never used again. */
export interface FreshValues {
  /** Secret exponent, big-endian, 32 to 256 bytes of randomness. Taken over: overwritten when the exchange is decided. */
  readonly exponent: Uint8Array;
  /** 32 random bytes. */
  readonly nonce: Uint8Array;
  /** Milliseconds since 1970, read now. */
  readonly time: number;
}

/** Why a message cannot be made of the values given. */
export type CreationFault = 'exponent' | 'nonce-length' | 'dials-itself';

/** What a caller says in an INVITE. */
export interface OfferInput extends FreshValues {
  readonly own: LocalParty;
  readonly dialled: PhoneNumber;
  readonly callId: string;
  /** Text of the own media description, from the caller's view. */
  readonly media: string;
  /** In a re-INVITE. */
  readonly previous?: DialogHistory;
}

/** A caller's side between its INVITE and the 200. Holds the exponent: wipe it if the INVITE fails. */
export interface PendingOffer extends ExchangeUnderWay {
  readonly own: LocalParty;
  readonly dialled: PhoneNumber;
  readonly offerHash: Uint8Array;
  readonly exponent: Uint8Array;
  readonly previous: DialogHistory | undefined;
}

/** Whether exponent and nonce have usable lengths; an exponent of zeros has been used and overwritten. */
export const freshValuesFault = ({
  exponent,
  nonce,
}: FreshValues): 'exponent' | 'nonce-length' | undefined => {
  if (exponent.length < 32 || exponent.length > 256 || isWiped(exponent)) return 'exponent';
  return nonce.length === nonceLength ? undefined : 'nonce-length';
};

/** Builds the headers of an INVITE and what is needed to verify its 200. A phone refuses to dial itself. */
export const createOffer = (
  input: OfferInput,
): Result<
  { readonly headers: CslHeaders; readonly pending: PendingOffer; readonly preimage: Uint8Array },
  Fault<CreationFault>
> => {
  const { own, dialled, nonce, exponent, previous } = input;
  if (dialled === own.number) return fault('dials-itself');
  const unusable = freshValuesFault(input);
  if (unusable) return fault(unusable);
  const publicValue = publicValueOf(exponent);
  const info1 = encodeInfo1({ time: input.time, nonce, publicValue });
  const preimage = offerTranscript({
    callId: input.callId,
    callerNumber: own.number,
    calleeNumber: dialled,
    callerCertificate: own.certificate.der,
    callerInfo1: info1,
    callerMedia: input.media,
    ...(previous && { previousAnswerHash: previous.answerHash }),
  });
  const headers = encodeHeaders({
    'X-CSL-From': own.certificate.der,
    'X-CSL-From-Chain': own.authority.der,
    'X-CSL-Info1': info1,
    'X-CSL-Info2': encodeInfo2('offer', own.sign(preimage)),
  });
  const offerHash = sha256(preimage);
  const pending = { own, dialled, offerHash, exponent, nonce, publicValue, previous };
  return ok({ headers, pending, preimage });
};

/** What a phone knows when it verifies a message. */
export interface VerifyingContext {
  /** The client authorities' certificates that it stores. */
  readonly clientAuthorities: readonly Certificate[];
  /** Wall clock, milliseconds since 1970. */
  readonly now: number;
  /** Its exchanges under way, of all calls. */
  readonly underWay: readonly ExchangeUnderWay[];
  readonly revocation: Revocation;
}

/** What a callee knows when it verifies an INVITE. */
export interface OfferContext extends VerifyingContext {
  /** The identity with whose certificate it will answer. */
  readonly own: LocalParty;
  /** Monotonic clock, milliseconds. */
  readonly elapsed: number;
  readonly replayMemory: ReplayMemory;
  /** In a re-INVITE. */
  readonly previous?: DialogHistory;
}

/** What the checks of an INVITE look at. */
export interface OfferSubject extends Subject {
  readonly elapsed: number;
  readonly replayMemory: ReplayMemory;
}

const rememberable = ({ message }: OfferSubject): RememberedOffer | undefined =>
  message.certificate && message.info1
    ? { certificate: message.certificate, nonce: message.info1.nonce, time: message.info1.time }
    : undefined;

const isNew = (subject: OfferSubject): boolean => {
  const offer = rememberable(subject);
  return offer !== undefined && !subject.replayMemory.covers(offer, subject);
};

const remember = (subject: OfferSubject): boolean => {
  const offer = rememberable(subject);
  return offer !== undefined && subject.replayMemory.remember(offer, subject);
};

/**
 * The checks of an INVITE in their order; the first that fails names the refusal. The one that remembers the offer
 * (`memory-full`) is the only one that changes anything, and stands right behind the signature.
 */
export const offerChecks: readonly Check<OfferSubject>[] = [
  ...formatChecks,
  { code: 'replay', check: isNew },
  ...peerChecks,
  { code: 'memory-full', check: remember },
  ...revocationChecks,
];

declare const verified: unique symbol;

/** The identifiers that a phone shows once an exchange has verified. */
export interface DisplayedIdentifiers {
  readonly local: string;
  readonly peer: string;
}

/** An INVITE that passed every check; made by {@link verifyOffer} only. */
export interface VerifiedOffer {
  readonly [verified]: true;
  readonly own: LocalParty;
  readonly peer: { readonly certificate: Certificate; readonly number: PhoneNumber };
  readonly publicValue: Uint8Array;
  readonly nonce: Uint8Array;
  readonly offerHash: Uint8Array;
  readonly displayed: DisplayedIdentifiers;
}

/** The identifiers of both certificates, for the phone that `own` is the certificate of. */
export const displayedIdentifiers = (
  own: Certificate,
  peer: Certificate,
): DisplayedIdentifiers => ({
  local: displayedIdentifier(keyIdentifierOf(own)),
  peer: displayedIdentifier(keyIdentifierOf(peer)),
});

const examineOffer = (
  received: ReceivedMessage,
  context: OfferContext,
  parts: ReadingParts,
): OfferSubject => {
  const message = readMessage(received.headers, 'offer', parts.decodeInfo1);
  const { own, previous } = context;
  const [name] = certificateOf(message.certificate)?.commonNames ?? [];
  const none = new Uint8Array();
  return {
    ...context,
    previous,
    message,
    media: received.media,
    certificate: certificateOf(message.certificate),
    chain: certificateOf(message.chain),
    requiredNumber: received.fromUser,
    // Later requests of a dialog are held to its identities by the dialog itself.
    addressed: previous !== undefined || received.toUser === own.number,
    transcript: offerTranscript({
      callId: received.callId,
      callerNumber: name?.kind === 'text' ? name.value : '',
      calleeNumber: own.number,
      callerCertificate: message.certificate ?? none,
      callerInfo1: message.info1Bytes ?? none,
      callerMedia: received.media.ok ? received.media.value.text : '',
      ...(previous && { previousAnswerHash: previous.answerHash }),
    }),
  };
};

/**
 * Verifies a received INVITE. `checks` is {@link offerChecks} but for tests of what a missing check would let through;
 * even then nothing unreadable is returned as verified.
 */
export const verifyOffer = (
  received: ReceivedMessage,
  context: OfferContext,
  checks: readonly Check<OfferSubject>[] = offerChecks,
  parts: ReadingParts = readingParts,
): Result<VerifiedOffer, Fault<CslRefusal>> => {
  const subject = examineOffer(received, context, parts);
  const refusal = firstRefusal(subject, checks);
  if (refusal) return err(refusal);
  const { certificate, message, own } = subject;
  if (!certificate) return fault('certificate-form');
  if (!message.info1) return fault('info1-length');
  const number = numberOf(certificate.commonNames);
  if (!number.ok) return fault('common-name');
  return ok({
    own,
    peer: { certificate, number: number.value },
    publicValue: message.info1.publicValue,
    nonce: message.info1.nonce,
    offerHash: sha256(subject.transcript),
    displayed: displayedIdentifiers(own.certificate, certificate),
  } as VerifiedOffer);
};
