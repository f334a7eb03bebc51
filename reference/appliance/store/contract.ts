import type {
  AdministratorStore,
  SessionStore,
  MessageStore,
  SettingStore,
  AuditEntry,
  AuditStore,
  OverviewQueries,
} from './contract-administration.ts';
import type {
  RevocationReason,
  IssuingAuthority,
  EnrolmentStore,
  CertificateStore,
  NumberStore,
  RevocationListStore,
} from './contract-certificates.ts';

export type * from './contract-administration.ts';
export type * from './contract-certificates.ts';

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
  | 'store/no-folder'
  | 'store/closed';

/** Thrown by every operation of the store; one line: folder, reason, way out. Never holds a secret. */
export interface StoreError extends Error {
  readonly code: StoreErrorCode;
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
