import { isTelephoneNumber } from '../../../core/pki/request.ts';
import type { Subscriber } from '../../store/contract.ts';
import { page, type AdminContext, type Answer, type Route, type Visit } from '../context.ts';
import { html, type Html } from '../html.ts';
import { chip, field, pager, table, time, withQuery } from '../parts.ts';
import { fill } from '../texts/language.ts';
import { numberLink, numberPath, stateChip } from './links.ts';

const pageSize = 50;

const stateOf = ({ text, at }: Visit, { isBlocked, certificate }: Subscriber): Html => {
  const state =
    certificate === null ? chip('quiet', text['state.without']) : stateChip(text, certificate, at);
  return html`${state} ${isBlocked && chip('bad', text['state.blocked'])}`;
};

const list = (visit: Visit, { store }: AdminContext): Answer => {
  const { text, query } = visit;
  const search = query.get('search')?.trim().slice(0, 32) ?? '';
  const after = query.get('after');
  const found = store.queries.subscribers({
    limit: pageSize + 1,
    ...(search === '' ? {} : { search }),
    ...(after === undefined ? {} : { after }),
  });
  const rows = found
    .slice(0, pageSize)
    .map(
      (subscriber) =>
        [
          numberLink(subscriber.number),
          stateOf(visit, subscriber),
          time(subscriber.certificate?.notAfter ?? null),
          subscriber.certificates,
        ] as const,
    );
  const columns = [
    text['subscribers.number'],
    text.state,
    text['subscribers.until'],
    text['subscribers.certificates'],
  ];
  const last = found.length > pageSize ? found[pageSize - 1]?.number : undefined;
  const next = last === undefined ? undefined : withQuery('/subscribers', { search, after: last });
  const open =
    isTelephoneNumber(search) &&
    html`<p><a href="${numberPath(search)}">${fill(text['subscribers.open'], { number: search })}</a></p>`;
  return page(
    text['nav.subscribers'],
    html`<form method="get" action="/subscribers" class="filters" role="search">${field({ name: 'search', label: text['subscribers.search'], type: 'search', value: search, optional: true })}<button>${text['subscribers.find']}</button></form>${open}
${table({ caption: text['subscribers.caption'], columns, rows, empty: text['subscribers.empty'] })}
${pager(visit, { first: withQuery('/subscribers', { search }), next, key: 'after' })}`,
  );
};

/** The list of subscribers. */
export const subscribersRoutes = (context: AdminContext): readonly Route[] => [
  {
    method: 'GET',
    path: '/subscribers',
    access: 'signed-in',
    answer: (visit) => list(visit, context),
  },
];
