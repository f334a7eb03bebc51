import type { Certificate } from '../../core/pki/certificate.ts';
import { findRevoked, parseCrl, type Crl, type verifyCrl } from '../../core/pki/crl.ts';
import type { StatusConnection } from './status-connection.ts';

/** Milliseconds after which a list is fetched again although it is still in force: the root's lives long. */
const maximumAge = 86_400_000;

/** The root's revocation list as a phone knows it. */
export interface RootList {
  /** Whether the root has revoked each of these, at a time (milliseconds since 1970); rejects with one line where there is no list in force. */
  areRevoked(
    authorities: readonly Certificate[],
    now: number,
    connection: StatusConnection,
  ): Promise<readonly boolean[]>;
}

interface Held {
  readonly list: Crl;
  readonly fetchedAt: number;
}

/** Fetches the list when it is first asked for and keeps it until its end, or for a day; one with a smaller number than that kept is refused. `verify` says whether one is the root's and in force. */
export const createRootList = (root: Certificate, verify: typeof verifyCrl): RootList => {
  let held: Held | null = null;
  const fetchList = async (connection: StatusConnection, now: number): Promise<Held> => {
    const asked = { path: '/v1/crl/root.crl', expects: 'application/pkix-crl' } as const;
    const parsed = parseCrl(await connection.fetch(asked));
    const verified = parsed.ok ? verify(parsed.value, root, now) : parsed;
    if (!verified.ok) throw new Error(`the root's list is refused: ${verified.error.code}`);
    const list = verified.value;
    if (held && list.number < held.list.number)
      throw new Error("the root's list is refused: it is older than the one before");
    held = { list, fetchedAt: now };
    return held;
  };
  const current = async (connection: StatusConnection, now: number): Promise<Held> => {
    const kept = held !== null && verify(held.list, root, now).ok ? held : null;
    const age = kept ? now - kept.fetchedAt : Infinity;
    if (kept && age >= 0 && age < maximumAge) return kept;
    const fetching = fetchList(connection, now);
    // One that is still in force outlives a service that does not give another.
    return kept ? fetching.catch(() => kept) : fetching;
  };
  return {
    async areRevoked(authorities, now, connection) {
      const { list } = await current(connection, now);
      return authorities.map(({ serial }) => findRevoked(list, serial) !== undefined);
    },
  };
};
