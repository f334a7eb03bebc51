import type { AdminContext, Visit } from '../context.ts';
import { html, type Html } from '../html.ts';
import { table, time } from '../parts.ts';
import { fill } from '../texts/language.ts';
import { numberLink } from './links.ts';

/** Rows of a live table that a page shows at most. */
const mostRows = 100;

const cut = ({ text }: Visit, all: number): Html | null =>
  all > mostRows
    ? html`<p class="soft">${fill(text['live.cut'], { shown: mostRows, all })}</p>`
    : null;

/** The calls of this moment, of everybody or of one number. */
export const liveCalls = (visit: Visit, { live }: AdminContext, number?: string): Html => {
  const { text } = visit;
  const calls = live
    .calls()
    .filter(({ caller, callee }) => number === undefined || caller === number || callee === number);
  const rows = calls
    .slice(0, mostRows)
    .map(
      (call) =>
        [
          numberLink(call.caller),
          numberLink(call.callee),
          time(call.since),
          text[`live.${call.state}`],
        ] as const,
    );
  const columns = [text['live.caller'], text['live.callee'], text['live.since'], text.state];
  return html`${table({ caption: text['live.calls'], columns, rows, empty: text['live.noCalls'] })}${cut(visit, calls.length)}`;
};

/** The phones registered at this moment, all or those of one number. */
export const liveRegistrations = (visit: Visit, { live }: AdminContext, number?: string): Html => {
  const { text } = visit;
  const registrations = live
    .registrations()
    .filter((entry) => number === undefined || entry.number === number);
  const rows = registrations
    .slice(0, mostRows)
    .map(
      (entry) =>
        [
          numberLink(entry.number),
          entry.address,
          time(entry.since),
          time(entry.expiresAt),
        ] as const,
    );
  const columns = [
    text['subscribers.number'],
    text['live.address'],
    text['live.since'],
    text['live.expires'],
  ];
  const contents = {
    caption: text['live.registrations'],
    columns,
    rows,
    empty: text['live.noRegistrations'],
  };
  return html`${table(contents)}${cut(visit, registrations.length)}`;
};
