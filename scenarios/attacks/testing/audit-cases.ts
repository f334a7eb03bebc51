import {
  without,
  withJson,
  withOutcome,
  withText,
  type Alteration,
} from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  auditActivity,
  auditSchema,
  type AuditAct,
  type AuditFound,
} from '../activities/audit-evidence.ts';

const complete = 'attacks/A5/log-complete';
const clock = 'attacks/A5/log-clock';
const forgery = 'attacks/A5/log-forgery';
const every = [complete, clock, forgery];

const inFound = (change: (found: AuditFound) => unknown): Alteration =>
  withJson(auditActivity, 'acts.json', auditSchema, change);

const inAct = (name: AuditAct['act'], change: (act: AuditAct) => Partial<AuditAct>): Alteration =>
  inFound((found) => ({
    ...found,
    acts: found.acts.map((act) => (act.act === name ? { ...act, ...change(act) } : act)),
  }));

const inLog = (change: (text: string) => string): Alteration =>
  withText(auditActivity, 'log.csv', change);

const nothing = { added: [] };

const withoutNames = (name: AuditAct['act']): Alteration =>
  inAct(name, ({ added, subject }) => ({
    added: added.map((row) => row.map((cell) => cell.replaceAll(subject, 'somebody'))),
  }));

/** Every time of the entries, changed by so many milliseconds. */
const later = (name: AuditAct['act'], milliseconds: number): Alteration =>
  inAct(name, ({ added }) => ({
    added: added.map((row) =>
      row.map((cell) =>
        /^\d{4}-\d\d-\d\dT/.test(cell)
          ? new Date(Date.parse(cell) + milliseconds).toISOString()
          : cell,
      ),
    ),
  }));

const shared = every.flatMap((id) => [
  undecided(id, 'no acts', /not among the evidence/, without(auditActivity, 'acts.json')),
  undecided(id, 'no log', /not among the evidence/, without(auditActivity, 'log.csv')),
  undecided(
    id,
    'an activity that failed',
    /^activity audit-log/,
    withOutcome(auditActivity, { status: 'failed', reason: 'no page' }),
  ),
  undecided(
    id,
    'fewer acts',
    /not all that the log must have/,
    inFound((found) => ({ ...found, acts: found.acts.slice(1) })),
  ),
  undecided(
    id,
    'sign-ins that were put off',
    /met no proper answer/,
    inFound((found) => ({ ...found, statuses: { refused: 429, forged: 429 } })),
  ),
  undecided(
    id,
    'sign-ins without an answer',
    /met no proper answer/,
    inFound((found) => ({ ...found, statuses: { refused: null, forged: null } })),
  ),
  undecided(
    id,
    'an empty export',
    /the control: the export/,
    inLog(() => ''),
  ),
]);

const completeCases: readonly JudgeCase[] = [
  ...(['sign-in', 'enrolment', 'revocation', 'release', 'refused'] as const).flatMap((name) => [
    failing(
      complete,
      `no entry for ${name}`,
      /the log has no entry for/,
      inAct(name, () => nothing),
    ),
    failing(
      complete,
      `an entry for ${name} that does not say for whom`,
      /the log has no entry for/,
      withoutNames(name),
    ),
  ]),
  failing(
    complete,
    'a sign-in of another moment',
    /no entry for the administrator’s sign-in/,
    later('sign-in', -600_000),
  ),
  failing(
    complete,
    'entries that vanished',
    /entries vanish/,
    inAct('release', () => ({ gone: 1 })),
  ),
  failing(
    complete,
    'an entry missing in the middle',
    /chain of the log does not hold/,
    inLog((text) => text.replace(/\r\n"3",[^\r]*/, '')),
  ),
  failing(
    complete,
    'an entry changed afterwards',
    /chain of the log does not hold/,
    inLog((text) => text.replace('"number/released"', '"number/revoked"')),
  ),
  failing(
    complete,
    'entries in no order',
    /not in the order/,
    inFound((found) => {
      const [first, enrolment, revocation, ...rest] = found.acts;
      if (!first || !enrolment || !revocation) return found;
      const swapped = [
        { ...enrolment, added: revocation.added },
        { ...revocation, added: enrolment.added },
      ];
      return { ...found, acts: [first, ...swapped, ...rest] };
    }),
  ),
  tolerated(
    complete,
    'a log that begins with its newest entry, and has no chain',
    /in order$/,
    inLog((text) => {
      const [header = '', ...lines] = text.trim().split('\r\n');
      return [header.replace('"hash"', '"check"'), ...lines.toReversed()].join('\r\n');
    }),
  ),
];

const clockCases: readonly JudgeCase[] = [
  ...(['enrolment', 'revocation', 'release', 'refused'] as const).flatMap((name) => [
    failing(clock, `${name} an hour late`, /gives a wrong time/, later(name, 3_600_000)),
    undecided(
      clock,
      `no entry for ${name}`,
      /to tell its time/,
      inAct(name, () => nothing),
    ),
    undecided(
      clock,
      `no time of ${name}`,
      /no time that can be read/,
      inAct(name, ({ added }) => ({ added: added.map((row) => row.filter((_, at) => at !== 1)) })),
    ),
  ]),
  failing(
    clock,
    'an entry of the appliance’s own at another time',
    /gives a wrong time/,
    inAct('revocation', ({ added, from }) => ({
      added: [...added, ['99', new Date(from - 300_000).toISOString(), 'system']],
    })),
  ),
  tolerated(clock, 'two seconds apart', /right to 5 s/, later('release', 2_000)),
];

const forgeryCases: readonly JudgeCase[] = [
  failing(
    forgery,
    'a forged entry',
    /can be forged/,
    inAct('forged', ({ added }) => ({
      added: [...added, (added[0] ?? []).map((cell, at) => (at === 3 ? 'discretio-forged' : cell))],
    })),
  ),
  failing(
    forgery,
    'a line of its own',
    /can be forged/,
    inAct('forged', ({ added }) => ({ added: [...added, ['</td>discretio-forged']] })),
  ),
  failing(
    forgery,
    'no entry for the forged account',
    /keeps a refused sign-in out of the log/,
    inAct('forged', () => nothing),
  ),
  undecided(
    forgery,
    'no entry for a refused sign-in',
    /the control/,
    inAct('refused', () => nothing),
  ),
  tolerated(
    forgery,
    'the forged name in one cell, and an entry of the appliance’s own',
    /new rows/,
    inAct('forged', ({ added }) => ({
      added: [...added, (added[0] ?? []).map((cell) => `${cell}\r\n"discretio-forged"`)],
    })),
  ),
];

/** What an administrators' log can be. */
export const auditCases: readonly JudgeCase[] = [
  ...shared,
  ...completeCases,
  ...clockCases,
  ...forgeryCases,
];
