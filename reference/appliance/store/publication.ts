import { appendAudit } from './audit-log.ts';
import type { Connection } from './connection.ts';
import type { MessageStore, RevocationListStore, SettingStore } from './contract.ts';
import { bytesOf, integerOf, textOf } from './rows.ts';

/** Revocation lists over a connection. */
export const createRevocationListStore = (connection: Connection): RevocationListStore => ({
  reserveNumber: (authority, at) =>
    connection.write(() => {
      const last = connection.get(
        'SELECT number FROM revocation_list_numbers WHERE authority = :authority',
        { authority },
      );
      const seconds = Math.floor(at / 1000);
      const number =
        last === undefined ? seconds : Math.max(seconds, integerOf(last, 'number') + 1);
      connection.run(
        `INSERT INTO revocation_list_numbers VALUES (:authority, :number)
         ON CONFLICT (authority) DO UPDATE SET number = :number`,
        { authority, number },
      );
      return number;
    }),
  publish: ({ authority, number, thisUpdate, nextUpdate, der }, at = thisUpdate) =>
    connection.write((emit) => {
      connection.run(
        `INSERT INTO revocation_list_numbers VALUES (:authority, :number)
         ON CONFLICT (authority) DO UPDATE SET number = max(number, :number)`,
        { authority, number },
      );
      const changed = connection.run(
        `INSERT INTO revocation_lists VALUES (:authority, :number, :thisUpdate, :nextUpdate, :der)
         ON CONFLICT (authority) DO UPDATE SET number = excluded.number, this_update = excluded.this_update,
           next_update = excluded.next_update, der = excluded.der WHERE excluded.number > revocation_lists.number`,
        { authority, number, thisUpdate, nextUpdate, der },
      );
      if (changed === 0) return false;
      const entry = { at, actor: 'system', action: 'revocation-list/published' };
      appendAudit(connection, emit, {
        ...entry,
        subject: authority,
        detail: { number, nextUpdate },
      });
      return true;
    }),
  latest: (authority) => {
    const row = connection.get('SELECT * FROM revocation_lists WHERE authority = :authority', {
      authority,
    });
    if (row === undefined) return undefined;
    return {
      authority,
      number: integerOf(row, 'number'),
      thisUpdate: integerOf(row, 'this_update'),
      nextUpdate: integerOf(row, 'next_update'),
      der: bytesOf(row, 'der'),
    };
  },
});

/** Notices over a connection; a delivered or given-up one leaves the table and stays in the audit log. */
export const createMessageStore = (connection: Connection): MessageStore => {
  const settle = (id: number, at: number, action: string): void =>
    connection.write((emit) => {
      const row = connection.get('SELECT number FROM messages WHERE id = :id', { id });
      if (row === undefined) return;
      connection.run('DELETE FROM messages WHERE id = :id', { id });
      const subject = textOf(row, 'number');
      appendAudit(connection, emit, {
        at,
        actor: 'system',
        action,
        subject,
        detail: { message: id },
      });
    });
  return {
    due: (at, limit) =>
      connection
        .all('SELECT * FROM messages WHERE due_at <= :at ORDER BY due_at, id LIMIT :limit', {
          at,
          limit,
        })
        .map((row) => ({
          id: integerOf(row, 'id'),
          number: textOf(row, 'number'),
          text: textOf(row, 'text'),
          createdAt: integerOf(row, 'created_at'),
          attempts: integerOf(row, 'attempts'),
        })),
    markSent: (id, at) => settle(id, at, 'notice/sent'),
    markFailed: (id, at, retryAt) => {
      if (retryAt === null) return settle(id, at, 'notice/given-up');
      connection.write(() =>
        connection.run(
          'UPDATE messages SET attempts = attempts + 1, due_at = :retryAt WHERE id = :id',
          { id, retryAt },
        ),
      );
    },
  };
};

/** Settings over a connection. */
export const createSettingStore = (connection: Connection): SettingStore => ({
  get: (name) => {
    const row = connection.get('SELECT value FROM settings WHERE name = :name', { name });
    return row === undefined ? undefined : textOf(row, 'value');
  },
  set: (name, value, by, at) => {
    connection.write((emit) => {
      connection.run(
        'INSERT INTO settings VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value',
        { name, value },
      );
      appendAudit(connection, emit, {
        at,
        actor: by,
        action: 'setting/changed',
        subject: name,
        detail: {},
      });
    });
  },
});
