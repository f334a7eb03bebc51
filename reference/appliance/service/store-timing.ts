import type { ApplianceStore } from '../store/contract.ts';

/** What is durable when it returns: the time of these is the disk's. What only reads is not measured. */
const writing: ReadonlySet<string> = new Set([
  'begin',
  'notSent',
  'tryToken',
  'issue',
  'addServer',
  'renew',
  'revoke',
  'revokeNumber',
  'releaseNumber',
  'reserveNumber',
  'publish',
  'create',
  'append',
]);

const timed = <Part extends object>(
  name: string,
  part: Part,
  observe: (operation: string, milliseconds: number) => void,
): Part => {
  const entries = Object.entries(part).map(([operation, value]: [string, unknown]) => {
    if (typeof value !== 'function' || !writing.has(operation)) return [operation, value];
    const measured = (...words: unknown[]): unknown => {
      const begun = performance.now();
      try {
        return Reflect.apply(value, part, words);
      } finally {
        observe(`${name}.${operation}`, performance.now() - begun);
      }
    };
    return [operation, measured];
  });
  return Object.fromEntries(entries) as Part;
};

/** A store whose operations on the disk are measured; `observe` gets `enrolments.issue` and the like. */
export const timeStore = (
  store: ApplianceStore,
  observe: (operation: string, milliseconds: number) => void,
): ApplianceStore => ({
  ...store,
  enrolments: timed('enrolments', store.enrolments, observe),
  certificates: timed('certificates', store.certificates, observe),
  numbers: timed('numbers', store.numbers, observe),
  revocationLists: timed('lists', store.revocationLists, observe),
  sessions: timed('sessions', store.sessions, observe),
  audit: timed('audit', store.audit, observe),
});
