import type { z } from 'zod';
import { administrationSchema } from '../activities/administration-evidence.ts';
import {
  without,
  withJson,
  withOutcome,
  withText,
  type Alteration,
} from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const signIn = '2.2/administrator-signs-in';
const transport = '2.2/administration-tls';
const activity = 'administration';

type Found = z.infer<typeof administrationSchema>;
type Outcome = Found['entries'][number]['list']['outcome'];

const inVisits = (change: (found: Found) => unknown): Alteration =>
  withJson(activity, 'visits.json', administrationSchema, change);

const answered = (status: number, asksPassword: boolean): Outcome => ({
  kind: 'answered',
  status,
  protocol: 'TLSv1.3',
  suite: 'TLS_AES_256_GCM_SHA384',
  asksPassword,
});

/** What one way in came to, changed. */
const entry = (way: string, part: 'signIn' | 'list', outcome: Outcome): Alteration =>
  inVisits((found) => {
    const visit = found.entries.find((each) => each.way === way)?.[part];
    if (!visit) throw new Error(`the real run has no ${part} of ${way}`);
    visit.outcome = outcome;
  });

/** The page of the subscribers, shown to somebody. */
const shown =
  (way: string): Alteration =>
  async (evidence) => {
    const page = evidence.text(activity, 'pages/right.html') ?? '';
    const withPage = withText(activity, `pages/${way}.html`, () => page)(evidence);
    return entry(way, 'list', answered(200, false))(withPage);
  };

const version = (offered: string, outcome: Outcome): Alteration =>
  inVisits((found) => {
    const tried = found.versions.find((each) => each.offered === offered);
    if (tried) tried.visit.outcome = outcome;
  });

const speaking = (protocol: string, suite: string): Outcome => ({
  kind: 'answered',
  status: 303,
  protocol,
  suite,
  asksPassword: false,
});

const missing = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no visits', /not among the evidence/, without(activity, 'visits.json')),
  undecided(
    id,
    'visits of the wrong shape',
    /not among the evidence/,
    inVisits(() => ({ entries: [] })),
  ),
  undecided(
    id,
    'an activity that failed',
    /activity administration/,
    withOutcome(activity, { status: 'failed', reason: 'no page' }),
  ),
];

const signInCases: readonly JudgeCase[] = [
  ...missing(signIn),
  ...['none', 'empty', 'wrong'].flatMap((way) => [
    failing(signIn, `shown with the password "${way}"`, /without the right password/, shown(way)),
    undecided(
      signIn,
      `no page kept of the password "${way}"`,
      /was not kept/,
      without(activity, `pages/${way}.html`),
    ),
    undecided(
      signIn,
      `no answer with the password "${way}"`,
      /did not ask for it/,
      entry(way, 'list', { kind: 'deadline' }),
    ),
    undecided(
      signIn,
      `another page with the password "${way}"`,
      /did not ask for it: .*answered 200$/,
      entry(way, 'list', answered(200, false)),
    ),
    undecided(
      signIn,
      `the password "${way}" not tried`,
      /was not tried/,
      inVisits((found) => ({
        ...found,
        entries: found.entries.filter((each) => each.way !== way),
      })),
    ),
  ]),
  ...[429, 503].map((status) =>
    undecided(
      signIn,
      `a wrong password answered by ${status}`,
      /did not ask for it/,
      entry('wrong', 'signIn', answered(status, true)),
    ),
  ),
  tolerated(
    signIn,
    'a wrong password answered by 401',
    /asks everybody else/,
    entry('wrong', 'signIn', answered(401, false)),
  ),
  undecided(
    signIn,
    'the right password not admitted',
    /the control/,
    withText(activity, 'pages/right.html', () => '<h1>Sign in</h1>'),
  ),
  undecided(
    signIn,
    'no page kept of the right password',
    /the control/,
    without(activity, 'pages/right.html'),
  ),
  failing(
    signIn,
    'a page shown to the wrong password, and to nobody with the right one',
    /without the right password/,
    async (evidence) =>
      withText(activity, 'pages/right.html', () => '')(await shown('wrong')(evidence)),
  ),
];

const transportCases: readonly JudgeCase[] = [
  ...missing(transport),
  failing(
    transport,
    'TLS 1.1 spoken',
    /weaker TLS/,
    version('TLSv1.1', speaking('TLSv1.1', 'ECDHE-RSA-AES256-SHA')),
  ),
  failing(
    transport,
    'a suite without authenticated encryption',
    /weaker TLS/,
    version('TLSv1.2', speaking('TLSv1.2', 'ECDHE-RSA-AES256-SHA384')),
  ),
  failing(
    transport,
    'a suite without ephemeral keys',
    /weaker TLS/,
    version('TLSv1.2', speaking('TLSv1.2', 'AES256-GCM-SHA384')),
  ),
  tolerated(
    transport,
    'TLS 1.2 alone',
    /speaks TLSv1\.2/,
    version('TLSv1.3', { kind: 'failed', reason: 'TLS alert 70' }),
  ),
  undecided(
    transport,
    'TLS 1.1 that met no answer',
    /not refused for its version/,
    version('TLSv1.1', { kind: 'deadline' }),
  ),
  undecided(
    transport,
    'TLS 1.1 refused for something else',
    /not refused for its version/,
    version('TLSv1.1', { kind: 'failed', reason: 'ECONNRESET' }),
  ),
  undecided(
    transport,
    'no version answered',
    /the control/,
    inVisits((found) => {
      for (const { visit } of found.versions)
        visit.outcome = { kind: 'failed', reason: 'TLS alert 70' };
    }),
  ),
  undecided(
    transport,
    'TLS 1.1 not tried',
    /no older version/,
    inVisits((found) => ({ ...found, versions: found.versions.slice(1) })),
  ),
];

/** What the visits to the administration page must and must not show. */
export const administrationCases: readonly JudgeCase[] = [...signInCases, ...transportCases];
