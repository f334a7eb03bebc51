import { page, type AdminContext, type Answer, type Route, type SignedVisit } from '../context.ts';
import { html, type Html } from '../html.ts';
import { passwordFault, type PasswordFault } from '../password.ts';
import { definitions, field, postForm, refusal } from '../parts.ts';
import { beginSession } from '../sessions.ts';
import { totpSecretLength, totpSetup, totpStep } from '../totp.ts';

/** How long a shown TOTP secret waits to be confirmed, in milliseconds, and how many do at once. */
const pendingLife = 600_000;
const mostPending = 32;

interface PendingSecret {
  readonly secret: Uint8Array;
  readonly at: number;
}

/** Secrets shown and not yet confirmed, by session. */
type Pending = Map<string, PendingSecret>;

const passwordField = ({ text }: SignedVisit, id: string): Html =>
  html`<div class="field"><label for="${id}">${text.yourPassword}</label><input id="${id}" name="password" type="password" autocomplete="current-password" required></div>`;

const passwordForm = (visit: SignedVisit): Html => {
  const { text } = visit;
  const fields = [
    passwordField(visit, 'password'),
    field({
      name: 'new',
      label: text['account.new'],
      type: 'password',
      autocomplete: 'new-password',
      hint: text['account.newHint'],
    }),
    field({
      name: 'again',
      label: text['account.again'],
      type: 'password',
      autocomplete: 'new-password',
    }),
  ];
  return html`<h2>${text['account.changePassword']}</h2>${postForm(visit, { action: '/account/password', contents: fields, submit: text['account.change'] })}`;
};

const totpForm = (visit: SignedVisit, { store }: AdminContext): Html => {
  const { text, user } = visit;
  const isOn = store.administrators.get(user.name)?.totpSecret !== null;
  const [state, action, submit] = isOn
    ? [text['account.totpOn'], '/account/totp/remove', text['account.totpRemove']]
    : [text['account.totpOff'], '/account/totp', text['account.totpStart']];
  return html`<h2>${text['account.totp']}</h2><p>${state}</p>${postForm(visit, { action, contents: passwordField(visit, 'totp-password'), submit })}`;
};

const account = (visit: SignedVisit, context: AdminContext, refused?: string): Answer => {
  const { text, user } = visit;
  const must =
    user.mustChangePassword && html`<p class="note quiet">${text['account.mustChange']}</p>`;
  return page(
    text.account,
    html`${refusal(refused)}${must}${passwordForm(visit)}${!user.mustChangePassword && totpForm(visit, context)}`,
    refused === undefined ? 200 : 422,
  );
};

/** The answer after a change that ended all sessions of the administrator: a new one for the one who made it. */
const renewed = (visit: SignedVisit, context: AdminContext, done: string): Answer => ({
  kind: 'redirect',
  to: `/account?done=${done}`,
  session: beginSession(context, visit.user.name),
});

const changePassword = async (visit: SignedVisit, context: AdminContext): Promise<Answer> => {
  const { text, form, user } = visit;
  const [old, chosen] = [form.get('password') ?? '', form.get('new') ?? ''];
  const refuse = (key: PasswordFault | 'different' | 'same' | 'wrong') =>
    account(visit, context, text[`account.${key}`]);
  if (chosen !== form.get('again')) return refuse('different');
  const fault = passwordFault(chosen, user.name);
  if (fault !== undefined) return refuse(fault);
  if (!(await context.signIn.confirm(user.name, old))) return refuse('wrong');
  if (old.normalize('NFKC') === chosen.normalize('NFKC')) return refuse('same');
  const changes = { passwordHash: await context.signIn.hash(chosen), mustChangePassword: false };
  context.store.administrators.change(user.name, changes, user.name, context.now());
  return renewed(visit, context, 'password');
};

const confirmPage = (
  visit: SignedVisit,
  shown: Html | null,
  { refused, status }: { readonly refused?: string; readonly status: number },
): Answer => {
  const { text } = visit;
  const code = field({
    name: 'code',
    label: text['account.totpCode'],
    autocomplete: 'one-time-code',
  });
  const confirm = postForm(visit, {
    action: '/account/totp/confirm',
    contents: code,
    submit: text['account.totpConfirm'],
    cancel: '/account',
  });
  return page(text['account.totp'], html`${refusal(refused)}${shown}${confirm}`, status);
};

const startTotp = async (
  visit: SignedVisit,
  context: AdminContext,
  pending: Pending,
): Promise<Answer> => {
  const { text, form, user, at } = visit;
  if (!(await context.signIn.confirm(user.name, form.get('password') ?? '')))
    return account(visit, context, text['account.wrong']);
  for (const [session, entry] of pending)
    if (at - entry.at >= pendingLife || pending.size >= mostPending) pending.delete(session);
  const secret = context.randomBytes(totpSecretLength);
  pending.set(user.sessionToken, { secret, at });
  const shown = totpSetup(secret, user.name);
  return confirmPage(
    visit,
    html`<p>${text['account.totpOnce']}</p>${definitions([
      [text['account.totpSecret'], html`<code class="once">${shown.secret}</code>`],
      [text['account.totpUri'], html`<code>${shown.uri}</code>`],
    ])}`,
    { status: 200 },
  );
};

const confirmTotp = (visit: SignedVisit, context: AdminContext, pending: Pending): Answer => {
  const { text, form, user, at } = visit;
  const { administrators } = context.store;
  const entry = pending.get(user.sessionToken);
  if (entry === undefined || at - entry.at >= pendingLife)
    return account(visit, context, text['account.totpGone']);
  const step = totpStep(entry.secret, form.get('code') ?? '', context.now());
  if (step === undefined)
    return confirmPage(visit, null, { refused: text['account.totpWrong'], status: 422 });
  pending.delete(user.sessionToken);
  administrators.change(user.name, { totpSecret: entry.secret }, user.name, context.now());
  administrators.takeTotpStep(user.name, step);
  return renewed(visit, context, 'totp');
};

const removeTotp = async (visit: SignedVisit, context: AdminContext): Promise<Answer> => {
  const { text, form, user } = visit;
  if (!(await context.signIn.confirm(user.name, form.get('password') ?? '')))
    return account(visit, context, text['account.wrong']);
  context.store.administrators.change(user.name, { totpSecret: null }, user.name, context.now());
  return renewed(visit, context, 'totp-removed');
};

/** The administrator's own account: password and one-time codes. */
export const accountRoutes = (context: AdminContext): readonly Route[] => {
  const pending: Pending = new Map();
  const post = (
    path: string,
    answer: (visit: SignedVisit) => Answer | Promise<Answer>,
    access: 'signed-in' | 'account' = 'signed-in',
  ): Route => ({ method: 'POST', path: `/account${path}`, access, answer });
  return [
    {
      method: 'GET',
      path: '/account',
      access: 'account',
      answer: (visit) => account(visit, context),
    },
    post('/password', (visit) => changePassword(visit, context), 'account'),
    post('/totp', (visit) => startTotp(visit, context, pending)),
    post('/totp/confirm', (visit) => confirmTotp(visit, context, pending)),
    post('/totp/remove', (visit) => removeTotp(visit, context)),
  ];
};
