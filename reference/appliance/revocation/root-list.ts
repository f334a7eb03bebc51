import { issueCrl } from '../../core/pki/crl-issue.ts';
import { parseCrl } from '../../core/pki/crl.ts';
import type { RevocationListStore } from '../store/contract.ts';
import { readAuthority, type SigningAuthority } from './ocsp-responder.ts';

const day = 86_400_000;

/**
 * The root's empty list for an appliance whose root has its key at hand: one that lives as long as its process. A root kept apart
 * signs its list at a ceremony. `now`: milliseconds since 1970; the list is in force for a year.
 */
export const issueRootList = (root: SigningAuthority, now: number): Promise<Uint8Array> =>
  issueCrl({
    issuer: readAuthority(root),
    sign: root.sign,
    number: BigInt(Math.floor(now / 1000)),
    thisUpdate: now - 300_000,
    nextUpdate: now + 365 * day,
    revoked: [],
  });

/**
 * Keeps the root's list (DER) so that it is served; one that is older than the list kept is ignored. Throws with one line when it
 * cannot be read.
 */
export const keepRootList = (lists: RevocationListStore, der: Uint8Array): void => {
  const parsed = parseCrl(der);
  if (!parsed.ok)
    throw new Error(
      `the root's revocation list cannot be read (${parsed.error.code}); make it anew by a ceremony`,
    );
  const { number, thisUpdate, nextUpdate } = parsed.value;
  lists.publish({ authority: 'root', number: Number(number), thisUpdate, nextUpdate, der });
};
