/**
 * The appliance's state (issue "State", interpretations I-6 and I-7). Every operation is synchronous and one transaction: when it
 * returns, what it did is durable, and when it throws, nothing was done. So whoever answers a client after the call keeps the rule
 * "every acknowledgement comes after the commit". Times are milliseconds since 1970 and come from the caller. Serials, ids and
 * hashes are lower-case hexadecimal. Operations throw a {@link StoreError} when the disk does not let them.
 */

/** Why the store cannot work. */
export type StoreErrorCode =
  | 'store/in-use'
  | 'store/full'
  | 'store/read-only'
  | 'store/corrupt'
  | 'store/disk'
  | 'store/foreign'
  | 'store/too-new'
  | 'store/not-empty'
  | 'store/missing'
  | 'store/closed';

/** Thrown by every operation of the store; one line: folder, reason, way out. Never holds a secret. */
export interface StoreError extends Error {
  readonly code: StoreErrorCode;
}

/** Reasons of RFC 5280 section 5.3.1 that the appliance gives. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'superseded'
  | 'cessationOfOperation';

/** Which authority issued a certificate, or signs a revocation list. */
export type IssuingAuthority = 'client' | 'server';

/** Why an enrolment can no longer give a certificate. */
export type EnrolmentEnd = 'tries' | 'expired' | 'blocked' | 'not-sent' | 'restored';

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
  /** Keeps a signed list; one with a smaller number than the latest is ignored and gives false. */
  publish(list: StoredRevocationList): boolean;
  latest(authority: StoredRevocationList['authority']): StoredRevocationList | undefined;
}

/** An administrator. `passwordHash` is whatever the sign-in computes, with its parameters in it. */
export interface Administrator {
  readonly name: string;
  readonly passwordHash: string;
  /** Kept encrypted under the key beside the database; null without TOTP. */
  readonly totpSecret: Uint8Array | null;
  /** Failed sign-ins since the last good one. */
  readonly failures: number;
  /** 0 when not locked. */
  readonly lockedUntil: number;
  readonly createdAt: number;
  /** The password must be changed at the next sign-in (the one-time password of the first start). */
  readonly mustChangePassword: boolean;
}

/** Administrators; each change is audited. */
export interface AdministratorStore {
  list(): readonly Administrator[];
  get(name: string): Administrator | undefined;
  /** Adds one; false when the name is taken. */
  add(
    administrator: Pick<Administrator, 'name' | 'passwordHash' | 'mustChangePassword'>,
    by: string,
    at: number,
  ): boolean;
  /** Changes password or TOTP, ends the sessions of that administrator and forgets failures; false when unknown. */
  change(
    name: string,
    changes: Partial<Pick<Administrator, 'passwordHash' | 'totpSecret' | 'mustChangePassword'>>,
    by: string,
    at: number,
  ): boolean;
  /** Removes one and its sessions; false when unknown, or when it is the last. */
  remove(name: string, by: string, at: number): boolean;
  /** Counts a failed sign-in and locks until `lockedUntil(failures)`; gives the new count, 0 when the name is unknown. */
  countFailure(name: string, at: number, lockedUntil: (failures: number) => number): number;
  /** A good sign-in: forgets failures. */
  clearFailures(name: string, at: number): void;
  /** Takes a TOTP time step once: false when it is not after the last one taken. */
  takeTotpStep(name: string, step: number): boolean;
}

/** A session of an administrator. */
export interface StoredSession {
  readonly administrator: string;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
}

/** Sessions; only SHA-256 of the token (at least 16 random bytes, any text) is stored. */
export interface SessionStore {
  create(
    token: string,
    session: {
      readonly administrator: string;
      readonly at: number;
      readonly expiresAt: number;
    },
  ): void;
  /** The live session of a token, used now; undefined when unknown, expired or idle for `idle` milliseconds (then ended). */
  use(token: string, at: number, idle: number): StoredSession | undefined;
  end(token: string): void;
  /** Ends all of an administrator, or of everybody. */
  endAll(administrator?: string): void;
}

/** A text for a subscriber that waits for delivery; it never holds a token. */
export interface StoredMessage {
  readonly id: number;
  readonly number: string;
  readonly text: string;
  readonly createdAt: number;
  readonly attempts: number;
}

/** Notices to owners of numbers, delivered at least once. */
export interface MessageStore {
  /** Those due at a time, oldest first. */
  due(at: number, limit: number): readonly StoredMessage[];
  markSent(id: number, at: number): void;
  /** Tries again at a time, or gives it up (audited) when null. */
  markFailed(id: number, at: number, retryAt: number | null): void;
}

/** Settings by name. */
export interface SettingStore {
  get(name: string): string | undefined;
  /** The audit log gets the name, not the value. */
  set(name: string, value: string, by: string, at: number): void;
}

/** One entry of the audit log. */
export interface AuditEntry {
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly at: number;
  /** Milliseconds by which `at` is behind the latest time logged before it; 0 unless the clock went back. */
  readonly clockBehind: number;
  /** An administrator's name, `registration` or `system`. */
  readonly actor: string;
  /** `noun/verb`, such as `certificate/issued`. */
  readonly action: string;
  /** A number, serial, administrator or setting. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
  /** SHA-256 of the previous entry's hash (32 zero bytes before the first) and this entry's canonical form. */
  readonly hash: string;
}

/** Which entries of the audit log; all given conditions hold. */
export interface AuditFilter {
  readonly actor?: string;
  /** An action, or a noun with its slash (`certificate/`) for all its actions. */
  readonly action?: string;
  readonly subject?: string;
  /** From this time on. */
  readonly from?: number;
  /** Up to and without this time. */
  readonly until?: number;
  /** Only entries with a smaller sequence: the next page. */
  readonly before?: number;
}

/** Whether the hash chain holds. A chain cut off at its end holds: compare `head` with one noted elsewhere. */
export type AuditVerification =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  | {
      readonly ok: false;
      readonly sequence: number;
      readonly reason: 'gap' | 'hash' | 'form' | 'head';
    };

/** The append-only audit log; triggers refuse UPDATE and DELETE. */
export interface AuditStore {
  append(entry: Omit<AuditEntry, 'sequence' | 'hash' | 'clockBehind'>): AuditEntry;
  /** Newest first. */
  find(filter: AuditFilter, limit: number): readonly AuditEntry[];
  count(filter: AuditFilter): number;
  /** Oldest first, for export; reads in pages. */
  all(): IterableIterator<AuditEntry>;
  /** Recomputes every hash; with `expectedHead`, an entry with that hash must be among them. */
  verify(expectedHead?: string): AuditVerification;
}

/** A number as the admin page lists it. */
export interface Subscriber {
  readonly number: string;
  readonly isBlocked: boolean;
  /** The newest certificate, null for a number that was only blocked. */
  readonly certificate: Omit<StoredCertificate, 'der'> | null;
  readonly certificates: number;
}

/** A page of something: ask again with the last row's key as `after` for the next. */
export interface PageRequest {
  readonly after?: string;
  readonly limit: number;
}

/** Queries of the admin pages. */
export interface OverviewQueries {
  /** By number; `search` is any part of it. */
  subscribers(page: PageRequest & { readonly search?: string }): readonly Subscriber[];
  /** Enrolments whose token waits, newest first. `at`, `lifetime`: those older than it are left out. */
  pendingEnrolments(at: number, lifetime: number): readonly StoredEnrolment[];
  /** Newest first; `after` is a serial. */
  certificates(
    page: PageRequest & {
      readonly subject?: string;
      readonly authority?: IssuingAuthority;
      /** `valid` and `expired` as of `at`. */
      readonly state?: 'valid' | 'revoked' | 'expired';
      readonly at: number;
    },
  ): readonly StoredCertificate[];
  counts(at: number): {
    readonly subscribers: number;
    readonly validCertificates: number;
    readonly revokedCertificates: number;
    readonly blockedNumbers: number;
    readonly pendingEnrolments: number;
    readonly auditEntries: number;
    readonly waitingMessages: number;
  };
}

/** Something that was committed. */
export type StoreEvent =
  | {
      readonly kind: 'certificate-issued';
      readonly serial: string;
      readonly subject: string;
      readonly authority: IssuingAuthority;
    }
  /** `number` is null for a server's. */
  | {
      readonly kind: 'certificates-revoked';
      readonly serials: readonly string[];
      readonly number: string | null;
      readonly authority: IssuingAuthority;
      readonly reason: RevocationReason;
    }
  | { readonly kind: 'number-blocked'; readonly number: string }
  | { readonly kind: 'number-released'; readonly number: string }
  | { readonly kind: 'message-queued' }
  | { readonly kind: 'audit-appended'; readonly entry: AuditEntry };

/** The appliance's state: durable in a folder, or in memory. */
export interface ApplianceStore {
  /** Null in memory. */
  readonly folder: string | null;
  readonly enrolments: EnrolmentStore;
  readonly certificates: CertificateStore;
  readonly numbers: NumberStore;
  readonly revocationLists: RevocationListStore;
  readonly administrators: AdministratorStore;
  readonly sessions: SessionStore;
  readonly messages: MessageStore;
  readonly settings: SettingStore;
  readonly audit: AuditStore;
  readonly queries: OverviewQueries;
  /**
   * Called in order after each commit, before the operation returns; a listener that throws harms nobody (`process.emitWarning`).
   * Gives the function that removes it.
   */
  onCommitted(listener: (event: StoreEvent) => void): () => void;
  /**
   * Writes a consistent copy (database and key) into a folder that is new or empty, while the store works on. Protect it as the
   * store itself: the key opens the TOTP secrets.
   */
  backup(folder: string, by: string, at: number): Promise<void>;
  /** Every table as lines of JSON, `{ table, row }`, without hashes of tokens, sessions and passwords or TOTP secrets. */
  exportLines(): IterableIterator<string>;
  close(): void;
}
