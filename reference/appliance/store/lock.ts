import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storeError, translateError } from './store-error.ts';

/** Held until released or the process is gone, however it ended. */
export interface StoreLock {
  release(): void;
}

/**
 * Takes the folder for this process alone: an exclusive SQLite lock on an empty database of its own, which the kernel drops with
 * the process, also after kill -9, and which leaves the store's own database readable to others. Never open that file otherwise:
 * closing it would drop the lock (POSIX).
 */
export const lockFolder = (folder: string): StoreLock => {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, 'store.lock'), { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    const held = database;
    return { release: () => (held.isOpen ? held.close() : undefined) };
  } catch (error) {
    database?.close();
    const isBusy = error instanceof Error && 'errcode' in error && error.errcode === 5;
    throw isBusy ? storeError(folder, 'store/in-use') : translateError(folder, error);
  }
};
