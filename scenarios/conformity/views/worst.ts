import type { Finding } from '../../campaign/scenario.ts';

/** Of findings on single things the one that decides on all of them: the first failure, else the first that is no pass; null where every one passes. */
export const worst = (findings: readonly (Finding | null)[]): Finding | null => {
  const bad = findings.filter((finding) => finding !== null && finding.kind !== 'pass');
  return bad.find((finding) => finding?.kind === 'fail') ?? bad[0] ?? null;
};
