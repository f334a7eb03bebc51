import type { z } from 'zod';
import { certificateRequest, freshKey } from '../../../simulators/attackers/certificate-forger.ts';
import { postJson } from '../../../simulators/attackers/enrolment-client.ts';
import { createMaliciousUser } from '../../../simulators/attackers/malicious-user.ts';
import { formsOf, linksOf, type Form } from '../../../simulators/attackers/web-page.ts';
import type { Visited, WebVisitor } from '../../../simulators/attackers/web-visitor.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import {
  atDesk,
  bodyOf,
  findNumber,
  keepPage,
  signIn,
  visitOf,
  walk,
  type Desk,
} from '../../conformity/activities/administration-visits.ts';
import type { intrusionSchema } from './administration-intrusion-evidence.ts';

type Intrusion = z.infer<typeof intrusionSchema>;

/** Milliseconds for each step of the enrolments. */
const deadlineMs = 8_000;

/** A number of this activity's own, which the forged forms try to revoke. */
const number = '+33639980051';

/** Accounts and passwords that products come with. */
const usualAccounts = [
  ['admin', 'admin'],
  ['administrator', 'administrator'],
  ['root', 'root'],
] as const;

const marker = 'discretio-planted';

/** A script that ends whatever attribute or element it is put into. */
const script = `"'></title></textarea><script>${marker}</script>`;

/** Whether a visitor sees the page that shows the number. */
export const sees = async (visitor: WebVisitor, path: string, shown: string): Promise<boolean> => {
  const visited = await visitor.open(path);
  const { outcome } = visited;
  return outcome.kind === 'answered' && outcome.status === 200 && bodyOf(visited).includes(shown);
};

const enrolVictim = async (world: World): Promise<void> => {
  const appliance = await world.appliance();
  const user = createMaliciousUser(await appliance.describe());
  try {
    const readToken = (of: string) => appliance.readToken(of, deadlineMs);
    const { kind } = await user.enrol(number, readToken, deadlineMs);
    if (kind !== 'enrolled') throw new Error(`${number} could not enrol: ${kind}`);
  } finally {
    user.close();
  }
};

const tryDefaults = async ({ visitor }: Desk, list: string): Promise<Intrusion['defaults']> => {
  const tried = [];
  for (const [account, password] of usualAccounts) {
    const guest = visitor();
    const signedIn = visitOf(await signIn(guest, { account, password }));
    tried.push({ account, signIn: signedIn, admitted: await sees(guest, list, number) });
  }
  return tried;
};

const mentions = (path: string): boolean =>
  path.includes(number) || path.includes(encodeURIComponent(number));

/** The form that does something to the number, and the page of the number. */
const findForm = async (
  administrator: WebVisitor,
  list: string,
): Promise<{ readonly form: Form; readonly page: string; readonly home: string }> => {
  const home = linksOf(bodyOf(await administrator.open(list))).find(mentions);
  if (home === undefined) throw new Error(`${list} has no link to the page of ${number}`);
  const formIn = (visited: Visited) =>
    formsOf(bodyOf(visited)).find(
      ({ method, action }) => method === 'POST' && mentions(action === '' ? visited.path : action),
    );
  const opened = await walk(administrator, home, {
    isFound: (visited) => formIn(visited) !== undefined,
    follows: mentions,
  });
  const last = opened.at(-1);
  const form = last && formIn(last);
  if (!form) throw new Error(`no page of ${number} has a form that changes it`);
  return { form, page: last.path, home };
};

const otherToken = (value: string): string => `${value.slice(0, -1)}${value.endsWith('0') ? 1 : 0}`;

/** Sends the form with its hidden values missing, altered and right; the number's page is kept before and after each. */
const forgeForms = async (
  world: World,
  administrator: WebVisitor,
  list: string,
): Promise<Intrusion['forms']> => {
  const { form, page, home } = await findForm(administrator, list);
  const keep = async (name: string) => keepPage(world, name, await administrator.open(home));
  const hidden = form.fields.filter(({ type }) => type === 'hidden');
  const values = {
    missing: Object.fromEntries(hidden.map(({ name }) => [name, null])),
    wrong: Object.fromEntries(hidden.map(({ name, value }) => [name, otherToken(value)])),
    right: {},
  } as const;
  // Twice: what changes by itself shows nothing.
  await keep('number-first');
  await keep('number-before');
  const attempts = [];
  for (const token of ['missing', 'wrong', 'right'] as const) {
    const sent = visitOf(await administrator.submit(form, page, values[token]));
    attempts.push({ token, sent });
    await keep(`number-after-${token}`);
  }
  return { path: form.action, hidden: hidden.map(({ name }) => name), attempts };
};

const randomLike = (value: string): string =>
  value.replace(/[0-9a-f]/g, (digit) => ((Number.parseInt(digit, 16) + 5) % 16).toString(16));

/** Gives a visitor the session's cookies beforehand, as an attacker beside the site could, and looks whether the sign-in keeps them. */
const fixSession = async (
  { administration, visitor }: Desk,
  given: ReadonlyMap<string, string>,
  list: string,
): Promise<Intrusion['fixation']> => {
  const victim = visitor();
  const planted = new Map([...given].map(([name, value]) => [name, randomLike(value)]));
  for (const [name, value] of planted) victim.cookies.set(name, value);
  await signIn(victim, administration);
  const admitted = await sees(victim, list, number);
  const kept = [...planted].filter(([name, value]) => victim.cookies.get(name) === value);
  const thief = visitor();
  for (const [name, value] of planted) thief.cookies.set(name, value);
  return {
    names: [...given.keys()],
    admitted,
    kept: kept.map(([name]) => name),
    stolen: await sees(thief, list, number),
  };
};

/** Enrols under a script's name, and under its number. */
const injectByEnrolment = async (world: World): Promise<Intrusion['scripts']['injections']> => {
  const at = await (await world.appliance()).describe();
  const key = freshKey();
  const attempts = [
    { where: 'number of an enrolment', number: `${number}${script}`, name: number },
    { where: 'CommonName of a request', number, name: script },
  ];
  const injections = [];
  for (const { where, number: given, name } of attempts) {
    const csr = certificateRequest(name, key);
    const outcome = await postJson(at, '/v1/enrolments', { number: given, csr }, deadlineMs);
    injections.push({ where, status: outcome.kind === 'answered' ? outcome.status : null });
  }
  return injections;
};

const statusOf = ({ outcome }: Visited): number | null =>
  outcome.kind === 'answered' ? outcome.status : null;

/** Puts a script wherever a value is taken, and looks where it comes out. */
const plantScripts = async (
  world: World,
  { administration, visitor }: Desk,
  administrator: WebVisitor,
): Promise<Intrusion['scripts']> => {
  const injections = [...(await injectByEnrolment(world))];
  const guest = visitor();
  const { password } = administration;
  const named = await signIn(guest, { account: script, password });
  injections.push({ where: 'account of a sign-in', status: statusOf(named) });
  const opened = await walk(administrator, '/');
  const searched = [];
  for (const visited of opened.slice()) {
    const form = formsOf(bodyOf(visited)).find(({ method }) => method === 'GET');
    const field = form?.fields.find(({ type }) => type === 'search' || type === 'text');
    if (!form || !field) continue;
    const found = await administrator.submit(form, visited.path, { [field.name]: script });
    injections.push({ where: `${field.name} at ${visited.path}`, status: statusOf(found) });
    searched.push(found);
  }
  const pages = [named, ...opened, ...searched];
  const holding = (isMarkup: boolean) =>
    pages
      .filter((page) => bodyOf(page).includes(marker))
      .filter((page) => /<script>discretio-planted/i.test(bodyOf(page)) === isMarkup)
      .map(({ path }) => path.replace(encodeURIComponent(script), '(script)'));
  return {
    injections,
    pages: pages.map((page) => ({ path: page.path, status: statusOf(page) })),
    asMarkup: holding(true),
    asText: holding(false),
  };
};

const intrude = async (world: World, desk: Desk): Promise<Intrusion> => {
  const administrator = desk.visitor();
  await administrator.open('/');
  const before = new Set(administrator.cookies.keys());
  const signedIn = await signIn(administrator, desk.administration);
  const given = new Map([...administrator.cookies].filter(([name]) => !before.has(name)));
  const list = await findNumber(administrator, number);
  const scripts = await plantScripts(world, desk, administrator);
  const defaults = await tryDefaults(desk, list);
  const fixation = await fixSession(desk, given, list);
  const forms = await forgeForms(world, administrator, list);
  return { signIn: visitOf(signedIn), defaults, forms, fixation, scripts };
};

/** Somebody beside the administrator tries to come in by accounts that products come with, by forged forms, planted cookies and scripts. */
export const administrationIntrusion: Activity = {
  id: 'administration-intrusion',
  title: 'an intruder tries usual accounts, forged forms, planted cookies and scripts on the page',
  effect:
    'enrols one number, revokes it by the page and releases it; asks for enrolments under the name of a script',
  disturbs: true,
  needs: ['administer', 'enrol', 'read-token', 'revoke'],
  expected: 3_000,
  after: [],
  captured: false,
  async run(world) {
    await enrolVictim(world);
    await world.write('intrusion.json', await atDesk(world, (desk) => intrude(world, desk)));
    // Only if the form did what it is for.
    await (await world.appliance()).release?.(number).catch(() => undefined);
  },
};
