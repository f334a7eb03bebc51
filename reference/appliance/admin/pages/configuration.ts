import { page, type AdminContext, type Answer, type Route, type Visit } from '../context.ts';
import { html } from '../html.ts';
import { table } from '../parts.ts';

const shown = ({ text }: Visit, { configuration }: AdminContext): Answer => {
  const columns = [text['configuration.setting'], text['configuration.value']];
  const caption = text['configuration.caption'];
  return page(
    text['nav.configuration'],
    html`<p>${text['configuration.note']}</p>${table({ caption, columns, rows: configuration, empty: text.none })}`,
  );
};

const outbox = (
  { text }: Visit,
  texts: ReturnType<NonNullable<AdminContext['outbox']>>,
): Answer => {
  const rows = texts
    .slice(-200)
    .toReversed()
    .map((message) => [message.number, message.text] as const);
  const columns = [text['subscribers.number'], text['outbox.text']];
  const caption = text['outbox.caption'];
  return page(
    text['nav.outbox'],
    html`<p>${text['outbox.note']}</p>${table({ caption, columns, rows, empty: text['outbox.empty'] })}`,
  );
};

/** The configuration, and the outbox of a simulated SMS centre where there is one. */
export const configurationRoutes = (context: AdminContext): readonly Route[] => {
  const shownTexts = context.outbox;
  const get = (path: string, answer: (visit: Visit) => Answer): Route => ({
    method: 'GET',
    path,
    access: 'signed-in',
    answer,
  });
  return [
    get('/configuration', (visit) => shown(visit, context)),
    ...(shownTexts === null ? [] : [get('/outbox', (visit) => outbox(visit, shownTexts()))]),
  ];
};
