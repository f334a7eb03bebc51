import type { DatabaseSync } from 'node:sqlite';
import { storeError } from './store-error.ts';

/** Marks a database as this appliance's ("CSL1", https://www.sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x43_53_4c_31;

const first = `
CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT;
CREATE TABLE certificates (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  serial TEXT NOT NULL UNIQUE,
  authority TEXT NOT NULL CHECK (authority IN ('client', 'server')),
  subject TEXT NOT NULL,
  modulus_hash TEXT NOT NULL,
  der BLOB NOT NULL,
  issued_at INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  renews TEXT REFERENCES certificates (serial),
  state TEXT NOT NULL DEFAULT 'valid' CHECK (state IN ('valid', 'revoked')),
  revoked_at INTEGER,
  reason TEXT CHECK (reason IN ('unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation')),
  CHECK ((state = 'revoked') = (revoked_at IS NOT NULL) AND (state = 'revoked') = (reason IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX certificates_modulus ON certificates (modulus_hash) WHERE authority = 'client';
CREATE INDEX certificates_subject ON certificates (subject, position);
CREATE INDEX certificates_revoked ON certificates (authority, revoked_at) WHERE state = 'revoked';
CREATE TABLE enrolments (
  id TEXT PRIMARY KEY,
  number TEXT NOT NULL,
  public_key BLOB NOT NULL,
  request_hash TEXT NOT NULL,
  token_hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  wrong_tries INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('pending', 'issued', 'dead')),
  ending TEXT CHECK (ending IN ('tries', 'expired', 'blocked', 'not-sent', 'restored', 'superseded')),
  serial TEXT REFERENCES certificates (serial),
  CHECK ((state = 'dead') = (ending IS NOT NULL) AND (state = 'issued') = (serial IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolments_number ON enrolments (number, created_at);
CREATE INDEX enrolments_created ON enrolments (created_at);
CREATE TABLE blocked_numbers (
  number TEXT PRIMARY KEY, blocked_at INTEGER NOT NULL, blocked_by TEXT NOT NULL, reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE revocation_list_numbers (
  authority TEXT PRIMARY KEY CHECK (authority IN ('root', 'client', 'server')),
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE revocation_lists (
  authority TEXT PRIMARY KEY REFERENCES revocation_list_numbers (authority),
  number INTEGER NOT NULL,
  this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL,
  der BLOB NOT NULL
) STRICT;
CREATE TABLE administrators (
  name TEXT PRIMARY KEY,
  password_hash TEXT NOT NULL,
  totp_sealed BLOB,
  totp_step INTEGER NOT NULL DEFAULT -1,
  failures INTEGER NOT NULL DEFAULT 0,
  locked_until INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  must_change_password INTEGER NOT NULL CHECK (must_change_password IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  administrator TEXT NOT NULL REFERENCES administrators (name) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_administrator ON sessions (administrator);
CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  number TEXT NOT NULL,
  text TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL
) STRICT;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  clock_behind INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_action ON audit (action);
CREATE INDEX audit_subject ON audit (subject);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
  WHEN NEW.sequence IS NOT (SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
`;

/** Each brings a database from the version that is its index to the next. Never changed once released: only added to. */
export const migrations: readonly string[] = [first];

const numberOf = (database: DatabaseSync, pragma: string): number =>
  Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);

/** Refuses a database that is not a store of this appliance, or newer than this program; changes nothing. Gives its version. */
export const requireOurs = (
  database: DatabaseSync,
  place: string,
  newest: number = migrations.length,
): number => {
  const version = numberOf(database, 'user_version');
  const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
  const isOurs = numberOf(database, 'application_id') === applicationId;
  if (!isOurs && (version !== 0 || tables !== 0)) throw storeError(place, 'store/foreign');
  if (version > newest) {
    throw storeError(place, 'store/too-new', `version ${version}, ${newest} is known`);
  }
  return version;
};

/** Brings a database to the newest version, each step in a transaction of its own with its mark. Refuses as {@link requireOurs}. */
export const migrate = (
  database: DatabaseSync,
  place: string,
  at: number,
  steps: readonly string[] = migrations,
): void => {
  const version = requireOurs(database, place, steps.length);
  for (const [index, sql] of steps.entries()) {
    if (index < version) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(sql);
      database.prepare('INSERT INTO migrations VALUES (?, ?)').run(index + 1, at);
      database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${index + 1}`);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
};
