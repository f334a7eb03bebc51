import type { AuditEntry, AuditFilter } from '../store/contract.ts';

/** An entry as one line of JSON, with its hash, so that the chain can be checked again elsewhere. */
export const auditJsonLine = (entry: AuditEntry): string => `${JSON.stringify(entry)}\n`;

/** A CSV field (RFC 4180), always quoted; one that a spreadsheet would take for a formula gets an apostrophe in front. */
export const csvField = (value: string | number): string => {
  const text = String(value);
  const inert = typeof value === 'string' && /^[\s\p{C}]*[=+\-@|]|^[\t\r\n]/u.test(text);
  return `"${(inert ? `'${text}` : text).replaceAll('"', '""')}"`;
};

const columns = ['sequence', 'time', 'clockBehind', 'actor', 'action', 'subject', 'detail', 'hash'];

const csvRow = (values: readonly (string | number)[]): string =>
  `${values.map(csvField).join(',')}\r\n`;

/** Names of the CSV's columns. */
export const auditCsvHeader = csvRow(columns);

/** An entry as a row of CSV. */
export const auditCsvRow = (entry: AuditEntry): string =>
  csvRow([
    entry.sequence,
    new Date(entry.at).toISOString(),
    entry.clockBehind,
    entry.actor,
    entry.action,
    entry.subject,
    JSON.stringify(entry.detail),
    entry.hash,
  ]);

const matchesAction = (action: string, wanted: string): boolean =>
  wanted.endsWith('/') ? action.startsWith(wanted) : action === wanted;

/** Whether all given conditions hold for an entry, as the store's own queries have it. */
export const matchesFilter = (entry: AuditEntry, filter: AuditFilter): boolean =>
  (filter.actor === undefined || entry.actor === filter.actor) &&
  (filter.action === undefined || matchesAction(entry.action, filter.action)) &&
  (filter.subject === undefined || entry.subject === filter.subject) &&
  (filter.from === undefined || entry.at >= filter.from) &&
  (filter.until === undefined || entry.at < filter.until) &&
  (filter.before === undefined || entry.sequence < filter.before);

/** The lines of an export, oldest first, made while they are read. */
export const exportLines = function* (
  entries: Iterable<AuditEntry>,
  filter: AuditFilter,
  format: 'jsonl' | 'csv',
): Generator<string> {
  if (format === 'csv') yield auditCsvHeader;
  for (const entry of entries)
    if (matchesFilter(entry, filter))
      yield format === 'csv' ? auditCsvRow(entry) : auditJsonLine(entry);
};
