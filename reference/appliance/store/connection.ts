import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoreEvent } from './contract.ts';
import type { Parameters, Row } from './rows.ts';
import { storeError, translateError } from './store-error.ts';

/** Tells of something done in the transaction under way, once it is committed. */
export type Emit = (event: StoreEvent) => void;

/** The one connection to the database, with its statements. */
export interface Connection {
  /** Folder, or `in memory`: for messages. */
  readonly place: string;
  all(sql: string, parameters?: Parameters): readonly Row[];
  get(sql: string, parameters?: Parameters): Row | undefined;
  /** Gives the number of rows changed. Only inside {@link Connection.write}. */
  run(sql: string, parameters?: Parameters): number;
  /**
   * One transaction: commits what `work` did, durable on return, then tells of its events; when `work` or the disk throws,
   * nothing was done. After a failure that leaves the disk's content in doubt every further operation throws.
   */
  write<Value>(work: (emit: Emit) => Value): Value;
  close(): void;
}

/** Makes the connection over an open database; `deliver` gets the events of each commit in order. */
export const createConnection = (
  database: DatabaseSync,
  place: string,
  deliver: (events: readonly StoreEvent[]) => void,
): Connection => {
  const statements = new Map<string, StatementSync>();
  let failed: unknown;
  const statement = (sql: string): StatementSync => {
    const known = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  const guarded = <Value>(work: () => Value): Value => {
    if (failed !== undefined) throw failed;
    if (!database.isOpen) throw storeError(place, 'store/closed');
    try {
      return work();
    } catch (error) {
      const translated = translateError(place, error);
      const code = translated instanceof Error && 'code' in translated ? translated.code : '';
      if (code === 'store/disk' || code === 'store/corrupt') failed = translated;
      throw translated;
    }
  };
  const rollBack = (): void => {
    try {
      if (database.isTransaction) database.exec('ROLLBACK');
    } catch {
      failed = storeError(place, 'store/disk');
    }
  };
  return {
    place,
    all: (sql, parameters = {}) => guarded(() => statement(sql).all({ ...parameters })),
    get: (sql, parameters = {}) => guarded(() => statement(sql).get({ ...parameters })),
    run: (sql, parameters = {}) =>
      guarded(() => Number(statement(sql).run({ ...parameters }).changes)),
    write: (work) => {
      const events: StoreEvent[] = [];
      const value = guarded(() => {
        database.exec('BEGIN IMMEDIATE');
        try {
          const result = work((event) => events.push(event));
          database.exec('COMMIT');
          return result;
        } catch (error) {
          rollBack();
          throw error;
        }
      });
      deliver(events);
      return value;
    },
    close: () => {
      statements.clear();
      if (database.isOpen) database.close();
    },
  };
};
