import { fileURLToPath } from 'node:url';
import type { Administration, Appliance } from '../../../devices/contract.ts';
import { askOnHost } from '../../../simulators/attackers/on-host.ts';
import type { WebOutcome, WebRequest } from '../../../simulators/attackers/web-client.ts';
import {
  linksOf,
  signInFormOf,
  withoutHiddenValues,
} from '../../../simulators/attackers/web-page.ts';
import {
  createWebVisitor,
  type Visited,
  type WebVisitor,
} from '../../../simulators/attackers/web-visitor.ts';
import { nodeProgram } from '../../../simulators/lab/host-process.ts';
import type { World } from '../../campaign/activity.ts';
import type { Visit } from './administration-evidence.ts';

const program = fileURLToPath(
  new URL('../../../simulators/attackers/web-program.ts', import.meta.url),
);

/** Milliseconds for each request, and for the program on the administrator's host to end. */
const deadlines = { request: 8_000, end: 2_000 } as const;

/** Pages that are looked at in search of one. */
const mostPages = 25;

/** The administration page of an appliance; throws where it has none here. */
export const administrationOf = (appliance: Appliance): Promise<Administration> => {
  if (!appliance.administration)
    throw new Error('the appliance has no administration page here, for want of a link for it');
  return appliance.administration();
};

/** The administrator's desk. */
export interface Desk {
  readonly administration: Administration;
  readonly send: (order: WebRequest) => Promise<WebOutcome>;
  /** Someone at the desk, without cookies. */
  readonly visitor: () => WebVisitor;
}

/** Sits down at the administrator's host, does the work and leaves it. */
export const atDesk = async <Value>(
  world: World,
  work: (desk: Desk) => Promise<Value>,
): Promise<Value> => {
  const administration = await administrationOf(await world.appliance());
  const host = world.site.start('administrator', nodeProgram(program, []));
  const ask = askOnHost(host);
  const send = (order: WebRequest) => ask(order) as Promise<WebOutcome>;
  const { endpoint, trust } = administration;
  try {
    return await work({
      administration,
      send,
      visitor: () => createWebVisitor({ endpoint, trust, send, deadlineMs: deadlines.request }),
    });
  } finally {
    await host.stop(deadlines.end);
  }
};

/** The page of a visit; empty where none came. */
export const bodyOf = ({ outcome }: Visited): string =>
  outcome.kind === 'answered' ? outcome.body : '';

/** A visit as evidence: no page, no secret. */
export const visitOf = ({ path, redirects, outcome, cookies }: Visited): Visit => ({
  path,
  redirects: [...redirects],
  cookies: [...cookies],
  outcome:
    outcome.kind === 'answered'
      ? {
          kind: 'answered',
          status: outcome.status,
          protocol: outcome.protocol,
          suite: outcome.suite,
          asksPassword: signInFormOf(outcome.body) !== undefined,
        }
      : outcome,
});

/** Keeps the page of a visit, without the session's secrets. */
export const keepPage = (world: World, name: string, visited: Visited): Promise<void> =>
  world.write(`pages/${name}.html`, withoutHiddenValues(bodyOf(visited)));

/** Signs in by the form that the site shows first: the account in its first text field. */
export const signIn = async (
  visitor: WebVisitor,
  { account, password }: Pick<Administration, 'account' | 'password'>,
): Promise<Visited> => {
  const shown = await visitor.open('/');
  const form = signInFormOf(bodyOf(shown));
  if (!form) return shown;
  const field = (wanted: readonly string[]) =>
    form.fields.find(({ type }) => wanted.includes(type))?.name ?? '';
  return visitor.submit(form, shown.path, {
    [field(['text', 'email'])]: account,
    [field(['password'])]: password,
  });
};

/** Goes through the site's pages, nearest first, and gives those that were opened, until one is what was looked for. */
export const walk = async (
  visitor: WebVisitor,
  start: string,
  options: {
    readonly isFound?: (visited: Visited) => boolean;
    /** Links that are followed; all unless given. */
    readonly follows?: (link: string) => boolean;
  } = {},
): Promise<readonly Visited[]> => {
  const { isFound = () => false, follows = () => true } = options;
  const known = new Set([start]);
  const opened: Visited[] = [];
  for (const path of known) {
    if (opened.length >= mostPages) break;
    const visited = await visitor.open(path);
    opened.push(visited);
    if (isFound(visited)) break;
    for (const link of linksOf(bodyOf(visited)).filter(follows)) known.add(link);
  }
  return opened;
};

/** Where the site shows a number to who is signed in: beyond its first page, which may show only who is there now. Throws where no page does. */
export const findNumber = async (visitor: WebVisitor, number: string): Promise<string> => {
  const shows = (visited: Visited) =>
    visited.outcome.kind === 'answered' &&
    visited.outcome.status === 200 &&
    bodyOf(visited).includes(number);
  const opened = await walk(visitor, '/', {
    isFound: (visited) => visited.path !== '/' && shows(visited),
  });
  const found = opened.findLast(shows);
  if (!found) throw new Error(`no page of the administration shows the subscriber ${number}`);
  return found.path;
};
