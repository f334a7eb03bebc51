import {
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
import { oneTimePassword } from '../password.ts';
import { field, postForm, refusal, table, time } from '../parts.ts';
import { fill } from '../texts/language.ts';

/** Names that the audit log uses for others than administrators. */
const reservedNames = ['registration', 'system', 'unknown'];

const isName = (name: string): boolean =>
  /^[a-z0-9][a-z0-9._-]{0,31}$/.test(name) && !reservedNames.includes(name);

const pathOf = (name: string): string => `/administrators/${encodeURIComponent(name)}/remove`;

/** Asks for the password of whoever is signed in. */
const ownPasswordField = ({ text }: Visit): Html =>
  field({
    name: 'password',
    label: text.yourPassword,
    type: 'password',
    autocomplete: 'current-password',
    hint: text.yourPasswordHint,
  });

const list = (visit: Visit, { store }: AdminContext, refused?: string): Answer => {
  const { text, at, form } = visit;
  const rows = store.administrators
    .list()
    .map(
      (known) =>
        [
          known.name,
          time(known.createdAt),
          known.totpSecret === 'unreadable'
            ? text['administrators.totpUnreadable']
            : known.totpSecret === null
              ? text.no
              : text.yes,
          known.mustChangePassword ? text.yes : text.no,
          known.lockedUntil > at ? time(known.lockedUntil) : '',
          html`<a href="${pathOf(known.name)}">${text['administrators.remove']} <span>${known.name}</span></a>`,
        ] as const,
    );
  const columns = [
    text['administrators.name'],
    text['administrators.created'],
    text['administrators.totp'],
    text['administrators.mustChange'],
    text['administrators.locked'],
    text.action,
  ];
  const nameField = field({
    name: 'name',
    label: text['administrators.name'],
    hint: text['administrators.nameHint'],
    value: form.get('name') ?? '',
  });
  return page(
    text['nav.administrators'],
    html`${refusal(refused)}${table({ caption: text['administrators.caption'], columns, rows, empty: text.none })}
<h2>${text['administrators.add']}</h2>${postForm(visit, {
      action: '/administrators',
      contents: [nameField, ownPasswordField(visit)],
      submit: text['administrators.addSubmit'],
    })}`,
    refused === undefined ? 200 : 422,
  );
};

const add = async (visit: SignedVisit, context: AdminContext): Promise<Answer> => {
  const { text, form, user } = visit;
  const { store, signIn, now, randomBytes } = context;
  const name = form.get('name') ?? '';
  if (!isName(name)) return list(visit, context, text['administrators.nameRefused']);
  if (!(await signIn.confirm(user.name, form.get('password') ?? '')))
    return list(visit, context, text['account.wrong']);
  const password = oneTimePassword(randomBytes);
  const passwordHash = await signIn.hash(password);
  const administrator = { name, passwordHash, mustChangePassword: true };
  if (!store.administrators.add(administrator, user.name, now()))
    return list(visit, context, text['administrators.nameTaken']);
  return page(
    fill(text['administrators.added'], { name }),
    html`<p>${fill(text['administrators.password'], { name })}</p><p><code class="once">${password}</code></p>
<p>${text['administrators.once']}</p><p><a href="/administrators">${text['administrators.back']}</a></p>`,
    201,
  );
};

const askRemove = (visit: Visit, name: string, refused?: string): Answer => {
  const { text } = visit;
  return page(
    fill(text['administrators.removeTitle'], { name }),
    html`${refusal(refused)}<p>${fill(text['administrators.removeConsequences'], { name })}</p>
${postForm(visit, {
  action: pathOf(name),
  contents: ownPasswordField(visit),
  submit: text['administrators.removeConfirm'],
  danger: true,
  cancel: '/administrators',
})}`,
    refused === undefined ? 200 : 422,
  );
};

const remove = async (visit: SignedVisit, context: AdminContext, name: string): Promise<Answer> => {
  const { text, form, user } = visit;
  if (!(await context.signIn.confirm(user.name, form.get('password') ?? '')))
    return askRemove(visit, name, text['account.wrong']);
  if (!context.store.administrators.remove(name, user.name, context.now()))
    return askRemove(visit, name, text['administrators.last']);
  return name === user.name
    ? { kind: 'redirect', to: '/sign-in', session: null }
    : doneAt('/administrators', 'administrator-removed');
};

/** Adding and removing administrators; both ask for the password again. */
export const administratorsRoutes = (context: AdminContext): readonly Route[] => {
  const withName =
    (answer: (visit: SignedVisit, name: string) => Answer | Promise<Answer>) =>
    (visit: SignedVisit): Answer | Promise<Answer> => {
      const name = visit.parameters['name'] ?? '';
      return context.store.administrators.get(name) === undefined ? notFound : answer(visit, name);
    };
  return [
    {
      method: 'GET',
      path: '/administrators',
      access: 'signed-in',
      answer: (visit) => list(visit, context),
    },
    {
      method: 'POST',
      path: '/administrators',
      access: 'signed-in',
      answer: (visit) => add(visit, context),
    },
    {
      method: 'GET',
      path: '/administrators/:name/remove',
      access: 'signed-in',
      answer: withName((visit, name) => askRemove(visit, name)),
    },
    {
      method: 'POST',
      path: '/administrators/:name/remove',
      access: 'signed-in',
      answer: withName((visit, name) => remove(visit, context, name)),
    },
  ];
};
