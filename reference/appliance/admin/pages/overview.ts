import { alarmsAt, type Alarm } from '../alarms.ts';
import { page, type AdminContext, type Answer, type Route, type Visit } from '../context.ts';
import { html, type Html } from '../html.ts';
import { timeText } from '../parts.ts';
import { fill } from '../texts/language.ts';
import { liveCalls, liveRegistrations } from './live.ts';

const alarmText = ({ text }: Visit, { key, authority, time }: Alarm): string => {
  const name = authority === null ? '' : text[`authority.${authority}`];
  return fill(text[key], { authority: name, time: time === null ? '' : timeText(time) });
};

const alarmList = (visit: Visit, context: AdminContext): Html => {
  const latest = (authority: 'root' | 'client' | 'server') =>
    context.store.revocationLists.latest(authority);
  const alarms = alarmsAt({ ...context, latest }, visit.at);
  if (alarms.length === 0) return html`<p class="note good">${visit.text['overview.noAlarms']}</p>`;
  return html`<ul class="note bad">${alarms.map((alarm) => html`<li>${alarmText(visit, alarm)}</li>`)}</ul>`;
};

const overview = (visit: Visit, context: AdminContext): Answer => {
  const { text, at } = visit;
  const counts = context.store.queries.counts(at);
  const shown = [
    'subscribers',
    'validCertificates',
    'revokedCertificates',
    'blockedNumbers',
    'pendingEnrolments',
    'auditEntries',
    'waitingMessages',
  ] as const;
  return page(
    text['nav.overview'],
    html`<h2>${text['overview.alarms']}</h2>${alarmList(visit, context)}
<h2>${text['live.calls']}</h2>${liveCalls(visit, context)}
<h2>${text['live.registrations']}</h2>${liveRegistrations(visit, context)}
<h2>${text['overview.counts']}</h2><ul class="counts">${shown.map((name) => html`<li><b>${counts[name]}</b>${text[`overview.${name}`]}</li>`)}</ul>`,
  );
};

/** The overview: alarms, what goes on at this moment, and counts. */
export const overviewRoutes = (context: AdminContext): readonly Route[] => [
  {
    method: 'GET',
    path: '/',
    access: 'signed-in',
    answer: (visit) => overview(visit, context),
  },
];
