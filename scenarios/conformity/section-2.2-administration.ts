import type { z } from 'zod';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { administrationSchema, type Visit } from './activities/administration-evidence.ts';
import { describeVisit, isRefusedSignIn } from './views/administration-view.ts';
import { worst } from './views/worst.ts';

const id = 'administration';
const path = `evidence/${id}/visits.json`;

type Administration = z.infer<typeof administrationSchema>;

/** Everybody who was to be turned away. */
const unwelcome = ['none', 'empty', 'wrong'] as const;

const isShown = (evidence: Evidence, { number, entries }: Administration, way: string): boolean => {
  const outcome = entries.find((entry) => entry.way === way)?.list.outcome;
  return (
    outcome?.kind === 'answered' &&
    outcome.status === 200 &&
    (evidence.text(id, `pages/${way}.html`) ?? '').includes(number)
  );
};

const judgeEntry = (evidence: Evidence, found: Administration, way: string): Finding | null => {
  const paths = [path, `evidence/${id}/pages/${way}.html`];
  const entry = found.entries.find((each) => each.way === way);
  if (!entry) return inconclusive(`the way in "${way}" was not tried`, [path]);
  if (evidence.text(id, `pages/${way}.html`) === null)
    return inconclusive(`the page shown with the password "${way}" was not kept`, paths);
  if (isShown(evidence, found, way))
    return fail(
      `the page of the subscribers was shown without the right password`,
      'asked for the password',
      `${describeVisit(entry.list)} with the password "${way}"`,
      paths,
    );
  const attempts: readonly Visit[] = [...(entry.signIn ? [entry.signIn] : []), entry.list];
  const unclear = attempts.find((visit) => !isRefusedSignIn(visit));
  return unclear
    ? inconclusive(
        `with the password "${way}" the page did not ask for it: ${describeVisit(unclear)}`,
        paths,
      )
    : null;
};

/** Without the password nobody sees the subscribers; with it, the administrator does (control). */
const judgeSignIn = (evidence: Evidence): Finding => {
  const found = evidence.json(id, 'visits.json', administrationSchema);
  if (!found) return inconclusive('the visits to the page are not among the evidence');
  const bad = worst(unwelcome.map((way) => judgeEntry(evidence, found, way)));
  if (bad?.kind === 'fail') return bad;
  if (!isShown(evidence, found, 'right'))
    return inconclusive(
      'the control, the right password, did not lead to the page of the subscribers',
      [path],
    );
  return (
    bad ??
    pass(
      'the page shows the subscribers to the administrator with the password, and asks everybody else for it',
      [path],
    )
  );
};

/** The ECDHE suites with authenticated encryption that I-8 names, as OpenSSL writes them. */
const goodSuite =
  /^(?:TLS_(?:AES_(?:128|256)_GCM|CHACHA20_POLY1305)_SHA(?:256|384)|ECDHE-(?:RSA|ECDSA)-(?:AES(?:128|256)-GCM-SHA(?:256|384)|CHACHA20-POLY1305))$/;

/** protocol_version, or handshake_failure of a server that knows no suite of so old a version (RFC 5246 section 7.2). */
const versionRefusal = /^TLS alert (?:70|40)$/;

const judgeVersion = ({ offered, visit }: Administration['versions'][number]): Finding | null => {
  const { outcome } = visit;
  const isGood = offered === 'TLSv1.2' || offered === 'TLSv1.3';
  if (outcome.kind === 'answered') {
    return isGood && outcome.protocol === offered && goodSuite.test(outcome.suite)
      ? null
      : fail(
          'the page is served over a weaker TLS',
          'TLS 1.2 or 1.3 with ECDHE and authenticated encryption',
          `${outcome.protocol} with ${outcome.suite}`,
          [path],
        );
  }
  if (isGood) return null;
  return outcome.kind === 'failed' && versionRefusal.test(outcome.reason)
    ? null
    : inconclusive(`${offered} was not refused for its version: ${describeVisit(visit)}`, [path]);
};

/** The page speaks TLS 1.2 or 1.3 (control: one of them answers), and nothing older. */
const judgeTransport = (evidence: Evidence): Finding => {
  const found = evidence.json(id, 'visits.json', administrationSchema);
  if (!found) return inconclusive('the visits to the page are not among the evidence');
  const bad = worst(found.versions.map(judgeVersion));
  if (bad?.kind === 'fail') return bad;
  const spoken = found.versions.flatMap(({ visit: { outcome } }) =>
    outcome.kind === 'answered' ? [`${outcome.protocol} with ${outcome.suite}`] : [],
  );
  if (spoken.length === 0)
    return inconclusive('the control: the page answered over no version of TLS', [path]);
  if (!found.versions.some(({ offered }) => offered === 'TLSv1.1'))
    return inconclusive('no older version of TLS was tried', [path]);
  return bad ?? pass(`the page speaks ${spoken.join(', ')}, and nothing older`, [path]);
};

const base = { revision: 1, claims: ['2.2.e'], activities: [id], needs: ['administer'] } as const;

/** Section 2.2: what the administrator does (I-8). */
export const sectionTwoTwoAdministration: readonly Scenario[] = [
  { ...base, id: '2.2/administrator-signs-in', judge: judgeSignIn },
  { ...base, id: '2.2/administration-tls', judge: judgeTransport },
];
