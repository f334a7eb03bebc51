import type { Administrator, ApplianceStore } from '../store/contract.ts';
import { hashPassword, oneTimePassword, verifyPassword, type PasswordCost } from './password.ts';
import { totpStep } from './totp.ts';

/** Lockout: wrong tries that are free, the first lock and the longest, in milliseconds. */
const lockout = { freeFailures: 4, first: 30_000, longest: 900_000 } as const;

/** Password checks that may wait: each takes one core for a quarter of a second. */
const mostWaiting = 8;

/** Until when an account is locked after so many failures in a row; 0 when not. */
export const lockedUntil = (failures: number, at: number): number =>
  failures <= lockout.freeFailures
    ? 0
    : at + Math.min(lockout.longest, lockout.first * 2 ** (failures - lockout.freeFailures - 1));

/** What somebody gives to sign in. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
  /** Empty without TOTP. */
  readonly code: string;
  /** CommonName of the client certificate where one is required, else null. */
  readonly certificateName: string | null;
}

/** Sign-in and the questions that need the password again. */
export interface SignIn {
  /** The administrator; undefined when refused, for whatever reason; `busy` when too many wait. */
  attempt(credentials: Credentials): Promise<Administrator | undefined | 'busy'>;
  /** Asks the password of somebody signed in again; a wrong one counts as a failed sign-in. */
  confirm(name: string, password: string): Promise<boolean>;
  /** What is stored of a new password. */
  hash(password: string): Promise<string>;
}

/** Runs tasks one after the other; undefined when too many wait. */
const createQueue = (): (<Value>(task: () => Promise<Value>) => Promise<Value> | undefined) => {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (task) => {
    if (waiting >= mostWaiting) return undefined;
    waiting += 1;
    const result = last.then(task).finally(() => {
      waiting -= 1;
    });
    last = result.catch(() => undefined);
    return result;
  };
};

// A lock further off than the longest comes from a clock that has gone back since.
const isLocked = ({ lockedUntil: until }: Administrator, at: number): boolean =>
  until > at && until - at <= lockout.longest;

/**
 * Sign-in of administrators over the store. Known and unknown names cost the same: one derivation and one entry of the audit log.
 * Attempts go one after the other, so that many at once get no more tries than the lockout allows.
 */
export const createSignIn = (options: {
  readonly store: ApplianceStore;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly cost: PasswordCost;
}): SignIn => {
  const { store, now, randomBytes, cost } = options;
  const { administrators } = store;
  const inTurn = createQueue();

  const refuse = (actor: string, action: string, reason: string): void => {
    const detail = { reason };
    store.audit.append({ at: now(), actor, action, subject: actor, detail });
  };

  const secondFactorHolds = (administrator: Administrator, code: string): boolean => {
    if (administrator.totpSecret === null) return true;
    if (administrator.totpSecret === 'unreadable') {
      refuse(administrator.name, 'administrator/sign-in-refused', 'totp-unreadable');
      return false;
    }
    const step = totpStep(administrator.totpSecret, code, now());
    return step !== undefined && administrators.takeTotpStep(administrator.name, step);
  };

  const check = async (
    name: string,
    password: string,
    factors: (administrator: Administrator) => boolean,
  ): Promise<Administrator | undefined> => {
    const asked = administrators.get(name)?.passwordHash;
    const matches = await verifyPassword(password, asked, cost);
    // Read again: it may have been changed or removed meanwhile.
    const administrator = administrators.get(name);
    if (administrator === undefined) {
      // The name is not logged: people type passwords there.
      refuse('unknown', 'administrator/sign-in-failed', 'unknown-name');
      return undefined;
    }
    if (isLocked(administrator, now())) {
      refuse(name, 'administrator/sign-in-refused', 'locked');
      return undefined;
    }
    if (matches && administrator.passwordHash === asked && factors(administrator))
      return administrator;
    administrators.countFailure(name, now(), (failures) => lockedUntil(failures, now()));
    return undefined;
  };

  return {
    attempt: async ({ name, password, code, certificateName }) => {
      const turn = inTurn(async () => {
        const administrator = await check(
          name,
          password,
          (known) =>
            (certificateName === null || certificateName === known.name) &&
            secondFactorHolds(known, code),
        );
        if (administrator !== undefined) administrators.clearFailures(name, now());
        return administrator;
      });
      return turn ?? 'busy';
    },
    confirm: async (name, password) =>
      (await inTurn(() => check(name, password, () => true))) !== undefined,
    hash: (password) => hashPassword(password, randomBytes(16), cost),
  };
};

const newPassword = async (
  randomBytes: (length: number) => Uint8Array,
  cost?: PasswordCost,
): Promise<{ readonly password: string; readonly passwordHash: string }> => {
  const password = oneTimePassword(randomBytes);
  return { password, passwordHash: await hashPassword(password, randomBytes(16), cost) };
};

/** A name and a password that is shown once and must be changed at the first sign-in. */
export interface OneTimeAdministrator {
  readonly name: string;
  readonly password: string;
}

interface Making {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** The default's unless given. */
  readonly cost?: PasswordCost;
}

/** Makes the first administrator of a store that has none, for the caller to print once; undefined when there are some. */
export const firstAdministrator = async (
  store: ApplianceStore,
  { now, randomBytes, cost }: Making,
): Promise<OneTimeAdministrator | undefined> => {
  if (store.administrators.list().length > 0) return undefined;
  const name = 'administrator';
  const { password, passwordHash } = await newPassword(randomBytes, cost);
  const administrator = { name, passwordHash, mustChangePassword: true };
  return store.administrators.add(administrator, 'system', now()) ? { name, password } : undefined;
};

/**
 * Gives an administrator a one-time password, without TOTP and lock, for the caller to print once: the way back in for who has the
 * appliance itself. Undefined when the name is unknown. `by`: who did it.
 */
export const resetAdministrator = async (
  store: ApplianceStore,
  name: string,
  by: string,
  { now, randomBytes, cost }: Making,
): Promise<OneTimeAdministrator | undefined> => {
  const { password, passwordHash } = await newPassword(randomBytes, cost);
  const changes = { passwordHash, totpSecret: null, mustChangePassword: true };
  return store.administrators.change(name, changes, by, now()) ? { name, password } : undefined;
};
