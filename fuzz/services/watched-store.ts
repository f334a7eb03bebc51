import type { ApplianceStore } from '../../reference/appliance/store/contract.ts';
import { createMemoryStore } from '../../reference/appliance/store/open.ts';

/** Operations that change what others rely on: certificates, numbers, administrators, sessions, settings. */
const watched: Readonly<Record<string, readonly string[]>> = {
  enrolments: ['begin', 'issue'],
  certificates: ['addServer', 'renew', 'revoke'],
  numbers: ['revokeNumber', 'releaseNumber'],
  administrators: ['add', 'change', 'remove'],
  sessions: ['create', 'end', 'endAll'],
  settings: ['set'],
};

/** Operations after which the same request may come out otherwise, though nothing was done. */
const counted: Readonly<Record<string, readonly string[]>> = {
  enrolments: ['tryToken', 'forget', 'notSent'],
  administrators: ['countFailure', 'takeTotpStep'],
};

/** Requests after which the store is made anew in any case, since the audit log grows. */
const renewedAfter = 300;

/** A store in memory that tells what was done to it, and that is as new whenever something was. */
export interface WatchedStore {
  readonly store: ApplianceStore;
  /** Readies the store for the next request: a case depends on nothing before it. */
  begin(): void;
  /** What was done since, as `certificates.revoke`. */
  readonly effects: () => readonly string[];
}

const hasDone = (outcome: unknown): boolean => {
  if (outcome === false) return false;
  if (typeof outcome !== 'object' || outcome === null || !('kind' in outcome)) return true;
  return outcome.kind !== 'refused' && outcome.kind !== 'key-known';
};

/** Watches stores that are filled by `fill`. */
export const createWatchedStore = (fill: (store: ApplianceStore) => void): WatchedStore => {
  const effects: string[] = [];
  let current: ApplianceStore | null = null;
  let requests = 0;
  let isDirty = false;

  const filled = (): ApplianceStore => {
    current ??= createMemoryStore();
    return current;
  };
  const groupOf = (name: string): object =>
    new Proxy(
      {},
      {
        get: (_none, operation) => {
          const group = Reflect.get(filled(), name) as Record<PropertyKey, unknown>;
          const work = group[operation];
          if (typeof work !== 'function' || typeof operation === 'symbol') return work;
          return (...given: readonly unknown[]): unknown => {
            const outcome: unknown = Reflect.apply(work, group, given);
            const isEffect = watched[name]?.includes(operation) === true && hasDone(outcome);
            if (isEffect) effects.push(`${name}.${operation}`);
            if (isEffect || counted[name]?.includes(operation) === true) isDirty = true;
            return outcome;
          };
        },
      },
    );
  const groups = new Map<PropertyKey, object>();
  const store = new Proxy({} as ApplianceStore, {
    get: (_none, name) => {
      const value: unknown = Reflect.get(filled(), name);
      if (typeof value === 'function') return value.bind(filled()) as unknown;
      if (typeof value !== 'object' || value === null || typeof name === 'symbol') return value;
      const group = groups.get(name) ?? groupOf(name);
      groups.set(name, group);
      return group;
    },
  });
  return {
    store,
    begin() {
      requests += 1;
      if (current === null || isDirty || requests > renewedAfter) {
        current?.close();
        current = null;
        fill(filled());
        requests = 0;
      }
      isDirty = false;
      effects.length = 0;
    },
    effects: () => [...effects],
  };
};
