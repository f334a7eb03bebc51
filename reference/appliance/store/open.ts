import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createAdministratorStore, createSessionStore } from './administrators.ts';
import { createAuditStore } from './audit-log.ts';
import { backUp, databaseFileName } from './backup.ts';
import { createCertificateStore } from './certificates.ts';
import { createConnection, type Connection } from './connection.ts';
import type { ApplianceStore, StoreEvent } from './contract.ts';
import { createEnrolmentStore } from './enrolments.ts';
import { exportLines } from './export.ts';
import { createStoreKey, loadStoreKey, syncFolder, type StoreKey } from './key-file.ts';
import { lockFolder, type StoreLock } from './lock.ts';
import { createNumberStore } from './numbers.ts';
import {
  createMessageStore,
  createRevocationListStore,
  createSettingStore,
} from './publication.ts';
import { createQueries } from './queries.ts';
import { migrate, requireOurs } from './schema.ts';
import { createStatusMemory } from './status-memory.ts';
import { storeError, translating } from './store-error.ts';

/** Milliseconds to wait for a reader that holds up a checkpoint. */
const busyTimeout = 5000;

type Listener = Parameters<ApplianceStore['onCommitted']>[0];

const configure = (database: DatabaseSync, isDurable: boolean): void => {
  database.exec(
    `PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF;`,
  );
  if (!isDurable) return;
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') throw new Error(`store: journal mode ${String(mode)} instead of wal`);
  // 16 MB of log between two checkpoints, whose writing holds up whoever commits.
  database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000');
};

const checkSound = (database: DatabaseSync, place: string): void => {
  const finding = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
  if (finding !== 'ok') throw storeError(place, 'store/corrupt', String(finding).split('\n')[0]);
};

const createListeners = (): {
  readonly add: (listener: Listener) => () => void;
  readonly tell: (event: StoreEvent) => void;
} => {
  const listeners = new Set<Listener>();
  return {
    add: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell: (event) => {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          process.emitWarning(`store: a listener failed at ${event.kind}: ${String(error)}`);
        }
      }
    },
  };
};

interface Opened {
  readonly database: DatabaseSync;
  readonly key: StoreKey;
  readonly folder: string | null;
  readonly lock: StoreLock | null;
}

const assemble = ({ database, key, folder, lock }: Opened): ApplianceStore => {
  const memory = createStatusMemory();
  const listeners = createListeners();
  const place = folder ?? 'in memory';
  const connection: Connection = createConnection(database, place, (events) => {
    for (const event of events) memory.take(event);
    for (const event of events) listeners.tell(event);
  });
  memory.load(connection);
  const audit = createAuditStore(connection);
  return {
    folder,
    enrolments: createEnrolmentStore(connection, key, memory),
    certificates: createCertificateStore(connection, memory),
    numbers: createNumberStore(connection, memory),
    revocationLists: createRevocationListStore(connection),
    administrators: createAdministratorStore(connection, key),
    sessions: createSessionStore(connection),
    messages: createMessageStore(connection),
    settings: createSettingStore(connection),
    audit,
    queries: createQueries(connection),
    onCommitted: listeners.add,
    backup: (target, by, at) => backUp({ folder, target, audit, by, at }),
    exportLines: () => exportLines(connection),
    close: () => {
      connection.close();
      lock?.release();
    },
  };
};

/** Opens the database file, made readable to its owner only before SQLite writes to it. */
const openDatabase = (folder: string): DatabaseSync => {
  const file = join(folder, databaseFileName);
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  syncFolder(folder);
  return new DatabaseSync(file, { timeout: busyTimeout });
};

/**
 * Opens the durable store in a folder, made if missing: `store.sqlite`, its key `store.key`, both needed, and `store.lock`. Refuses
 * a second instance, a damaged or foreign database and one of a newer version with a StoreError. `at`: milliseconds since 1970.
 */
export const openStore = (folder: string, at: number): ApplianceStore =>
  translating(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = lockFolder(folder);
    let database: DatabaseSync | undefined;
    try {
      const key = loadStoreKey(folder, !existsSync(join(folder, databaseFileName)));
      database = openDatabase(folder);
      requireOurs(database, folder);
      configure(database, true);
      checkSound(database, folder);
      migrate(database, folder, at);
      return assemble({ database, key, folder, lock });
    } catch (error) {
      if (database?.isOpen === true) database.close();
      lock.release();
      throw error;
    }
  });

/** A store that lives as long as the process, the same in everything else. */
export const createMemoryStore = (): ApplianceStore => {
  const database = new DatabaseSync(':memory:');
  configure(database, false);
  migrate(database, 'in memory', 0);
  const key = createStoreKey(new Uint8Array(randomBytes(32)));
  return assemble({ database, key, folder: null, lock: null });
};
