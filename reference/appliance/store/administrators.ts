import { toHex, utf8 } from '../../core/bytes.ts';
import { sha256 } from '../../core/primitives/hash.ts';
import { appendAudit } from './audit-log.ts';
import type { Connection } from './connection.ts';
import type { Administrator, AdministratorStore, SessionStore, StoredSession } from './contract.ts';
import type { StoreKey } from './key-file.ts';
import { bytesOf, integerOf, textOf, type Row } from './rows.ts';

const administratorOf = (key: StoreKey, row: Row): Administrator => {
  const name = textOf(row, 'name');
  const sealed = row['totp_sealed'] === null ? null : bytesOf(row, 'totp_sealed');
  return {
    name,
    passwordHash: textOf(row, 'password_hash'),
    // Never falls back to no TOTP: a second factor that cannot be read stays required.
    totpSecret: sealed === null ? null : (key.unseal(name, sealed) ?? 'unreadable'),
    failures: integerOf(row, 'failures'),
    lockedUntil: integerOf(row, 'locked_until'),
    createdAt: integerOf(row, 'created_at'),
    mustChangePassword: integerOf(row, 'must_change_password') === 1,
  };
};

const find = (connection: Connection, name: string): Row | undefined =>
  connection.get('SELECT * FROM administrators WHERE name = :name', { name });

const changeAdministrator =
  (connection: Connection, key: StoreKey): AdministratorStore['change'] =>
  (name, { passwordHash, totpSecret, mustChangePassword }, by, at) =>
    connection.write((emit) => {
      if (find(connection, name) === undefined) return false;
      const set = (column: string, value: string | number | Uint8Array | null): number =>
        connection.run(`UPDATE administrators SET ${column} = :value WHERE name = :name`, {
          name,
          value,
        });
      if (passwordHash !== undefined) set('password_hash', passwordHash);
      if (mustChangePassword !== undefined) set('must_change_password', mustChangePassword ? 1 : 0);
      if (totpSecret !== undefined) {
        set('totp_sealed', totpSecret === null ? null : key.seal(name, totpSecret));
        set('totp_step', -1);
      }
      set('failures', 0);
      set('locked_until', 0);
      connection.run('DELETE FROM sessions WHERE administrator = :name', { name });
      const detail = { password: passwordHash !== undefined, totp: totpSecret !== undefined };
      appendAudit(connection, emit, {
        at,
        actor: by,
        action: 'administrator/changed',
        subject: name,
        detail,
      });
      return true;
    });

const signInOf = (
  connection: Connection,
): Pick<AdministratorStore, 'countFailure' | 'clearFailures' | 'takeTotpStep'> => ({
  countFailure: (name, at, lockedUntil) =>
    connection.write((emit) => {
      const row = find(connection, name);
      if (row === undefined) return 0;
      const failures = integerOf(row, 'failures') + 1;
      const until = lockedUntil(failures);
      connection.run(
        'UPDATE administrators SET failures = :failures, locked_until = :until WHERE name = :name',
        { name, failures, until },
      );
      const detail = { failures, lockedUntil: until };
      const action = 'administrator/sign-in-failed';
      appendAudit(connection, emit, { at, actor: name, action, subject: name, detail });
      return failures;
    }),
  clearFailures: (name, at) =>
    connection.write((emit) => {
      const changed = connection.run(
        'UPDATE administrators SET failures = 0, locked_until = 0 WHERE name = :name',
        { name },
      );
      if (changed === 0) return;
      const action = 'administrator/signed-in';
      appendAudit(connection, emit, { at, actor: name, action, subject: name, detail: {} });
    }),
  takeTotpStep: (name, step) =>
    connection.write(
      () =>
        connection.run(
          'UPDATE administrators SET totp_step = :step WHERE name = :name AND totp_step < :step',
          { name, step },
        ) === 1,
    ),
});

/** Administrators over a connection. */
export const createAdministratorStore = (
  connection: Connection,
  key: StoreKey,
): AdministratorStore => ({
  list: () =>
    connection
      .all('SELECT * FROM administrators ORDER BY name')
      .map((row) => administratorOf(key, row)),
  get: (name) => {
    const row = find(connection, name);
    return row === undefined ? undefined : administratorOf(key, row);
  },
  add: ({ name, passwordHash, mustChangePassword }, by, at) =>
    connection.write((emit) => {
      const added = connection.run(
        `INSERT INTO administrators (name, password_hash, created_at, must_change_password)
         VALUES (:name, :passwordHash, :at, :mustChange) ON CONFLICT (name) DO NOTHING`,
        { name, passwordHash, at, mustChange: mustChangePassword ? 1 : 0 },
      );
      if (added === 0) return false;
      const action = 'administrator/added';
      appendAudit(connection, emit, { at, actor: by, action, subject: name, detail: {} });
      return true;
    }),
  change: changeAdministrator(connection, key),
  remove: (name, by, at) =>
    connection.write((emit) => {
      const removed = connection.run(
        `DELETE FROM administrators
         WHERE name = :name AND (SELECT count(*) FROM administrators) > 1`,
        { name },
      );
      if (removed === 0) return false;
      const action = 'administrator/removed';
      appendAudit(connection, emit, { at, actor: by, action, subject: name, detail: {} });
      return true;
    }),
  ...signInOf(connection),
});

const sessionOf = (row: Row): StoredSession => ({
  administrator: textOf(row, 'administrator'),
  createdAt: integerOf(row, 'created_at'),
  lastUsedAt: integerOf(row, 'last_used_at'),
  expiresAt: integerOf(row, 'expires_at'),
});

/** A use is written down when the last one written is this old (milliseconds): a page view need not wait for the disk. */
const useGranularity = 30_000;

/** Sessions over a connection. The token has enough randomness for a plain hash. */
export const createSessionStore = (connection: Connection): SessionStore => {
  const hashOf = (token: string): string => toHex(sha256(utf8(token)));
  const remove = (hash: string): void => {
    connection.write(() =>
      connection.run('DELETE FROM sessions WHERE token_hash = :hash', { hash }),
    );
  };
  return {
    create: (token, { administrator, at, expiresAt }) => {
      connection.write(() => {
        connection.run('DELETE FROM sessions WHERE expires_at <= :at', { at });
        connection.run(
          'INSERT INTO sessions VALUES (:hash, :administrator, :at, :at, :expiresAt)',
          { hash: hashOf(token), administrator, at, expiresAt },
        );
      });
    },
    use: (token, at, idle) => {
      const hash = hashOf(token);
      const row = connection.get('SELECT * FROM sessions WHERE token_hash = :hash', { hash });
      if (row === undefined) return undefined;
      const session = sessionOf(row);
      const sinceUse = at - session.lastUsedAt;
      // A clock behind the session's own times ends it too.
      if (at < session.createdAt || at >= session.expiresAt || sinceUse >= idle) {
        remove(hash);
        return undefined;
      }
      if (sinceUse < Math.min(useGranularity, idle / 4)) return session;
      connection.write(() =>
        connection.run('UPDATE sessions SET last_used_at = :at WHERE token_hash = :hash', {
          at,
          hash,
        }),
      );
      return { ...session, lastUsedAt: at };
    },
    end: (token) => remove(hashOf(token)),
    endAll: (administrator) => {
      connection.write(() =>
        administrator === undefined
          ? connection.run('DELETE FROM sessions')
          : connection.run('DELETE FROM sessions WHERE administrator = :administrator', {
              administrator,
            }),
      );
    },
  };
};
