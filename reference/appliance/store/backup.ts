import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { appendAudit, verifyAuditLog } from './audit-log.ts';
import { createConnection, type Connection } from './connection.ts';
import type { AuditStore, AuditVerification } from './contract.ts';
import { killEnrolment } from './enrolments.ts';
import { keyFileName, loadStoreKey, syncFolder, writeWhole } from './key-file.ts';
import { textOf } from './rows.ts';
import { migrate } from './schema.ts';
import { storeError, translateError, translating } from './store-error.ts';

export const databaseFileName = 'store.sqlite';

const requireEmpty = (folder: string): void => {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw storeError(folder, 'store/not-empty');
  }
};

const syncFile = (file: string): void => {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** Copies through a connection of its own: one that another thread copies from must not be written by at the same time. */
const copyDatabase = async (from: string, to: string): Promise<void> => {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    await backup(source, to);
  } finally {
    source.close();
  }
};

/** Copies a running store. The database gets its name last: a folder with one holds a whole backup. */
export const backUp = async (work: {
  readonly folder: string | null;
  readonly target: string;
  readonly audit: AuditStore;
  readonly by: string;
  readonly at: number;
}): Promise<void> => {
  const { folder, target, audit, by, at } = work;
  if (folder === null)
    throw new Error('store in memory: it cannot be backed up; open one in a folder');
  try {
    requireEmpty(target);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    const subject = resolve(target);
    audit.append({ at, actor: by, action: 'store/backed-up', subject, detail: {} });
    const partial = join(target, `${databaseFileName}.partial`);
    closeSync(openSync(partial, 'wx', 0o600));
    await copyDatabase(join(folder, databaseFileName), partial);
    syncFile(partial);
    writeWhole(join(target, keyFileName), readFileSync(join(folder, keyFileName)));
    renameSync(partial, join(target, databaseFileName));
    syncFolder(target);
  } catch (error) {
    throw translateError(target, error);
  }
};

const pragma = (database: DatabaseSync, name: string): readonly unknown[] =>
  database
    .prepare(`PRAGMA ${name}`)
    .all()
    .map((row) => Object.values(row)[0]);

/** Throws unless the database is whole: pages, references, audit log. */
const requireWhole = (database: DatabaseSync, connection: Connection, place: string): void => {
  const [finding] = pragma(database, 'integrity_check');
  if (finding !== 'ok')
    throw storeError(place, 'store/corrupt', `integrity_check: ${String(finding)}`);
  if (pragma(database, 'foreign_key_check').length > 0) {
    throw storeError(place, 'store/corrupt', 'foreign_key_check found broken references');
  }
  const log = verifyAuditLog(connection);
  if (log.ok) return;
  const found = `the audit log does not verify at entry ${log.sequence} (${log.reason})`;
  throw storeError(place, 'store/corrupt', found);
};

/** Pending enrolments and sessions of the time of the backup end: a token used since must not be usable again. */
const endWhatWasPending = (connection: Connection, by: string, at: number, from: string): void =>
  connection.write((emit) => {
    for (const row of connection.all(`SELECT id, number FROM enrolments WHERE state = 'pending'`)) {
      const [id, number] = [textOf(row, 'id'), textOf(row, 'number')];
      killEnrolment(connection, emit, { id, number, end: 'restored', at, by });
    }
    connection.run('DELETE FROM sessions');
    const action = 'store/restored';
    appendAudit(connection, emit, { at, actor: by, action, subject: from, detail: {} });
  });

const withDatabase = <Value>(
  file: string,
  readOnly: boolean,
  place: string,
  work: (database: DatabaseSync, connection: Connection) => Value,
): Value => {
  const database = new DatabaseSync(file, { readOnly });
  try {
    database.exec('PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON');
    return work(
      database,
      createConnection(database, place, () => undefined),
    );
  } finally {
    database.close();
  }
};

/**
 * Makes a store in a new or empty folder from a backup, after verifying all of it: pages, references, audit log. What happened since
 * the backup is lost, above all revocations: look them up in the exported audit log and repeat them. Pending enrolments and
 * sessions end. Throws a StoreError, with nothing left behind.
 */
export const restoreStore = (restoring: {
  readonly from: string;
  readonly folder: string;
  readonly by: string;
  readonly at: number;
}): void => {
  const { from, folder, by, at } = restoring;
  requireEmpty(folder);
  const source = join(from, databaseFileName);
  if (!existsSync(source)) throw storeError(from, 'store/missing');
  const partial = `${folder.replace(/\/+$/, '')}.partial`;
  translating(folder, () => {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true, mode: 0o700 });
    try {
      loadStoreKey(from, false);
      const file = join(partial, databaseFileName);
      copyFileSync(source, file);
      if (existsSync(`${source}-wal`)) copyFileSync(`${source}-wal`, `${file}-wal`);
      chmodSync(file, 0o600);
      writeWhole(join(partial, keyFileName), readFileSync(join(from, keyFileName)));
      withDatabase(file, false, from, (database, connection) => {
        migrate(database, from, at);
        requireWhole(database, connection, from);
        endWhatWasPending(connection, by, at, resolve(from));
      });
      renameSync(partial, folder);
      syncFolder(dirname(resolve(folder)));
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      throw error;
    }
  });
};

/** Verifies the audit log of a store in a folder, also while an appliance works on it; changes nothing. Throws a StoreError. */
export const verifyAuditLogIn = (folder: string, expectedHead?: string): AuditVerification =>
  translating(folder, () => {
    const file = join(folder, databaseFileName);
    if (!existsSync(file)) throw storeError(folder, 'store/missing');
    return withDatabase(file, true, folder, (_, connection) =>
      verifyAuditLog(connection, expectedHead),
    );
  });
