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

/** What is known of the list published last. */
export interface PublishedCrl {
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** How many certificates it revokes. */
  readonly revocations: number;
}

/**
 * When the next list is to be issued (milliseconds since 1970; `now` where it is due): at once where there is none or where
 * certificates were revoked since, where the clock has gone back before its date, else at half of its life.
 */
export const nextCrlIssue = (
  published: PublishedCrl | undefined,
  revocations: number,
  now: number,
): number => {
  if (published === undefined || published.revocations !== revocations) return now;
  const { thisUpdate, nextUpdate } = published;
  return now < thisUpdate ? now : Math.max(now, thisUpdate + (nextUpdate - thisUpdate) / 2);
};
