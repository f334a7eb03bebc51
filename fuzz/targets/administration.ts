import * as fc from 'fast-check';
import { formTokenOf } from '../../reference/appliance/admin/cookies.ts';
import { latin1, utf8 } from '../../reference/core/bytes.ts';
import type { MutatedCase } from '../generators/mutations.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { demand, sameValue } from '../properties.ts';
import { askService } from '../services/ask.ts';
import {
  requestText,
  world,
  type ServiceAnswer,
  type ServiceRequest,
} from '../services/contract.ts';
import type { FuzzTarget } from '../target.ts';

const { number, serial, serverSerial, session, host, password, administrator } = world;
const secret = '7'.repeat(64);
const [token, openToken] = [formTokenOf(session), formTokenOf(secret)];

/** A page with forms, and a form as the page makes it. */
const forms: readonly (readonly [path: string, form: Readonly<Record<string, string>>])[] = [
  ['/sign-in', { name: administrator, password, code: '' }],
  ['/sign-out', {}],
  ['/language', { language: 'fr' }],
  [`/subscribers/${number}/revoke`, { reason: 'keyCompromise' }],
  [`/subscribers/${number}/release`, {}],
  [`/certificates/${serverSerial}/revoke`, { reason: 'keyCompromise' }],
  ['/backups', {}],
  ['/administrators', { name: 'carol', password }],
  ['/administrators/bob/remove', { password }],
  ['/account/password', { password, new: 'another quiet river', again: 'another quiet river' }],
  ['/account/totp', { password }],
  ['/account/totp/confirm', { code: '000000' }],
  ['/account/totp/remove', { password }],
];

/** Pages that are read, with what they are asked. */
const pages = [
  '/',
  '/subscribers?search=%2B33&after=x',
  `/subscribers/${number}`,
  '/enrolments',
  `/certificates?state=valid&after=${serial}`,
  `/certificates/${serial}`,
  '/audit?actor=alice&action=x&from=2026-03-01T00:00&to=x&before=9',
  '/audit/verify?head=00',
  '/audit/export.csv?actor=%00',
  '/configuration',
  '/outbox',
  '/account?done=password',
  '/sign-in?next=%2Faudit',
];

const pathGrammar: TextGrammar = {
  bases: [...forms.map(([path]) => path), ...pages].map(utf8),
  words: [
    ...'/ // .. %2e%2e %2f %00 %zz %c0%af ? & = ; # : * @ %0d%0a __proto__ constructor %3Cscript%3E'.split(
      ' ',
    ),
    '-1',
    '99999999999999999999',
    '2026-99-99T99:99',
  ],
};

const formGrammar: TextGrammar = {
  // One field a line; the line ends are taken out again.
  bases: forms.map(([path, form]) => {
    const given = path === '/sign-in' || path === '/language' ? openToken : token;
    const fields = new URLSearchParams({ token: given, ...form }).toString();
    return utf8(fields.replaceAll('&', '&\r\n'));
  }),
  words: [
    ...'& = + %00 %zz %26 %3Cscript%3E <script> token= token name=alice password= reason= reason=x'.split(
      ' ',
    ),
    'token=0',
    `&token=${token}`,
    'é',
    'language=xx',
    '&a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1&l=1&m=1&n=1',
  ],
};

const cookieGrammar: TextGrammar = {
  bases: [
    `__Host-discretio-session=${session}; __Host-discretio-form=${secret}; __Host-discretio-language=en`,
  ].map(utf8),
  words: ['; ', '=', '__Host-discretio-session=', '__Host-discretio-language=fr; ', '5', '"', ' '],
};

/** Heads that browsers of the pages send, and others; the first is right. */
const heads: readonly Readonly<Record<string, string>>[] = [
  { host, origin: `https://${host}`, 'sec-fetch-site': 'same-origin' },
  { host, 'sec-fetch-site': 'same-origin', 'accept-language': 'fr;q=1,,*;q=x' },
  { host, origin: 'https://attacker.example' },
  { host, origin: 'null', 'sec-fetch-site': 'same-origin' },
  { host, origin: `https://${host}`, 'sec-fetch-site': 'cross-site' },
  { host },
  { host: 'attacker.example', origin: 'https://attacker.example' },
  { host: '192.0.2.1', origin: 'http://192.0.2.1' },
];

/** Whether a head says that a page of this site sent it, by the rules once more. */
const rightHeads = new Set([0, 1]);

const types = ['application/x-www-form-urlencoded', 'text/plain', 'application/json', ''];

interface AdministrationCase {
  /** Of the forms; also the path's, where that was not changed. */
  readonly form: number;
  readonly head: number;
  readonly type: number;
  readonly method: string;
  readonly path: MutatedCase | null;
  readonly fields: MutatedCase;
  /** The cookies as a browser has them, or changed. */
  readonly cookies: MutatedCase | null;
}

const printable = (text: string): string => text.replaceAll(/[^\x21-\x7e]/g, '');

const requestOf = (made: AdministrationCase): ServiceRequest => {
  const { form, head, type, method, path, fields, cookies } = made;
  const changed = path && latin1(textOfCase(pathGrammar, path));
  const url = printable(changed ?? forms[form]?.[0] ?? '/');
  const jar = cookies ? latin1(textOfCase(cookieGrammar, cookies)).slice(0, 4_000) : null;
  const text = latin1(textOfCase(formGrammar, { ...fields, base: form }));
  const contentType = types[type] ?? '';
  return {
    method,
    // What hands requests over takes a slash and a backslash for the beginning of a host.
    url: `/${url}`.replace(/^\/\/?\\*/, '/'),
    headers: {
      ...heads[head],
      cookie: jar?.replaceAll(/[^\x20-\x7e]/g, '') ?? latin1(cookieGrammar.bases[0] ?? utf8('')),
      ...(method === 'POST' && contentType !== '' ? { 'content-type': contentType } : {}),
    },
    body: method === 'POST' ? text.replaceAll('\r\n', '') : null,
  };
};

/** The session or secret that a Cookie header proves, by a reading of its own: of a name that comes twice none counts. */
const cookieIn = (header: string, name: string): string | undefined => {
  const values = header.split(/; */).filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
};

/** Whether anything may be done at all: a form of a page of this site, with its token, by who is signed in or signs in. */
const mayAct = (
  made: AdministrationCase,
  { headers, url, body, method }: ServiceRequest,
): boolean => {
  const cookies = headers['cookie'] ?? '';
  const isSignedIn = cookieIn(cookies, '__Host-discretio-session') === session;
  const given = new URLSearchParams(Buffer.from(body ?? '', 'latin1').toString()).getAll('token');
  const formSecret = cookieIn(cookies, '__Host-discretio-form') === secret;
  const right = isSignedIn ? token : formSecret ? openToken : null;
  return (
    method === 'POST' &&
    rightHeads.has(made.head) &&
    given.length === 1 &&
    given[0] === right &&
    (isSignedIn || /^\/sign-in(?:[?#;]|$)/.test(decoded(url)))
  );
};

const decoded = (url: string): string => {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
};

const checkAnswer = (request: ServiceRequest, answer: ServiceAnswer): void => {
  const { status, headers, text, effects } = answer;
  demand('no failure', status < 500, 'below 500', () => [status, text.slice(-300)]);
  const isGuarded = headers['content-security-policy']?.startsWith("default-src 'none'") === true;
  demand('security headers', isGuarded || status === 400, 'a policy', () => headers);
  demand('nothing given comes back as markup', !/<script/i.test(text), 'no script', () => text);
  if (status >= 400) sameValue('a refusal changes nothing', [], effects);
  const { location = '/' } = headers;
  demand('redirects stay here', /^\/(?![/\\])/.test(location), 'a path', () => location);
  if (request.method !== 'POST') sameValue('reading changes nothing', [], effects);
};

/** Requests to the administration pages (I-8), by their real application without a socket; `ask` is the real one but for tests. */
export const administrationTarget = (
  ask: typeof askService = askService,
): FuzzTarget<AdministrationCase> => ({
  name: 'administration',
  parsers: [
    'reference/appliance/admin/app.ts#createAdminApp',
    'reference/appliance/admin/server.ts#createAdminServer',
  ],
  cases: fc.record({
    form: fc.nat({ max: forms.length - 1 }),
    head: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7),
    type: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3),
    method: fc.constantFrom('POST', 'POST', 'POST', 'POST', 'GET', 'GET', 'PUT', 'HEAD', 'DELETE'),
    path: fc.option(textCases(pathGrammar), { freq: 2 }),
    fields: fc.oneof(
      { weight: 2, arbitrary: textCases(formGrammar) },
      {
        weight: 1,
        arbitrary: fc.constant<MutatedCase>({ base: 0, mutations: [], free: null }),
      },
    ),
    cookies: fc.option(textCases(cookieGrammar), { freq: 3 }),
  }),
  check: (made) => {
    const request = requestOf(made);
    const answer = ask('administration', request);
    const { status, effects } = answer;
    checkAnswer(request, answer);
    if (effects.length > 0)
      demand('only who may act does', mayAct(made, request), 'no effect', () => effects);
    const to = status === 303 ? ` ${answer.headers['location']?.split('?')[0] ?? ''}` : '';
    return [`${status}${to}`, ...effects];
  },
  reaches: [
    '303 /sign-in',
    ...'200 400 403 404 405 415 421'.split(' '),
    ...'certificates.revoke administrators.add administrators.remove administrators.change'.split(
      ' ',
    ),
    ...'sessions.create sessions.end numbers.revokeNumber'.split(' '),
  ],
  file: (made) => ({ extension: 'http', bytes: requestText(requestOf(made)) }),
  limit: 5_000,
});

/** The administration pages. */
export const administration = administrationTarget();
