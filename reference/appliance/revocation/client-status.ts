import type { ApplianceStore } from '../store/contract.ts';

/** A client's certificate that was verified, as far as its status depends on it. */
export interface PresentedCertificate {
  /** Lower-case hexadecimal without leading zeros, as the store keys it. */
  readonly serial: string;
  /** Its CommonName. */
  readonly number: string;
}

/** Whether a client certificate may be used now: a certificate that the appliance never recorded may not. */
export type ClientStatus = 'good' | 'revoked' | 'blocked' | 'unknown';

/** Looks at the state now; from memory, so that it is asked at every handshake and request (interpretations I-7). */
export type ClientStatusCheck = (certificate: PresentedCertificate) => ClientStatus;

/** The check of the reference: the certificate is recorded and not revoked, and its number is not blocked. */
export const clientStatusIn =
  ({
    certificates,
    numbers,
  }: Pick<ApplianceStore, 'certificates' | 'numbers'>): ClientStatusCheck =>
  ({ serial, number }) => {
    const status = certificates.statusOf(serial);
    if (status !== 'valid') return status;
    return numbers.isBlocked(number) ? 'blocked' : 'good';
  };
