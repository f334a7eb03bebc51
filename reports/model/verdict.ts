import { z } from 'zod';

/** What a claim's evidence allows to say, from worst to best; see {@link combine}. */
export const verdictKinds = [
  'fail',
  'inconclusive',
  'unsupported',
  'skipped',
  'warn',
  'pass',
] as const;

export const verdictKindSchema = z.enum(verdictKinds);
export type VerdictKind = z.infer<typeof verdictKindSchema>;

/** That an outcome other than a pass was known beforehand, why, and until when; it excuses nothing. */
export const expectationSchema = z.strictObject({
  reason: z.string(),
  link: z.string(),
  /** The last day on which it counts, such as 2027-06-30. */
  expires: z.string(),
});
export type Expectation = Readonly<z.infer<typeof expectationSchema>>;

/** One scenario's word on one claim. Everything but a pass says why. */
export const judgementSchema = z.strictObject({
  claim: z.string(),
  scenario: z.string(),
  kind: verdictKindSchema,
  reason: z.string().optional(),
  expected: z.string().optional(),
  observed: z.string().optional(),
  /** Paths in the run folder, relative to it, that the judgement was read from. */
  evidence: z.array(z.string()).optional(),
  /** Where the plan's expectations foresaw this outcome. */
  expectation: expectationSchema.optional(),
});
export type Judgement = Readonly<z.infer<typeof judgementSchema>>;

/** The verdict on one claim: the public `--json` shape. */
export const verdictSchema = judgementSchema.omit({ scenario: true });
export type Verdict = Readonly<z.infer<typeof verdictSchema>>;

/** The worse of several kinds; nothing at all is inconclusive. Monotone: adding a judgement never improves the outcome, except from nothing. */
export const combine = (kinds: readonly VerdictKind[]): VerdictKind =>
  verdictKinds.find((kind) => kinds.includes(kind)) ?? 'inconclusive';

/** Combines the judgements on one claim: the worst kind, told by the first judgement of that kind that nobody expected, else by the first (a pass: by all), with the evidence of all of that kind. */
export const combineJudgements = (claim: string, judgements: readonly Judgement[]): Verdict => {
  const kind = combine(judgements.map((judgement) => judgement.kind));
  const decisive = judgements.filter((judgement) => judgement.kind === kind);
  const first = decisive.find(({ expectation }) => expectation === undefined) ?? decisive[0];
  if (!first) return { claim, kind, reason: 'no scenario gave a judgement' };
  const evidence = [...new Set(decisive.flatMap((judgement) => judgement.evidence ?? []))];
  const { scenario: _scenario, ...rest } = first;
  const seen = [...new Set(decisive.flatMap(({ observed }) => observed ?? []))];
  return {
    ...rest,
    // A claim that several scenarios pass rests on what all of them saw.
    ...(kind === 'pass' && seen.length > 0 ? { observed: seen.join('; ') } : {}),
    ...(evidence.length > 0 ? { evidence } : {}),
  };
};

/** Exit codes of every command: clean, a claim fails, inconclusive, wrong usage. */
export const exitCodes = { clean: 0, fails: 1, inconclusive: 2, usage: 64 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit code of a set of verdicts, the plan's own exceptions (a person's to judge) already left out. */
export const exitCodeOf = (kinds: readonly VerdictKind[]): ExitCode => {
  if (kinds.includes('fail')) return exitCodes.fails;
  const clean = kinds.length > 0 && kinds.every((kind) => kind === 'pass' || kind === 'warn');
  return clean ? exitCodes.clean : exitCodes.inconclusive;
};
