import type {
  StoredCertificate,
  StoredEnrolment,
  IssuingAuthority,
} from './contract-certificates.ts';

/** An administrator. `passwordHash` is whatever the sign-in computes, with its parameters in it. */
export interface Administrator {
  readonly name: string;
  readonly passwordHash: string;
  /**
   * Kept encrypted under the key beside the database; null without TOTP. `unreadable` when it was encrypted under another key: it
   * stays required, so nobody signs in under that name until the password is reset.
   */
  readonly totpSecret: Uint8Array | null | 'unreadable';
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
    changes: Partial<
      Pick<Administrator, 'passwordHash' | 'mustChangePassword'> & {
        readonly totpSecret: Uint8Array | null;
      }
    >,
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
