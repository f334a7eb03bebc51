import { isTelephoneNumber } from '../../../core/pki/request.ts';
import type { RevocationReason, StoredCertificate } from '../../store/contract.ts';
import {
  badForm,
  doneAt,
  notFound,
  page,
  type AdminContext,
  type Answer,
  type Route,
  type SignedVisit,
  type Visit,
} from '../context.ts';
import { html, type Html } from '../html.ts';
import { postForm, refusal, select, timeText } from '../parts.ts';
import { fill } from '../texts/language.ts';
import { auditTable } from './audit-table.ts';
import { certificateTable } from './certificate-table.ts';
import { numberPath } from './links.ts';
import { liveCalls, liveRegistrations } from './live.ts';

const mostCertificates = 50;
const latestEntries = 20;

/** Reasons that an administrator may give, the likeliest first. */
export const givenReasons = [
  'keyCompromise',
  'cessationOfOperation',
  'unspecified',
] as const satisfies readonly RevocationReason[];

/** The reason of a form; undefined when it is none of those offered. */
export const reasonIn = ({ form }: Visit): RevocationReason | undefined =>
  givenReasons.find((reason) => reason === form.get('reason'));

/** The choice of a reason. */
export const reasonSelect = ({ text }: Visit): Html =>
  select({
    name: 'reason',
    label: text.reason,
    value: givenReasons[0],
    options: givenReasons.map((reason) => [reason, text[`reason.${reason}`]] as const),
  });

const certificatesOf = (
  { store }: AdminContext,
  number: string,
  { at }: Visit,
  state?: 'valid',
): readonly StoredCertificate[] =>
  store.queries.certificates({
    subject: number,
    authority: 'client',
    limit: mostCertificates,
    at,
    ...(state === undefined ? {} : { state }),
  });

/** The number of the path: any that a phone could have, and whatever else the state knows. */
const numberIn = (visit: Visit, context: AdminContext): string | undefined => {
  const number = visit.parameters['number'] ?? '';
  const isKnown = () =>
    context.store.numbers.isBlocked(number) || certificatesOf(context, number, visit).length > 0;
  return isTelephoneNumber(number) || isKnown() ? number : undefined;
};

const blockState = ({ text }: Visit, { store }: AdminContext, number: string): Html => {
  const blocked = store.numbers.blocked().find((entry) => entry.number === number);
  if (blocked === undefined) return html`<p class="note good">${text['subscriber.notBlocked']}</p>`;
  const { by, at, reason } = blocked;
  const sentence = fill(text['subscriber.blocked'], { time: timeText(at), by });
  return html`<p class="note bad">${sentence} ${text.reason}: ${text[`reason.${reason}`]}.</p>`;
};

const show = (visit: Visit, context: AdminContext, number: string): Answer => {
  const { text } = visit;
  const { store } = context;
  const path = numberPath(number);
  const certificates = certificatesOf(context, number, visit);
  const entries = store.audit.find({ subject: number }, latestEntries);
  const release =
    store.numbers.isBlocked(number) &&
    html`<a class="button" href="${path}/release">${text['subscriber.release']}</a>`;
  return page(
    fill(text['subscriber.title'], { number }),
    html`${blockState(visit, context, number)}
<p class="actions"><a class="button danger" href="${path}/revoke">${text['subscriber.revoke']}</a>${release}</p>
<h2>${text['nav.certificates']}</h2>${certificateTable(visit, certificates, text['subscriber.unknown'])}
<h2>${text['live.registrations']}</h2>${liveRegistrations(visit, context, number)}
<h2>${text['live.calls']}</h2>${liveCalls(visit, context, number)}
<h2>${text['subscriber.history']}</h2>${auditTable(visit, entries, text['subscriber.history'])}`,
  );
};

const askRevoke = (visit: Visit, context: AdminContext, number: string): Answer => {
  const { text } = visit;
  const count = certificatesOf(context, number, visit, 'valid').length;
  const consequences = [
    text['revoke.certificates'],
    text['revoke.live'],
    text['revoke.enrolments'],
    text['revoke.block'],
  ].map((sentence) => html`<li>${fill(sentence, { number, count })}</li>`);
  return page(
    fill(text['revoke.title'], { number }),
    html`<p>${text['revoke.consequences']}</p><ul>${consequences}</ul>
${postForm(visit, {
  action: `${numberPath(number)}/revoke`,
  contents: reasonSelect(visit),
  submit: text['revoke.confirm'],
  danger: true,
  cancel: numberPath(number),
})}`,
  );
};

const revoke = (visit: SignedVisit, { store, now }: AdminContext, number: string): Answer => {
  const reason = reasonIn(visit);
  if (reason === undefined) return badForm;
  store.numbers.revokeNumber({ number, by: visit.user.name, reason, at: now() });
  return doneAt(numberPath(number), 'revoked');
};

const askRelease = (visit: Visit, { store }: AdminContext, number: string): Answer => {
  const { text } = visit;
  const title = fill(text['release.title'], { number });
  if (!store.numbers.isBlocked(number))
    return page(title, html`${refusal(text['release.notBlocked'])}`, 409);
  return page(
    title,
    html`<p>${fill(text['release.consequences'], { number })}</p>
${postForm(visit, {
  action: `${numberPath(number)}/release`,
  submit: text['release.confirm'],
  cancel: numberPath(number),
})}`,
  );
};

const release = (visit: SignedVisit, context: AdminContext, number: string): Answer => {
  const { store, now } = context;
  const released = store.numbers.releaseNumber({ number, by: visit.user.name, at: now() });
  return released ? doneAt(numberPath(number), 'released') : askRelease(visit, context, number);
};

type NumberPage = (visit: SignedVisit, context: AdminContext, number: string) => Answer;

/** A subscriber's page, and revoking and releasing the number, each after a page that says what follows. */
export const subscriberRoutes = (context: AdminContext): readonly Route[] => {
  const route = (method: 'GET' | 'POST', path: string, answer: NumberPage): Route => ({
    method,
    path: `/subscribers/:number${path}`,
    access: 'signed-in',
    answer: (visit) => {
      const number = numberIn(visit, context);
      return number === undefined ? notFound : answer(visit, context, number);
    },
  });
  return [
    route('GET', '', show),
    route('GET', '/revoke', askRevoke),
    route('POST', '/revoke', revoke),
    route('GET', '/release', askRelease),
    route('POST', '/release', release),
  ];
};
