import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import type { AuditEntry } from '../../reference/appliance/store/contract.ts';
import type { AdminServiceOptions } from '../../reference/appliance/admin/service.ts';
import { pageBehind, type PageFault } from './administration-front.ts';
import type { Mutant } from './mutant.ts';

type StartAdministration = ApplianceParts['startAdministration'];

/** A page that gets another log to show. */
const showing =
  (change: (entry: AuditEntry) => AuditEntry | null): StartAdministration =>
  ({ store, ...options }) => {
    const all = function* (): Generator<AuditEntry> {
      for (const entry of store.audit.all()) {
        const shown = change(entry);
        if (shown !== null) yield shown;
      }
    };
    return applianceParts.startAdministration({
      ...options,
      store: { ...store, audit: { ...store.audit, all } },
    });
  };

const dropping = (...actions: readonly string[]): StartAdministration =>
  showing((entry) => (actions.includes(entry.action) ? null : entry));

/** Shows only the newest entries. */
const newestOnly: StartAdministration = ({ store, ...options }) => {
  const all = () => store.audit.find({}, 3).toReversed().values();
  return applianceParts.startAdministration({
    ...options,
    store: { ...store, audit: { ...store.audit, all } },
  });
};

const hour = 3_600_000;
const isExport = ({ path }: { readonly path: string }): boolean =>
  path.startsWith('/audit/export.csv');

/** Puts the name that somebody signed in by into the log, as it came. */
const namesAsTheyCame = ({ store }: AdminServiceOptions): PageFault => {
  const unknown: string[] = [];
  return {
    request: (given) => {
      const name = new URLSearchParams(given.body).get('name') ?? '';
      const isSignIn = given.method === 'POST' && given.path.startsWith('/sign-in');
      if (isSignIn && store.administrators.get(name) === undefined) unknown.push(name);
      return given;
    },
    answer: (answer, asked) => {
      if (!isExport(asked)) return answer;
      const names = unknown.values();
      const body = answer.body.replaceAll(
        '"unknown","administrator/sign-in-failed"',
        () => `"${names.next().value ?? ''}","administrator/sign-in-failed"`,
      );
      return { ...answer, body };
    },
  };
};

const rows: readonly (readonly [
  id: string,
  fault: string,
  because: RegExp,
  startAdministration: StartAdministration,
])[] = [
  [
    'drops-sign-ins',
    'lacks sign-ins',
    /no entry for the administrator’s sign-in/,
    dropping('administrator/signed-in'),
  ],
  [
    'drops-refused-sign-ins',
    'lacks sign-ins that were refused',
    /no entry for a sign-in with a wrong password/,
    dropping('administrator/sign-in-failed', 'administrator/sign-in-refused'),
  ],
  [
    'drops-revocations',
    'lacks revocations',
    /no entry for a revocation/,
    dropping('number/revoked', 'certificate/revoked'),
  ],
  [
    'has-gaps',
    'lacks what the appliance did by itself',
    /the chain of the log does not hold.*is missing/,
    dropping('revocation-list/published'),
  ],
  ['forgets', 'keeps the newest entries only', /entries vanish from the log/, newestOnly],
  [
    'is-an-hour-late',
    'gives times of an hour ago',
    /the log gives a wrong time/,
    showing((entry) => ({ ...entry, at: entry.at - hour })),
  ],
  [
    'can-be-forged',
    'has the name of whoever signs in as it came, line breaks and all',
    /can be forged through an input/,
    pageBehind(namesAsTheyCame),
  ],
];

/** Appliances whose administrators' log is worth less than it seems. */
export const auditLogMutants: readonly Mutant[] = rows.map(
  ([id, fault, because, startAdministration]) => ({
    id: `audit-log-${id}`,
    fault: `the log of the administration ${fault}`,
    claims: ['2.2.e'],
    because,
    parts: { appliance: { startAdministration } },
  }),
);
