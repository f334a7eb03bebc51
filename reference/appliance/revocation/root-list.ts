import { parseCrl } from '../../core/pki/crl.ts';
import type { RevocationListStore } from '../store/contract.ts';

/**
 * Keeps the root's list (DER), which its ceremony made, so that it is served; one that is older than the list kept is ignored.
 * `at`: now, for the log. Throws with one line when it cannot be read.
 */
export const keepRootList = (lists: RevocationListStore, der: Uint8Array, at?: number): void => {
  const parsed = parseCrl(der);
  if (!parsed.ok)
    throw new Error(
      `the root's revocation list cannot be read (${parsed.error.code}); make it anew by a ceremony`,
    );
  const { number, thisUpdate, nextUpdate } = parsed.value;
  lists.publish({ authority: 'root', number: Number(number), thisUpdate, nextUpdate, der }, at);
};
