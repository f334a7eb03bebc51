/** What a scenario came to on a pair, after every attempt at it. */
export type Outcome =
  | 'pass'
  | 'warn'
  | 'fail'
  | 'flaky'
  | 'inconclusive'
  | 'unsupported'
  | 'skipped';

/** One attempt: the verdict of its run, and why. */
export interface Attempt {
  readonly kind: Exclude<Outcome, 'flaky'>;
  readonly reason: string;
}

/** What comes of all attempts. */
export interface Settled {
  readonly outcome: Outcome;
  readonly reason: string;
}

const isGood = ({ kind }: Attempt): boolean => kind === 'pass' || kind === 'warn';

/** Whether another attempt could tell more: what a target lacks, it lacks every time. */
export const isWorthRetrying = ({ kind }: Attempt): boolean =>
  kind === 'fail' || kind === 'inconclusive';

/** What attempts come to, in their order: whatever passes only after it did not is flaky, and never a pass. */
export const settle = (attempts: readonly Attempt[]): Settled => {
  const last = attempts.at(-1);
  if (!last) return { outcome: 'skipped', reason: 'it was not run' };
  const bad = attempts.filter((attempt) => !isGood(attempt));
  if (isGood(last) && bad.length > 0)
    return {
      outcome: 'flaky',
      reason: `passed at attempt ${attempts.length}, after: ${bad.map(({ kind, reason }) => `${kind} (${reason})`).join('; ')}`,
    };
  const failed = attempts.find(({ kind }) => kind === 'fail');
  const told = isGood(last) ? last : (failed ?? last);
  const times = attempts.length > 1 ? `, ${attempts.length} attempts` : '';
  return { outcome: told.kind, reason: `${told.reason}${times}` };
};
