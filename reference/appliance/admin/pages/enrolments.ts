import { page, type AdminContext, type Answer, type Route, type Visit } from '../context.ts';
import { html } from '../html.ts';
import { table, time } from '../parts.ts';
import { numberLink } from './links.ts';

const pending = ({ text, at }: Visit, { store, tokenLifetime }: AdminContext): Answer => {
  const rows = store.queries
    .pendingEnrolments(at, tokenLifetime)
    .slice(0, 500)
    .map(
      (enrolment) =>
        [
          numberLink(enrolment.number),
          time(enrolment.createdAt),
          time(enrolment.createdAt + tokenLifetime),
          enrolment.wrongTries,
          html`<code>${enrolment.id}</code>`,
        ] as const,
    );
  const columns = [
    text['subscribers.number'],
    text['enrolments.begun'],
    text['live.expires'],
    text['enrolments.tries'],
    text['enrolments.id'],
  ];
  const caption = text['enrolments.caption'];
  return page(
    text['nav.enrolments'],
    table({ caption, columns, rows, empty: text['enrolments.empty'] }),
  );
};

/** The enrolments that wait for their token. */
export const enrolmentsRoutes = (context: AdminContext): readonly Route[] => [
  {
    method: 'GET',
    path: '/enrolments',
    access: 'signed-in',
    answer: (visit) => pending(visit, context),
  },
];
