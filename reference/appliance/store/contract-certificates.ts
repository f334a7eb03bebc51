/** Reasons of RFC 5280 section 5.3.1 that the appliance gives. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'superseded'
  | 'cessationOfOperation';

/** Which authority issued a certificate, or signs a revocation list. */
export type IssuingAuthority = 'client' | 'server';

/** Why an enrolment can no longer give a certificate. */
export type EnrolmentEnd = 'tries' | 'expired' | 'blocked' | 'not-sent' | 'restored' | 'superseded';

/** `pending`: its token was sent; `issued`: its one certificate exists; `dead`: neither now nor later. */
export type EnrolmentState = 'pending' | 'issued' | 'dead';

/** An enrolment. Its token is stored only as an HMAC under a key that lies beside the database, not in it. */
export interface StoredEnrolment {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly number: string;
  /** DER of the SubjectPublicKeyInfo: what the token is bound to. */
  readonly publicKey: Uint8Array;
  readonly createdAt: number;
  readonly wrongTries: number;
  readonly state: EnrolmentState;
  /** Null unless dead. */
  readonly end: EnrolmentEnd | null;
  /** Of the certificate issued for it, else null. */
  readonly serial: string | null;
}

/** A certificate that the appliance issued. Whether it is expired follows from `notAfter`. */
export interface StoredCertificate {
  readonly serial: string;
  readonly authority: IssuingAuthority;
  /** The number of a client, the first host of a server. */
  readonly subject: string;
  readonly der: Uint8Array;
  readonly issuedAt: number;
  readonly notAfter: number;
  /** Serial of the certificate that this one renewed. */
  readonly renews: string | null;
  readonly state: 'valid' | 'revoked';
  readonly revokedAt: number | null;
  readonly reason: RevocationReason | null;
}

/** A certificate to be recorded: what the authority made. */
export interface NewCertificate {
  readonly serial: string;
  readonly der: Uint8Array;
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly notAfter: number;
}

/** One entry of a revocation list. */
export interface RevokedEntry {
  readonly serial: string;
  readonly revokedAt: number;
  readonly reason: RevocationReason;
}

/** What came of giving a token back. */
export type TokenOutcome =
  | { readonly kind: 'unknown' | 'wrong' | 'expired' | 'dead' }
  /** Right; `certificate` is the one already issued for it, null when it is still to be made. */
  | {
      readonly kind: 'right';
      readonly enrolment: StoredEnrolment;
      readonly certificate: StoredCertificate | null;
    };

/** What came of recording a certificate for an enrolment or renewal. */
export type IssueOutcome =
  | {
      readonly kind: 'issued';
      /** The one to answer: when two requests raced, the winner's. */
      readonly certificate: StoredCertificate;
      /** Serials revoked with it, reason `superseded`. */
      readonly superseded: readonly string[];
    }
  /** The enrolment died or the certificate to renew was revoked meanwhile, or the number is blocked. */
  | { readonly kind: 'refused' }
  /** The key has been certified already, for this or any number. */
  | { readonly kind: 'key-known' };

/** Enrolments (I-6). */
export interface EnrolmentStore {
  /**
   * Records an enrolment and the keyed hash of its token. A blocked number's is recorded dead (`blocked`): it looks like any other
   * to who asked. `requestHash`: SHA-256 of the certificate request.
   */
  begin(enrolment: {
    readonly id: string;
    readonly number: string;
    readonly publicKey: Uint8Array;
    readonly requestHash: string;
    readonly token: string;
    readonly at: number;
  }): 'pending' | 'blocked';
  /** The token could not be sent: the enrolment is dead and does not count for the number's limit. */
  notSent(id: string, at: number): void;
  get(id: string): StoredEnrolment | undefined;
  /** Enrolments of a number begun after a time, dead ones too, without those whose token was not sent. */
  countSince(number: string, time: number): number;
  /**
   * Compares a token with the stored hash in constant time and counts a wrong one, in one transaction. Too old, or a clock behind
   * `createdAt`, kills it for good.
   */
  tryToken(attempt: {
    readonly id: string;
    readonly token: string;
    readonly at: number;
    /** Milliseconds. */
    readonly lifetime: number;
    readonly tries: number;
  }): TokenOutcome;
  /**
   * Records the certificate of an enrolment whose token was right: the token is consumed, older valid certificates of the number are
   * revoked (`superseded`), the owner's notice goes into {@link MessageStore}, all in one transaction.
   */
  issue(issued: {
    readonly id: string;
    readonly certificate: NewCertificate;
    readonly at: number;
    /** Text for the owner when an older certificate is revoked by this. */
    readonly notice: string;
  }): IssueOutcome;
  /** Whether this key (by its modulus) has ever been certified, for anyone. */
  isKeyKnown(publicKey: Uint8Array): boolean;
  /** Forgets enrolments begun at or before a time. Certificates stay. */
  forget(time: number): void;
}

/** Certificates and their state (I-7). */
export interface CertificateStore {
  /** Records a server certificate. */
  addServer(server: {
    readonly certificate: NewCertificate;
    readonly host: string;
    readonly at: number;
  }): void;
  /** Records the successor of a valid certificate, which is revoked (`superseded`), in one transaction. */
  renew(renewed: {
    readonly serial: string;
    readonly certificate: NewCertificate;
    readonly at: number;
    readonly notice: string;
  }): IssueOutcome;
  get(serial: string): StoredCertificate | undefined;
  /** The client certificate for this key (by its modulus); there is at most one. */
  findByKey(publicKey: Uint8Array): StoredCertificate | undefined;
  /** From memory, for every SIP request: a serial that the appliance did not issue is `unknown`. Says nothing of expiry. */
  statusOf(serial: string): 'valid' | 'revoked' | 'unknown';
  /** From memory. */
  isRevoked(serial: string): boolean;
  /** What belongs on an authority's list, by time; those expired at `at` are left out (RFC 5280 section 3.3). */
  revokedOf(authority: IssuingAuthority, at: number): readonly RevokedEntry[];
  /** Revokes one certificate without blocking its number; false when it is unknown or revoked already. */
  revoke(revocation: {
    readonly serial: string;
    readonly by: string;
    readonly reason: RevocationReason;
    readonly at: number;
  }): boolean;
}

/** What revoking a number did. */
export interface NumberRevocation {
  /** Of the certificates revoked by this, possibly none. */
  readonly serials: readonly string[];
  readonly enrolmentsKilled: number;
  readonly alreadyBlocked: boolean;
}

/** A blocked number (I-7). */
export interface BlockedNumber {
  readonly number: string;
  readonly at: number;
  readonly by: string;
  readonly reason: RevocationReason;
}

/** Numbers and their block (I-7). */
export interface NumberStore {
  /**
   * In one transaction: revokes every valid certificate of the number, blocks the number, kills its pending enrolments and writes
   * the audit log. Numbers that were never enrolled are blocked too; repeating it is harmless.
   */
  revokeNumber(revocation: {
    readonly number: string;
    readonly by: string;
    readonly reason: RevocationReason;
    readonly at: number;
  }): NumberRevocation;
  /** Lets a blocked number enrol again; its certificates stay revoked. False when it was not blocked. */
  releaseNumber(release: {
    readonly number: string;
    readonly by: string;
    readonly at: number;
  }): boolean;
  /** From memory. */
  isBlocked(number: string): boolean;
  blocked(): readonly BlockedNumber[];
}

/** A published revocation list. */
export interface StoredRevocationList {
  readonly authority: IssuingAuthority | 'root';
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly der: Uint8Array;
}

/** Revocation lists and their numbers (RFC 5280 section 5.2.3). */
export interface RevocationListStore {
  /**
   * Reserves a number greater than all before: the last one plus 1, and at least the seconds since 1970, so that it grows even over
   * the restoring of an older backup.
   */
  reserveNumber(authority: StoredRevocationList['authority'], at: number): number;
  /**
   * Keeps a signed list; one with a smaller number than the latest is ignored and gives false. `at` is the time of the log's entry,
   * the list's own unless given: that is set back, for verifiers whose clocks are behind.
   */
  publish(list: StoredRevocationList, at?: number): boolean;
  latest(authority: StoredRevocationList['authority']): StoredRevocationList | undefined;
}
