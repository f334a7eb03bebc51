import { doneText, type Visit } from './context.ts';
import { html, type Html } from './html.ts';
import { styleElement } from './style.ts';
import { languageNames, languages } from './texts/language.ts';

/** The hidden field without which no form of a page is taken. */
export const formTokenField = ({ formToken }: Visit): Html =>
  html`<input type="hidden" name="token" value="${formToken}">`;

const pages = [
  ['/', 'nav.overview'],
  ['/subscribers', 'nav.subscribers'],
  ['/enrolments', 'nav.enrolments'],
  ['/certificates', 'nav.certificates'],
  ['/audit', 'nav.audit'],
  ['/configuration', 'nav.configuration'],
  ['/backups', 'nav.backups'],
  ['/administrators', 'nav.administrators'],
  ['/outbox', 'nav.outbox'],
] as const;

const isCurrent = (path: string, target: string): boolean =>
  path === '/' ? /^\/(?:\?|$)/.test(target) : target === path || target.startsWith(`${path}?`);

const navigation = ({ text, target }: Visit, hasOutbox: boolean): Html => {
  const items = pages
    .filter(([path]) => path !== '/outbox' || hasOutbox)
    .map(
      ([path, key]) =>
        html`<li><a href="${path}"${isCurrent(path, target) && html` aria-current="page"`}>${text[key]}</a></li>`,
    );
  return html`<nav aria-label="${text.mainNavigation}"><ul>${items}</ul></nav>`;
};

const languageForm = (visit: Visit): Html => {
  const buttons = languages.map(
    (language) =>
      html`<button class="plain" name="language" value="${language}" lang="${language}"${language === visit.language && html` aria-current="true"`}>${languageNames[language]}</button>`,
  );
  return html`<form method="post" action="/language" aria-label="${visit.text.languages}">${formTokenField(visit)}<input type="hidden" name="next" value="${visit.target}">${buttons}</form>`;
};

const accountForm = (visit: Visit): Html | null => {
  const { user, text } = visit;
  if (user === null) return null;
  return html`<span>${text.signedInAs} <a href="/account">${user.name}</a></span>
<form method="post" action="/sign-out">${formTokenField(visit)}<button class="plain">${text.signOut}</button></form>`;
};

const doneNote = ({ query, text }: Visit): Html | null => {
  const done = doneText(text, query.get('done'));
  return done === undefined ? null : html`<p class="note good" role="status">${done}</p>`;
};

/** A whole document around a page's body. */
export const renderDocument = (
  visit: Visit,
  page: { readonly title: string; readonly body: Html; readonly hasOutbox: boolean },
): string => {
  const { text, language, user } = visit;
  const hasNavigation = user !== null && !user.mustChangePassword;
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${page.title} · ${text.product}</title>${styleElement}</head>
<body><a class="skip" href="#content">${text.skip}</a>
<header><div class="bar"><span class="product">${text.product}</span>${accountForm(visit)}${languageForm(visit)}</div>
${hasNavigation && navigation(visit, page.hasOutbox)}</header>
<main id="content" tabindex="-1"><h1>${page.title}</h1>${doneNote(visit)}${page.body}</main>
<footer>${text.footer}</footer></body></html>
`.safe;
};
