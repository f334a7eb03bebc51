import { randomBytes } from 'node:crypto';
import { constants } from 'node:crypto';
import { cookieNames, formTokenOf } from '../../reference/appliance/admin/cookies.ts';
import { readCookies } from '../../reference/pages/cookies.ts';
import { hashPassword } from '../../reference/appliance/admin/password.ts';
import type { AdminServiceOptions } from '../../reference/appliance/admin/service.ts';
import { beginSession } from '../../reference/appliance/admin/sessions.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import {
  pageBehind,
  type PageAnswer,
  type PageFault,
  type PageRequest,
} from './administration-front.ts';
import type { Mutant } from './mutant.ts';

/** A session that nobody signed in for. */
const strangersSession = ({ store, now, randomBytes: random }: AdminServiceOptions): string => {
  const [first] = store.administrators.list();
  return beginSession({ store, now, randomBytes: random }, first?.name ?? '');
};

const sessionOf = ({ headers }: PageRequest): string | undefined =>
  readCookies(headers.cookie).get(cookieNames.session);

const withSession = (given: PageRequest, token: string): PageRequest => {
  const others = [...readCookies(given.headers.cookie)]
    .filter(([name]) => name !== cookieNames.session)
    .map(([name, value]) => `${name}=${value}`);
  const cookie = [...others, `${cookieNames.session}=${token}`].join('; ');
  return { ...given, headers: { ...given.headers, cookie } };
};

const isSignIn = ({ method, path }: PageRequest): boolean =>
  method === 'POST' && path.startsWith('/sign-in');

const sessionCookie = (token: string): string =>
  `${cookieNames.session}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`;

const withoutPassword = (options: AdminServiceOptions): PageFault => {
  const token = strangersSession(options);
  return { request: (given) => (sessionOf(given) ? given : withSession(given, token)) };
};

const anyPassword = (options: AdminServiceOptions): PageFault => ({
  instead: (given) =>
    isSignIn(given)
      ? {
          status: 303,
          headers: { location: '/', 'set-cookie': [sessionCookie(strangersSession(options))] },
          body: '',
        }
      : undefined,
});

/** Puts the right token into every form that comes. */
const anyForm = (): PageFault => ({
  request: (given) => {
    const cookies = readCookies(given.headers.cookie);
    const secret = cookies.get(cookieNames.session) ?? cookies.get(cookieNames.form);
    if (given.method !== 'POST' || secret === undefined) return given;
    const form = new URLSearchParams(given.body);
    form.set('token', formTokenOf(secret));
    return { ...given, body: form.toString() };
  },
});

/** Begins a session under the cookie that the visitor brought. */
const keepsCookie = (): PageFault => {
  const behind = new Map<string, string>();
  const sessionIn = ({ headers }: PageAnswer): string | undefined =>
    headers['set-cookie']?.flatMap(
      (value) => new RegExp(`^${cookieNames.session}=([0-9a-f]+)`).exec(value)?.[1] ?? [],
    )[0];
  return {
    request: (given) => {
      const own = behind.get(sessionOf(given) ?? '');
      return own === undefined ? given : withSession(given, own);
    },
    answer: (answer, given) => {
      const [brought, begun] = [sessionOf(given), sessionIn(answer)];
      if (!isSignIn(given) || brought === undefined || begun === undefined) return answer;
      behind.set(brought, begun);
      const { 'set-cookie': _cookies, ...headers } = answer.headers;
      return { ...answer, headers };
    },
  };
};

const cookiesWithout = (attribute: string) => (): PageFault => ({
  answer: (answer) => ({
    ...answer,
    headers: {
      ...answer.headers,
      'set-cookie': (answer.headers['set-cookie'] ?? []).map((value) =>
        value.replace(attribute, ''),
      ),
    },
  }),
});

const unescaped = (): PageFault => ({
  answer: (answer) => ({
    ...answer,
    body: answer.body.replaceAll('&lt;', '<').replaceAll('&gt;', '>'),
  }),
});

const oldTls = (): PageFault => ({
  tls: {
    minVersion: 'TLSv1.1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
    secureOptions: constants.SSL_OP_NO_TICKET,
  },
});

const weakSuite = (): PageFault => ({
  tls: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES256-SHA384' },
});

type StartAdministration = ApplianceParts['startAdministration'];

const withoutLock: StartAdministration = ({ store, ...options }) => {
  const { administrators } = store;
  const countFailure: typeof administrators.countFailure = (name, at) =>
    administrators.countFailure(name, at, () => 0);
  return applianceParts.startAdministration({
    ...options,
    store: { ...store, administrators: { ...administrators, countFailure } },
  });
};

const usualAccount: StartAdministration = async (options) => {
  const passwordHash = await hashPassword('admin', new Uint8Array(randomBytes(16)));
  const account = { name: 'admin', passwordHash, mustChangePassword: false };
  options.store.administrators.add(account, 'system', options.now());
  return applianceParts.startAdministration(options);
};

const rows: readonly (readonly [string, string, RegExp, StartAdministration])[] = [
  [
    'page-without-password',
    'the administration page asks nobody for a password',
    /page of the subscribers was shown without the right password/,
    pageBehind(withoutPassword),
  ],
  [
    'page-takes-any-password',
    'the administration page takes any password',
    /with the password "(?:empty|wrong)"/,
    pageBehind(anyPassword),
  ],
  [
    'page-without-lock',
    'the administration page never locks an account',
    /passwords can be guessed without end/,
    withoutLock,
  ],
  [
    'page-with-usual-account',
    'the administration page comes with the account admin, password admin',
    /an account that products come with/,
    usualAccount,
  ],
  [
    'page-takes-any-form',
    'the administration page does not look at a form’s token',
    /a form is taken without the session’s own token/,
    pageBehind(anyForm),
  ],
  [
    'page-keeps-planted-cookie',
    'a sign-in goes on under the cookie that the visitor brought',
    /under a cookie that somebody else chose/,
    pageBehind(keepsCookie),
  ],
  [
    'page-cookie-not-secure',
    'the session’s cookie also travels in clear',
    /without Secure/,
    pageBehind(cookiesWithout('; Secure')),
  ],
  [
    'page-cookie-for-scripts',
    'scripts can read the session’s cookie',
    /without HttpOnly/,
    pageBehind(cookiesWithout('; HttpOnly')),
  ],
  [
    'page-cookie-for-other-sites',
    'the session’s cookie comes along from other sites',
    /with SameSite unsaid/,
    pageBehind(cookiesWithout('; SameSite=Strict')),
  ],
  [
    'page-shows-markup',
    'the administration page puts texts into its pages as they are',
    /a script that somebody put in is part of a page/,
    pageBehind(unescaped),
  ],
  [
    'page-over-tls-1.1',
    'the administration page also speaks TLS 1.1',
    /served over a weaker TLS.*TLSv1\.1/,
    pageBehind(oldTls),
  ],
  [
    'page-over-cbc',
    'the administration page is served with a CBC suite',
    /served over a weaker TLS.*ECDHE-RSA-AES256-SHA384/,
    pageBehind(weakSuite),
  ],
];

/** Administration pages with one hole each. */
export const administrationMutants: readonly Mutant[] = rows.map(
  ([id, fault, because, startAdministration]) => ({
    id,
    fault,
    claims: ['2.2.e'],
    because,
    lab: 'netns',
    parts: { appliance: { startAdministration } },
  }),
);
