import type { Crl } from './crl.ts';

/** How long an authority's list is in force, and how far back it is dated, in milliseconds. */
export const crlTimes = {
  /** Bounds for how long an old list may be passed off as the newest. */
  lifetime: 86_400_000,
  /** A verifier whose clock is this much behind takes the list (as for certificates, I-2). */
  backdating: 300_000,
} as const;

/** Dates of a list issued now (milliseconds since 1970). */
export const crlDates = (
  now: number,
  lifetime: number = crlTimes.lifetime,
): { readonly thisUpdate: number; readonly nextUpdate: number } => ({
  thisUpdate: now - crlTimes.backdating,
  nextUpdate: now + lifetime,
});

/**
 * When the next list is to be issued (milliseconds since 1970; `now` where it is due): at once where there is none, where a serial
 * ({@link serialText}) is revoked that it lacks, or where the clock is before its date; else at half of its life. Entries that may
 * be left out since stay until then.
 */
export const nextCrlIssue = (
  published: Pick<Crl, 'thisUpdate' | 'nextUpdate' | 'revoked'> | undefined,
  revokedSerials: readonly string[],
  now: number,
): number => {
  if (published === undefined) return now;
  const { thisUpdate, nextUpdate, revoked } = published;
  if (now < thisUpdate || revokedSerials.some((serial) => !revoked.has(serial))) return now;
  return Math.max(now, thisUpdate + (nextUpdate - thisUpdate) / 2);
};
