import { answerChecks } from '../core/csl/answer.ts';
import type { AnswerSubject } from '../core/csl/answer.ts';
import type { Check, Revocation } from '../core/csl/checks.ts';
import { confirmationChecks, type ConfirmationSubject } from '../core/csl/confirmation.ts';
import type { SessionKeys } from '../core/csl/key-schedule.ts';
import { offerChecks, type OfferSubject } from '../core/csl/offer.ts';
import type { Certificate } from '../core/pki/certificate.ts';
import { aesCm128HmacSha1Tag80, type SrtpSuite } from '../core/rtp/srtp.ts';
import { connectTls } from './tls/connect.ts';

/** Parts a phone is composed of. {@link phoneParts} is the right set; a deliberately broken phone is composed of others. */
export interface PhoneParts {
  /** Connects to the signalling server and checks whom it reached (target 5.2). */
  readonly connectTls: typeof connectTls;
  readonly suite: SrtpSuite;
  readonly offerChecks: readonly Check<OfferSubject>[];
  readonly answerChecks: readonly Check<AnswerSubject>[];
  readonly confirmationChecks: readonly Check<ConfirmationSubject>[];
  /** Asks whether a peer's certificate is revoked (interpretations I-7). */
  readonly revocation: (certificate: Certificate) => Promise<Revocation>;
}

/** The parts of the reference phone. Revocation (I-7) has no service to ask yet: every certificate counts as good. */
export const phoneParts: PhoneParts = {
  connectTls,
  suite: aesCm128HmacSha1Tag80,
  offerChecks,
  answerChecks,
  confirmationChecks,
  revocation: () => Promise.resolve('good'),
};

/** Something a phone refused, for its log; never a secret. */
export interface PhoneRefusal {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly code: string;
  readonly detail: string;
}

/** Where a phone writes. The secret ones exist for testbeds alone and are absent otherwise. */
export interface PhoneLogs {
  readonly refusal: (entry: PhoneRefusal) => void;
  /** Lines of the NSS key log format. */
  readonly tlsKeys?: (line: string) => void;
  readonly keyAgreement?: (entry: {
    readonly callId: string;
    readonly role: 'caller' | 'callee';
    /** Hexadecimal. */
    readonly exponent: string;
  }) => void;
  readonly mediaKeys?: (keys: SessionKeys) => void;
}
