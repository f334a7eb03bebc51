import type { Revocation } from '../core/csl/checks.ts';
import {
  csl1,
  cslChecks,
  type KeyAgreementChecks,
  type KeyAgreementReading,
} from '../core/csl/key-agreement.ts';
import type { SessionKeys } from '../core/csl/key-schedule.ts';
import type { Certificate } from '../core/pki/certificate.ts';
import { aesCm128HmacSha1Tag80, type SrtpSuite } from '../core/rtp/srtp.ts';
import type { PhoneAudio } from './audio/phone-audio.ts';
import { phoneKeyParts, type PhoneKeyParts } from './enrolment/key-parts.ts';
import {
  statusVerification,
  type StatusQuestion,
  type StatusVerification,
} from './revocation/status-service.ts';
import { startMedia } from './media/media-session.ts';
import { connectTls } from './tls/connect.ts';

/** Parts a phone is composed of. {@link phoneParts} is the right set; a deliberately broken phone is composed of others. */
export interface PhoneParts extends KeyAgreementChecks, PhoneKeyParts {
  /** Connects to the signalling server and checks whom it reached (target 5.2). */
  readonly connectTls: typeof connectTls;
  readonly suite: SrtpSuite;
  /** Sends and receives the audio of a call. */
  readonly startMedia: typeof startMedia;
  /** What the phone says and where it puts what it hears; a tone and no file where absent. */
  readonly audio?: PhoneAudio;
  /** How phones agree on keys; it applies the checks. */
  readonly keyAgreement: KeyAgreementReading;
  /** Decides whether a peer's certificate is revoked; `ask` asks the appliance (interpretations I-7). */
  readonly revocation: (certificate: Certificate, ask: StatusQuestion) => Promise<Revocation>;
  /** Verifies what the appliance answers then. */
  readonly statusVerification: StatusVerification;
}

/** The parts of the reference phone. */
export const phoneParts: PhoneParts = {
  ...phoneKeyParts,
  connectTls,
  suite: aesCm128HmacSha1Tag80,
  startMedia,
  keyAgreement: csl1,
  ...cslChecks,
  revocation: (certificate, ask) => ask(certificate),
  statusVerification,
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
