import { createMaliciousUser } from '../../../simulators/attackers/malicious-user.ts';
import { linksOf } from '../../../simulators/attackers/web-page.ts';
import type { Visited, WebVisitor } from '../../../simulators/attackers/web-visitor.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import {
  atDesk,
  bodyOf,
  signIn,
  walk,
  type Desk,
} from '../../conformity/activities/administration-visits.ts';
import { readCsv } from './audit-csv.ts';
import { auditActivity, type AuditAct, type AuditFound } from './audit-evidence.ts';

/** Milliseconds for each step of the enrolment. */
const deadlineMs = 8_000;

/** A number of this activity's own. */
const number = '+33639980230';

const marker = 'discretio-forged';

const statusOf = ({ outcome }: Visited): number | null =>
  outcome.kind === 'answered' ? outcome.status : null;

const exportsOf = (visited: Visited): readonly string[] =>
  linksOf(bodyOf(visited)).filter((link) => /\.csv(?:$|\?)/i.test(link));

/** Path of the log's export as CSV, which some page links to. */
const findExport = async (administrator: WebVisitor): Promise<string> => {
  const opened = await walk(administrator, '/', {
    isFound: (visited) => exportsOf(visited).some((link) => /audit|log|journal/i.test(link)),
  });
  const links = opened.flatMap(exportsOf);
  const path = links.find((link) => /audit|log|journal/i.test(link)) ?? links[0];
  if (path === undefined)
    throw new Error('no page of the administration links to an export of its log as CSV');
  return path;
};

type Rows = readonly (readonly string[])[];

const rowKey = (row: readonly string[]): string => JSON.stringify(row);

/** Rows of `all` beyond those of `others`, each as often as it is missing there. */
const beyond = (all: Rows, others: Rows): string[][] => {
  const left = new Map<string, number>();
  for (const row of others) left.set(rowKey(row), (left.get(rowKey(row)) ?? 0) + 1);
  return all.flatMap((row) => {
    const count = left.get(rowKey(row)) ?? 0;
    left.set(rowKey(row), count - 1);
    return count > 0 ? [] : [[...row]];
  });
};

const names = (row: readonly string[], subject: string): boolean =>
  row.some((cell) => cell.includes(subject));

/** Does one thing after the other and looks at the log behind each. */
const createWitness = (read: () => Promise<string>) => {
  const acts: AuditAct[] = [];
  let last = '';
  return {
    acts,
    last: () => last,
    async see<Value>(
      act: AuditAct['act'],
      subject: string,
      work: () => Promise<Value>,
    ): Promise<Value> {
      const from = Date.now();
      const done = await work();
      const until = Date.now();
      const [before, text] = [last, await read()];
      const [older, newer] = [readCsv(before), readCsv(text)];
      const fresh = beyond(newer, older);
      const added = before === '' ? fresh.filter((row) => names(row, subject)) : fresh;
      acts.push({ act, subject, from, until, added, gone: beyond(older, newer).length });
      last = text;
      return done;
    },
  };
};

const enrol = async (world: World): Promise<void> => {
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

/** An account behind which an entry like this one follows on a line of its own, after whatever would close the cell, the row or the element that it stands in. */
const forgedAccount = (account: string, entry: readonly string[]): string => {
  const copy = entry.map((cell) => (cell.includes(account) ? marker : cell.replaceAll('"', '')));
  const line = copy.map((cell) => `"${cell}"`).join(',');
  return `${account}"\r\n${line}\r\n${copy.join(',')}\r\n</td></tr><tr><td>${marker}</td></tr>`;
};

const actAll = async (world: World, desk: Desk): Promise<{ found: AuditFound; log: string }> => {
  const { administration, visitor } = desk;
  const { account, password } = administration;
  const appliance = await world.appliance();
  const administrator = visitor();
  let path = '';
  const witness = createWitness(async () => {
    if (path === '') path = await findExport(administrator);
    return bodyOf(await administrator.open(path));
  });
  await witness.see('sign-in', account, () => signIn(administrator, administration));
  await witness.see('enrolment', number, () => enrol(world));
  await witness.see('revocation', number, async () => appliance.revoke?.(number));
  await witness.see('release', number, async () => appliance.release?.(number));
  const wrong = `${password.slice(0, -1)}~`;
  const refused = await witness.see('refused', account, () =>
    signIn(visitor(), { account, password: wrong }),
  );
  const like = witness.acts.at(-1)?.added.find((row) => names(row, account)) ?? [account];
  const forged = await witness.see('forged', account, () =>
    signIn(visitor(), { account: forgedAccount(account, like), password: wrong }),
  );
  const statuses = { refused: statusOf(refused), forged: statusOf(forged) };
  return { found: { path, marker, statuses, acts: witness.acts }, log: witness.last() };
};

/** An administrator exports the log behind each of some acts and refusals; the last is a sign-in whose account is an entry of the log. */
export const auditLog: Activity = {
  id: auditActivity,
  title: 'an administrator looks behind each act whether the log has it',
  effect:
    'enrols one number, revokes it and releases it; gives a wrong password twice, once for an account that looks like an entry of the log',
  disturbs: true,
  needs: ['administer', 'enrol', 'read-token', 'revoke'],
  expected: 2_000,
  after: [],
  captured: false,
  async run(world) {
    const { found, log } = await atDesk(world, (desk) => actAll(world, desk));
    await world.write('acts.json', found);
    await world.write('log.csv', log);
  },
};
