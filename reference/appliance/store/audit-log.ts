import { concat, equal, toHex, utf8 } from '../../core/bytes.ts';
import { sha256 } from '../../core/primitives/hash.ts';
import type { Connection, Emit } from './connection.ts';
import type { AuditEntry, AuditFilter, AuditStore, AuditVerification } from './contract.ts';
import { bytesOf, integerOf, textOf, type Parameters as SqlParameters, type Row } from './rows.ts';

/** What an entry says; sequence, clock and hash are the log's. */
export type NewAuditEntry = Parameters<AuditStore['append']>[0];

const beforeFirst = new Uint8Array(32);
const pageSize = 1000;

/** SHA-256 of the previous hash and a JSON array of the columns in order, `detail` as the text that is stored. */
const hashOf = (
  previous: Uint8Array,
  entry: Omit<AuditEntry, 'hash' | 'detail'>,
  detail: string,
): Uint8Array => {
  const { sequence, at, clockBehind, actor, action, subject } = entry;
  const canonical = JSON.stringify([sequence, at, clockBehind, actor, action, subject, detail]);
  return sha256(concat(previous, utf8(canonical)));
};

const columnsOf = (row: Row): Omit<AuditEntry, 'hash' | 'detail'> => ({
  sequence: integerOf(row, 'sequence'),
  at: integerOf(row, 'at'),
  clockBehind: integerOf(row, 'clock_behind'),
  actor: textOf(row, 'actor'),
  action: textOf(row, 'action'),
  subject: textOf(row, 'subject'),
});

const entryOf = (row: Row): AuditEntry => ({
  ...columnsOf(row),
  detail: JSON.parse(textOf(row, 'detail')) as AuditEntry['detail'],
  hash: toHex(bytesOf(row, 'hash')),
});

/** Adds an entry inside the transaction under way. */
export const appendAudit = (
  connection: Connection,
  emit: Emit,
  entry: NewAuditEntry,
): AuditEntry => {
  const last = connection.get('SELECT * FROM audit ORDER BY sequence DESC LIMIT 1');
  const latest =
    last === undefined ? entry.at : integerOf(last, 'at') + integerOf(last, 'clock_behind');
  const { at, actor, action, subject } = entry;
  const columns = {
    sequence: last === undefined ? 1 : integerOf(last, 'sequence') + 1,
    at,
    clockBehind: Math.max(0, latest - at),
    actor,
    action,
    subject,
  };
  const detail = JSON.stringify(entry.detail);
  const hash = hashOf(last === undefined ? beforeFirst : bytesOf(last, 'hash'), columns, detail);
  connection.run(
    `INSERT INTO audit VALUES (:sequence, :at, :clockBehind, :actor, :action, :subject, :detail, :hash)`,
    { ...columns, detail, hash },
  );
  const appended = { ...columns, detail: entry.detail, hash: toHex(hash) };
  emit({ kind: 'audit-appended', entry: appended });
  return appended;
};

const conditionsOf = (
  filter: AuditFilter,
): { readonly where: string; readonly parameters: SqlParameters } => {
  const { actor, action, subject, from, until, before } = filter;
  const isNoun = action?.endsWith('/') === true;
  const conditions: readonly (readonly [string, string, string | number | undefined])[] = [
    ['actor = :actor', 'actor', actor],
    // The character after `/` ends the range of what begins with the noun.
    [
      isNoun
        ? `action >= :action AND action < substr(:action, 1, length(:action) - 1) || '0'`
        : 'action = :action',
      'action',
      action,
    ],
    ['subject = :subject', 'subject', subject],
    ['at >= :from', 'from', from],
    ['at < :until', 'until', until],
    ['sequence < :before', 'before', before],
  ];
  const given = conditions.flatMap(([sql, name, value]) =>
    value === undefined ? [] : [{ sql, name, value }],
  );
  return {
    where: given.length === 0 ? '' : `WHERE ${given.map(({ sql }) => sql).join(' AND ')}`,
    parameters: Object.fromEntries(given.map(({ name, value }) => [name, value])),
  };
};

/** The rows in order, in pages: no statement stays open between two of them. */
const rowsOf = function* (connection: Connection): Generator<Row> {
  for (let after = 0; ;) {
    const page = connection.all(
      'SELECT * FROM audit WHERE sequence > :after ORDER BY sequence LIMIT :pageSize',
      { after, pageSize },
    );
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = integerOf(last, 'sequence');
  }
};

/** Recomputes the hash chain of the log. */
export const verifyAuditLog = (
  connection: Connection,
  expectedHead?: string,
): AuditVerification => {
  let previous: Uint8Array = beforeFirst;
  let sequence = 0;
  let isHeadFound = expectedHead === undefined;
  for (const row of rowsOf(connection)) {
    sequence += 1;
    const columns = columnsOf(row);
    if (columns.sequence !== sequence) return { ok: false, sequence, reason: 'gap' };
    const hash = bytesOf(row, 'hash');
    if (!equal(hash, hashOf(previous, columns, textOf(row, 'detail')))) {
      return { ok: false, sequence, reason: 'hash' };
    }
    previous = hash;
    isHeadFound ||= toHex(hash) === expectedHead;
  }
  return isHeadFound
    ? { ok: true, entries: sequence, head: toHex(previous) }
    : { ok: false, sequence, reason: 'head' };
};

/** The audit log over a connection. */
export const createAuditStore = (connection: Connection): AuditStore => ({
  append: (entry) => connection.write((emit) => appendAudit(connection, emit, entry)),
  find: (filter, limit) => {
    const { where, parameters } = conditionsOf(filter);
    const sql = `SELECT * FROM audit ${where} ORDER BY sequence DESC LIMIT :limit`;
    return connection.all(sql, { ...parameters, limit }).map(entryOf);
  },
  count: (filter) => {
    const { where, parameters } = conditionsOf(filter);
    const row = connection.get(`SELECT count(*) AS n FROM audit ${where}`, parameters);
    return row === undefined ? 0 : integerOf(row, 'n');
  },
  all: function* () {
    for (const row of rowsOf(connection)) yield entryOf(row);
  },
  verify: (expectedHead) => verifyAuditLog(connection, expectedHead),
});
