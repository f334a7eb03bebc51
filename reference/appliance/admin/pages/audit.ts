import type { AuditFilter } from '../../store/contract.ts';
import { page, type AdminContext, type Answer, type Route, type Visit } from '../context.ts';
import { exportLines } from '../export.ts';
import { html, type Html } from '../html.ts';
import { definitions, field, pager, refusal, withQuery } from '../parts.ts';
import { fill } from '../texts/language.ts';
import { auditTable } from './audit-table.ts';

const pageSize = 100;
const filterNames = ['actor', 'action', 'subject', 'from', 'until'] as const;

/** Milliseconds of a datetime-local input, read as UTC. */
const timeIn = (text: string | undefined): number | undefined => {
  const isTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?)?$/.test(text ?? '');
  const at = isTime ? Date.parse(`${text}${text?.includes('T') === true ? 'Z' : ''}`) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
};

const valuesIn = ({ query }: Visit): Readonly<Record<string, string>> =>
  Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = query.get(name)?.trim().slice(0, 200) ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );

const filterIn = (visit: Visit): AuditFilter => {
  const { actor, action, subject, from, until } = valuesIn(visit);
  const [fromTime, untilTime] = [timeIn(from), timeIn(until)];
  return {
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(subject === undefined ? {} : { subject }),
    ...(fromTime === undefined ? {} : { from: fromTime }),
    ...(untilTime === undefined ? {} : { until: untilTime }),
  };
};

const filterForm = (visit: Visit): Html => {
  const { text } = visit;
  const values = valuesIn(visit);
  const input = (name: 'actor' | 'action' | 'subject', label: string, hint?: string) =>
    field({
      name,
      label,
      value: values[name] ?? '',
      optional: true,
      ...(hint === undefined ? {} : { hint }),
    });
  const date = (name: 'from' | 'until', label: string) =>
    field({ name, label, type: 'datetime-local', value: values[name] ?? '', optional: true });
  return html`<form method="get" action="/audit" class="filters" role="search">${input('actor', text['audit.actor'])}${input('action', text.action, text['audit.actionHint'])}${input('subject', text['audit.subject'])}${date('from', text['audit.from'])}${date('until', text['audit.until'])}<button>${text.filter}</button></form>`;
};

const list = (visit: Visit, { store }: AdminContext): Answer => {
  const { text, query } = visit;
  const filter = filterIn(visit);
  const values = valuesIn(visit);
  const before = /^[0-9]{1,15}$/.test(query.get('before') ?? '') ? query.get('before') : undefined;
  const found = store.audit.find(
    { ...filter, ...(before === undefined ? {} : { before: Number(before) }) },
    pageSize + 1,
  );
  const last = found.length > pageSize ? found[pageSize - 1]?.sequence : undefined;
  const next =
    last === undefined ? undefined : withQuery('/audit', { ...values, before: String(last) });
  const link = (path: string, label: string) =>
    html`<a href="${withQuery(path, values)}">${label}</a>`;
  return page(
    text['nav.audit'],
    html`${filterForm(visit)}
<p class="actions"><span>${fill(text['audit.count'], { count: store.audit.count(filter) })}</span>${link('/audit/export.jsonl', text['audit.jsonl'])}${link('/audit/export.csv', text['audit.csv'])}<a href="/audit/verify">${text['audit.verify']}</a></p>
${auditTable(visit, found.slice(0, pageSize), text['audit.caption'])}
${pager(visit, { first: withQuery('/audit', values), next, key: 'before' })}`,
  );
};

const verify = (visit: Visit, { store }: AdminContext): Answer => {
  const { text, query } = visit;
  const given = query.get('head')?.trim().toLowerCase() ?? '';
  const isHash = /^[0-9a-f]{64}$/.test(given);
  const result = store.audit.verify(isHash ? given : undefined);
  const verdict = result.ok
    ? html`<p class="note good" role="status">${fill(text['verify.holds'], { count: result.entries })}</p>${definitions([[text['verify.head'], html`<code>${result.head}</code>`]])}`
    : refusal(
        result.reason === 'head'
          ? fill(text['verify.noHead'], { head: given })
          : fill(text['verify.broken'], { sequence: result.sequence, reason: result.reason }),
      );
  return page(
    text['verify.title'],
    html`${given !== '' && !isHash && refusal(text['verify.form'])}${verdict}<p>${text['verify.note']}</p>
<form method="get" action="/audit/verify">${field({ name: 'head', label: text['verify.expected'], value: given })}<button>${text['verify.submit']}</button></form>`,
  );
};

const exported = (visit: Visit, { store }: AdminContext, format: 'jsonl' | 'csv'): Answer => ({
  kind: 'file',
  name: `audit.${format}`,
  type: format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/jsonl',
  lines: exportLines(store.audit.all(), filterIn(visit), format),
});

/** The audit log: list, export and verification. */
export const auditRoutes = (context: AdminContext): readonly Route[] => {
  const get = (path: string, answer: (visit: Visit) => Answer): Route => ({
    method: 'GET',
    path,
    access: 'signed-in',
    answer,
  });
  return [
    get('/audit', (visit) => list(visit, context)),
    get('/audit/verify', (visit) => verify(visit, context)),
    get('/audit/export.jsonl', (visit) => exported(visit, context, 'jsonl')),
    get('/audit/export.csv', (visit) => exported(visit, context, 'csv')),
  ];
};
