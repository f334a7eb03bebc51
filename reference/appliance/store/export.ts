import { toHex } from '../../core/bytes.ts';
import type { Connection } from './connection.ts';
import { integerOf, type Row } from './rows.ts';

/** Tables in an order in which they can be read back, with what orders their rows and what is left out because it is a secret or leads to one. */
const tables: readonly (readonly [table: string, order: string, ...secret: string[]])[] = [
  ['migrations', 'version'],
  ['certificates', 'position'],
  ['enrolments', 'id', 'token_hash'],
  ['blocked_numbers', 'number'],
  ['revocation_list_numbers', 'authority'],
  ['revocation_lists', 'authority'],
  ['administrators', 'name', 'password_hash', 'totp_sealed', 'totp_step'],
  ['messages', 'id'],
  ['settings', 'name'],
  ['audit', 'sequence'],
];

const pageSize = 500;

const readable = (row: Row, secret: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([column]) => !secret.includes(column))
      .map(([column, value]) => [column, value instanceof Uint8Array ? toHex(value) : value]),
  );

/** Lines of JSON, `{ table, row }`; bytes are hexadecimal. Sessions are left out whole. Rows changed meanwhile may be from before or after. */
export const exportLines = function* (connection: Connection): Generator<string> {
  for (const [table, order, ...secret] of tables) {
    const total = connection.get(`SELECT count(*) AS n FROM ${table}`);
    const count = total === undefined ? 0 : integerOf(total, 'n');
    for (let offset = 0; offset < count; offset += pageSize) {
      const sql = `SELECT * FROM ${table} ORDER BY ${order} LIMIT :pageSize OFFSET :offset`;
      for (const row of connection.all(sql, { pageSize, offset })) {
        yield `${JSON.stringify({ table, row: readable(row, secret) })}\n`;
      }
    }
  }
};
