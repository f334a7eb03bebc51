import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import { readCsv } from './activities/audit-csv.ts';
import {
  auditActivity,
  auditSchema,
  type AuditAct,
  type AuditFound,
} from './activities/audit-evidence.ts';
import { judgeChain } from './audit-chain.ts';

const path = `evidence/${auditActivity}/acts.json`;
const logPath = `evidence/${auditActivity}/log.csv`;

/** Milliseconds by which the clocks of appliance and testbed may be apart: both are set by NTP, or are the same. */
const clockTolerance = 5_000;

/** What must have been done, in this order. */
const expectedActs = ['sign-in', 'enrolment', 'revocation', 'release', 'refused', 'forged'];

const said: Readonly<Record<AuditAct['act'], string>> = {
  'sign-in': 'the administrator’s sign-in',
  enrolment: 'an enrolment',
  revocation: 'a revocation',
  release: 'the release of a number',
  refused: 'a sign-in with a wrong password',
  forged: 'a sign-in with a forged account',
};

/** Whether the sign-ins were refused for who came: one that was only put off shows nothing. */
const wereRefused = ({ refused, forged }: AuditFound['statuses']): boolean =>
  [refused, forged].every(
    (status) => status !== null && status < 500 && ![408, 425, 429].includes(status),
  );

interface Log {
  readonly found: AuditFound;
  readonly rows: readonly (readonly string[])[];
}

const onLog =
  (judge: (log: Log) => Finding) =>
  (evidence: Evidence): Finding => {
    const found = evidence.json(auditActivity, 'acts.json', auditSchema);
    const text = evidence.text(auditActivity, 'log.csv');
    if (!found || text === null)
      return inconclusive('the log and what was done are not among the evidence', [path]);
    if (found.acts.map(({ act }) => act).join() !== expectedActs.join())
      return inconclusive('not all that the log must have was done', [path]);
    if (!wereRefused(found.statuses))
      return inconclusive('the sign-ins that were to be refused met no proper answer', [path]);
    const rows = readCsv(text);
    if (rows.length < 2)
      return inconclusive('the control: the export has no entry at all', [path, logPath]);
    return judge({ found, rows });
  };

const naming = (row: readonly string[], subject: string): boolean =>
  row.some((cell) => cell.includes(subject));

/** Milliseconds since 1970 of an entry; null where no cell is a time (RFC 3339). */
const timeOf = (row: readonly string[]): number | null => {
  const cell = row.find((each) => /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(each));
  const at = Date.parse(cell ?? '');
  return Number.isNaN(at) ? null : at;
};

interface Span {
  readonly from: number;
  readonly until: number;
}

const isWithin = (at: number, { from, until }: Span, tolerance: number): boolean =>
  at >= from - tolerance && at <= until + tolerance;

/** Milliseconds by which an entry's time may be rounded. */
const roundingOf = (row: readonly string[]): number =>
  row.some((cell) => /T\d\d:\d\d:\d\d\.\d{3}/.test(cell)) ? 5 : 1_000;

/** What the log's clock may show of a span of the testbed's, by the act that took the least time: right or wrong, it goes on evenly. */
const asLogged = (span: Span, acts: readonly AuditAct[]): Span => {
  const [first] = acts
    .flatMap((act) => {
      const at = timeOf(act.added.find((row) => naming(row, act.subject)) ?? []);
      return at === null ? [] : [{ at, from: act.from, until: act.until }];
    })
    .toSorted((a, b) => a.until - a.from - (b.until - b.from));
  if (!first) return span;
  return { from: span.from + first.at - first.until, until: span.until + first.at - first.from };
};

/**
 * The entries of an act: new in the log and naming its subject. Before the sign-in nobody could export the log, so that of all
 * its entries those count that are of that moment.
 */
const entriesOf = (act: AuditAct, others: readonly AuditAct[]): readonly (readonly string[])[] => {
  const entries = act.added.filter((row) => naming(row, act.subject));
  if (act.act !== 'sign-in') return entries;
  const moment = asLogged(act, others);
  return entries.filter((row) => {
    const at = timeOf(row);
    return at !== null && isWithin(at, moment, roundingOf(row));
  });
};

/** Oldest or newest first: where the first entry of each act stands in the export. */
const judgeOrder = (acts: readonly AuditAct[], rows: Log['rows']): Finding | null => {
  const positions = acts.map((act) => {
    const [entry = []] = entriesOf(act, acts);
    return rows.findIndex((row) => row.join() === entry.join());
  });
  const isOrdered = (list: readonly number[]) =>
    list.every((at, index) => at >= 0 && (index === 0 || at > (list[index - 1] ?? -1)));
  return isOrdered(positions) || isOrdered(positions.toReversed())
    ? null
    : fail(
        'the entries of the log are not in the order of what was done',
        'oldest or newest first',
        `rows ${positions.join(', ')} of the export`,
        [path, logPath],
      );
};

const judgeComplete = onLog(({ found, rows }) => {
  const acts = found.acts.filter(({ act }) => act !== 'forged');
  const rewritten = found.acts.find(({ gone }) => gone > 0);
  if (rewritten)
    return fail(
      'entries vanish from the log',
      'every entry of an earlier export in each later one',
      `${rewritten.gone} gone after ${said[rewritten.act]}`,
      [path, logPath],
    );
  const others = acts.filter(({ act }) => act !== 'sign-in');
  const missing = acts.find((act) => entriesOf(act, others).length === 0);
  if (missing)
    return fail(
      `the log has no entry for ${said[missing.act]}`,
      `an entry that names ${missing.subject}`,
      `${missing.added.length} new entries, none of which does`,
      [path, logPath],
    );
  const chain = judgeChain(rows);
  if (chain.kind === 'broken')
    return fail('the chain of the log does not hold', 'no gap and no other hash', chain.reason, [
      logPath,
    ]);
  const disorder = judgeOrder(others, rows);
  if (disorder) return disorder;
  return pass(
    `${acts.length} acts and refusals are in the log, in order${chain.kind === 'whole' ? `; the chain of its ${chain.entries} entries holds` : ''}`,
    [path, logPath],
  );
});

/** Every entry that came with an act, also the appliance’s own, is of the time from it to the next one. */
const judgeClock = onLog(({ found: { acts } }) => {
  const told = acts.flatMap((act, index) => {
    if (act.act === 'sign-in') return [];
    const span = { from: act.from, until: acts[index + 1]?.from ?? act.until };
    const entries = act.added.map((row): Finding | null => {
      const at = timeOf(row);
      if (at === null)
        return inconclusive(`an entry after ${said[act.act]} has no time that can be read`, [path]);
      return isWithin(at, span, clockTolerance)
        ? null
        : fail(
            `the log gives a wrong time for an entry after ${said[act.act]}`,
            `between ${new Date(span.from).toISOString()} and ${new Date(span.until).toISOString()}`,
            `${new Date(at).toISOString()}: ${row.join(', ')}`,
            [path],
          );
    });
    return entries.length > 0
      ? entries
      : [inconclusive(`the log has no entry after ${said[act.act]} to tell its time`, [path])];
  });
  return (
    worst(told) ??
    pass(`the times of ${told.length} entries are right to ${clockTolerance / 1_000} s`, [path])
  );
});

const judgeForgery = onLog(({ found, rows: [header = []] }) => {
  const [refused, forged] = (['refused', 'forged'] as const).map((name) =>
    found.acts.find(({ act }) => act === name),
  );
  if (!refused || refused.added.length === 0 || !forged)
    return inconclusive('the control: the log has no entry for a sign-in that was refused', [path]);
  const isForged = (row: readonly string[]) =>
    row.some((cell) => cell.trim() === found.marker) || row.length !== header.length;
  const observed = `${forged.added.length} new rows, ${refused.added.length} for the account itself`;
  if (forged.added.some(isForged))
    return fail(
      'an entry of the log can be forged through an input',
      'entries as for any refused sign-in, each a row of its own',
      observed,
      [path, logPath],
    );
  if (forged.added.length === 0)
    return fail(
      'a forged account keeps a refused sign-in out of the log',
      'an entry as for any refused sign-in',
      observed,
      [path, logPath],
    );
  return pass(
    `a sign-in under a name with line breaks, quotes, commas and markup left ${observed}`,
    [path, logPath],
  );
});

const base = {
  revision: 1,
  claims: ['2.2.e'],
  activities: [auditActivity],
  needs: ['administer', 'enrol', 'read-token', 'revoke'],
} as const;

/** What the administrators' log must be worth (catalogue A5). */
export const auditAttacks: readonly Scenario[] = [
  { ...base, id: 'attacks/A5/log-complete', judge: judgeComplete },
  { ...base, id: 'attacks/A5/log-clock', judge: judgeClock },
  { ...base, id: 'attacks/A5/log-forgery', judge: judgeForgery },
];
