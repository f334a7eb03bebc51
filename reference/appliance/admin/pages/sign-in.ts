import { page, type AdminContext, type Answer, type Route, type Visit } from '../context.ts';
import { html } from '../html.ts';
import { field, postForm, refusal } from '../parts.ts';
import { beginSession } from '../sessions.ts';
import { languageOf } from '../texts/language.ts';

/** A path of this site from a form or query, else the overview: never another site's, whatever a browser makes of the text. */
export const localPath = (next: string | undefined): string =>
  next !== undefined &&
  next.length <= 1000 &&
  /^\/(?:[A-Za-z0-9+._~%?=&:-][A-Za-z0-9+._~%?=&:/-]*)?$/.test(next)
    ? next
    : '/';

const form = (visit: Visit, status = 200, refused?: string): Answer => {
  const { text, query, form: given } = visit;
  const next = localPath(given.get('next') ?? query.get('next'));
  const fields = [
    html`<input type="hidden" name="next" value="${next}">`,
    field({
      name: 'name',
      label: text['signIn.name'],
      autocomplete: 'username',
      value: given.get('name') ?? '',
    }),
    field({
      name: 'password',
      label: text['signIn.password'],
      type: 'password',
      autocomplete: 'current-password',
    }),
    field({
      name: 'code',
      label: text['signIn.code'],
      hint: text['signIn.codeHint'],
      autocomplete: 'one-time-code',
      optional: true,
    }),
  ];
  const contents = postForm(visit, {
    action: '/sign-in',
    contents: fields,
    submit: text['signIn.submit'],
  });
  return page(text['signIn.title'], html`${refusal(refused)}${contents}`, status);
};

const signIn = async (visit: Visit, context: AdminContext): Promise<Answer> => {
  const { text, form: given, certificateName } = visit;
  const administrator = await context.signIn.attempt({
    name: given.get('name') ?? '',
    password: given.get('password') ?? '',
    code: given.get('code') ?? '',
    certificateName,
  });
  if (administrator === 'busy') return form(visit, 503, text['signIn.busy']);
  if (administrator === undefined) return form(visit, 403, text['signIn.refused']);
  if (visit.user !== null) context.store.sessions.end(visit.user.sessionToken);
  const session = beginSession(context, administrator.name);
  const to = administrator.mustChangePassword ? '/account' : localPath(given.get('next'));
  return { kind: 'redirect', to, session };
};

/** Sign-in, sign-out and the choice of language. */
export const signInRoutes = (context: AdminContext): readonly Route[] => [
  {
    method: 'GET',
    path: '/sign-in',
    access: 'open',
    answer: (visit) => (visit.user === null ? form(visit) : { kind: 'redirect', to: '/' }),
  },
  {
    method: 'POST',
    path: '/sign-in',
    access: 'open',
    answer: (visit) => signIn(visit, context),
  },
  {
    method: 'POST',
    path: '/sign-out',
    access: 'account',
    answer: ({ user, at }) => {
      const { name, sessionToken } = user;
      context.store.sessions.end(sessionToken);
      const action = 'administrator/signed-out';
      context.store.audit.append({ at, actor: name, action, subject: name, detail: {} });
      return { kind: 'redirect', to: '/sign-in?done=signed-out', session: null };
    },
  },
  {
    method: 'POST',
    path: '/language',
    access: 'open',
    answer: ({ form: given }) => {
      const language = languageOf(given.get('language'));
      const to = localPath(given.get('next'));
      return { kind: 'redirect', to, ...(language === undefined ? {} : { language }) };
    },
  },
];
