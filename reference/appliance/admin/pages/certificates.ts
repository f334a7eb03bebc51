import { page, type AdminContext, type Answer, type Route, type Visit } from '../context.ts';
import { html } from '../html.ts';
import { field, pager, select, withQuery } from '../parts.ts';
import { certificateTable } from './certificate-table.ts';

const pageSize = 50;
const authorities = ['client', 'server'] as const;
const states = ['valid', 'revoked', 'expired'] as const;

const filtersIn = ({ query }: Visit) => ({
  subject: query.get('subject')?.trim().slice(0, 253) || undefined,
  authority: authorities.find((name) => name === query.get('authority')),
  state: states.find((name) => name === query.get('state')),
});

const list = (visit: Visit, { store }: AdminContext): Answer => {
  const { text, at } = visit;
  const filters = filtersIn(visit);
  const { subject, authority, state } = filters;
  const after = visit.query.get('after');
  const found = store.queries.certificates({
    at,
    limit: pageSize + 1,
    ...(subject === undefined ? {} : { subject }),
    ...(authority === undefined ? {} : { authority }),
    ...(state === undefined ? {} : { state }),
    ...(after === undefined ? {} : { after }),
  });
  const last = found.length > pageSize ? found[pageSize - 1]?.serial : undefined;
  const next =
    last === undefined ? undefined : withQuery('/certificates', { ...filters, after: last });
  const any = ['', text.any] as const;
  return page(
    text['nav.certificates'],
    html`<form method="get" action="/certificates" class="filters" role="search">
${field({ name: 'subject', label: text['certificates.subject'], value: subject ?? '', optional: true })}
${select({
  name: 'authority',
  label: text['certificates.authority'],
  value: authority ?? '',
  options: [any, ...authorities.map((name) => [name, text[`authority.${name}`]] as const)],
})}
${select({
  name: 'state',
  label: text.state,
  value: state ?? '',
  options: [any, ...states.map((name) => [name, text[`state.${name}`]] as const)],
})}
<button>${text.filter}</button></form>
${certificateTable(visit, found.slice(0, pageSize), text['certificates.empty'])}
${pager(visit, { first: withQuery('/certificates', filters), next, key: 'after' })}`,
  );
};

/** The list of certificates. */
export const certificatesRoutes = (context: AdminContext): readonly Route[] => [
  {
    method: 'GET',
    path: '/certificates',
    access: 'signed-in',
    answer: (visit) => list(visit, context),
  },
];
