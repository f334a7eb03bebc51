import { toHex, utf8 } from '../../core/bytes.ts';
import { concat } from '../../core/bytes.ts';
import { sha256 } from '../../core/primitives/hash.ts';
import type { Connection, Emit } from './connection.ts';
import type { AuditEntry, AuditFilter, AuditStore, AuditVerification } from './contract.ts';
import { bytesOf, integerOf, textOf, type Parameters, type Row } from './rows.ts';

/** What an entry says; sequence, clock and hash are the log's. */
export type NewAuditEntry = Parameters<AuditStore['append']>[0];

/** Adds an entry inside the transaction under way. */
export type AppendAudit = (emit: Emit, entry: NewAuditEntry) => AuditEntry;

const noHash = new Uint8Array(32);
const pageSize = 1000;

/** The bytes that are hashed: a JSON array of the columns in order, `detail` as the text that is stored. */
const canonical = (entry: {
  readonly sequence: number;
  readonly at: number;
  readonly clockBehind: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
}): Uint8Array => {
  const { sequence, at, clockBehind, actor, action, subject, detail } = entry;
  return utf8(JSON.stringify([sequence, at, clockBehind, actor, action, subject, detail]));
};
