import { newSecret } from '../../pages/cookies.ts';
import type { AdminContext, SignedIn } from './context.ts';

/** A session ends when it was idle for `idle`, and `longest` after the sign-in; milliseconds. */
export const sessionTimes = { idle: 15 * 60_000, longest: 8 * 3_600_000 } as const;

type Parts = Pick<AdminContext, 'store' | 'randomBytes' | 'now'>;

/** Begins a session with an id that did not exist before, and gives it. */
export const beginSession = ({ store, randomBytes, now }: Parts, administrator: string): string => {
  const token = newSecret(randomBytes);
  const at = now();
  store.sessions.create(token, { administrator, at, expiresAt: at + sessionTimes.longest });
  return token;
};

/** Who a session token belongs to now; null when the session has ended, or the client certificate is another's. */
export const sessionUser = (
  { store, now }: Parts,
  token: string,
  certificateName: string | null,
): SignedIn | null => {
  const session = store.sessions.use(token, now(), sessionTimes.idle);
  if (session === undefined) return null;
  const { administrator: name } = session;
  if (certificateName !== null && certificateName !== name) return null;
  const administrator = store.administrators.get(name);
  if (administrator === undefined) return null;
  return { name, sessionToken: token, mustChangePassword: administrator.mustChangePassword };
};
