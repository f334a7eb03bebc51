import type { AuditEntry } from '../../store/contract.ts';
import type { Visit } from '../context.ts';
import { html, type Html } from '../html.ts';
import { table, time } from '../parts.ts';
import { fill } from '../texts/language.ts';

const details = ({ text }: Visit, { detail, clockBehind }: AuditEntry): Html => {
  const values = Object.entries(detail).map(([name, value]) => `${name}: ${String(value)}`);
  const behind =
    clockBehind > 0 &&
    html` ${fill(text['audit.clockBehind'], { seconds: Math.ceil(clockBehind / 1000) })}`;
  return html`<div class="detail">${values.join(', ')}${behind}</div>`;
};

/** Entries of the audit log as a table. */
export const auditTable = (visit: Visit, entries: readonly AuditEntry[], caption: string): Html => {
  const { text } = visit;
  return table({
    caption,
    columns: [
      text['audit.sequence'],
      text.time,
      text['audit.actor'],
      text.action,
      text['audit.subject'],
      text.details,
    ],
    rows: entries.map(
      (entry) =>
        [
          entry.sequence,
          time(entry.at),
          entry.actor,
          entry.action,
          entry.subject,
          details(visit, entry),
        ] as const,
    ),
    empty: text['audit.empty'],
  });
};
