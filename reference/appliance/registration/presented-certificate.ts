import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { clientStatusIn, type PresentedCertificate } from '../revocation/client-status.ts';
import { createClientNames } from '../signalling/client-identity.ts';
import type { ApplianceStore } from '../store/contract.ts';

/** What the client of a request showed in the TLS handshake, which proved that it holds the key. */
export type Presented =
  | { readonly kind: 'none' }
  /** Verified, recorded, not revoked, its number not blocked. */
  | { readonly kind: 'good'; readonly certificate: PresentedCertificate }
  /** Verified, but `superseded`: revoked because a successor was issued. Good for asking again for that successor only. */
  | { readonly kind: 'superseded'; readonly certificate: PresentedCertificate }
  | { readonly kind: 'refused'; readonly reason: 'untrusted' | 'revoked' | 'blocked' | 'unknown' };

/** Judges what a client presented, anew at each request (interpretations I-7). */
export type PresentedCheck = (request: IncomingMessage) => Presented;

/** The check over the trust certificates and the store. Throws when a trust certificate cannot be read. */
export const createPresentedCheck = (
  trust: { readonly root: string; readonly clientAuthority: string },
  store: ApplianceStore,
  now: () => number,
): PresentedCheck => {
  const names = createClientNames(trust);
  const statusOf = clientStatusIn(store);
  return ({ socket }) => {
    if (!(socket instanceof TLSSocket)) return { kind: 'none' };
    const read = names.read(socket, now());
    if (!read.ok) {
      return read.error.code === 'no-certificate'
        ? { kind: 'none' }
        : { kind: 'refused', reason: 'untrusted' };
    }
    const certificate = read.value;
    const status = statusOf(certificate);
    if (status === 'good') return { kind: 'good', certificate };
    const isSuperseded =
      status === 'revoked' &&
      store.certificates.get(certificate.serial)?.reason === 'superseded' &&
      !store.numbers.isBlocked(certificate.number);
    return isSuperseded ? { kind: 'superseded', certificate } : { kind: 'refused', reason: status };
  };
};
