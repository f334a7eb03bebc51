import type { ClaimText, Run } from '../model/run.ts';
import type { Labels } from './labels.ts';
import {
  combineJudgements,
  verdictKinds,
  type Judgement,
  type Verdict,
  type VerdictKind,
} from '../model/verdict.ts';

/** Where a claim stands in a run: a verdict, left to a person, left out of the plan, or neither planned nor judged. */
export type Standing = VerdictKind | 'person' | 'left-out' | 'not-planned';

/** Everything a report shows of one claim. */
export interface ClaimRow {
  readonly claim: ClaimText;
  readonly standing: Standing;
  /** Null unless the standing is a verdict. */
  readonly verdict: Verdict | null;
  /** Why it has no verdict, or why the verdict is what it is. */
  readonly reason: string | null;
  /** The command that runs the claim again. */
  readonly replay: string | null;
  readonly judgements: readonly Judgement[];
}

/** The verdicts of a run, with an inconclusive one for each selected claim that has none (an interrupted run), unless a person judges it. */
export const verdictsOf = (run: Run): readonly Verdict[] => {
  const known = new Set([...run.verdicts.map((verdict) => verdict.claim), ...run.plan.byPerson]);
  const absent = run.plan.selected.filter((claim) => !known.has(claim));
  return [...run.verdicts, ...absent.map((claim) => combineJudgements(claim, []))];
};

/** Whether a claim's verdict only says that it waits for a person. */
const awaitsPerson = (run: Run, { claim, kind }: Verdict): boolean =>
  kind === 'skipped' && run.plan.byPerson.includes(claim);

/** The headline of a result: never that all holds where something waits for a person. */
export const headlineOf = (run: Run, { exits, text }: Labels): string => {
  if (isUnjudged(run)) return text.nothingJudged;
  if (run.exit === 1 && verdictsOf(run).every(({ kind }) => kind !== 'fail'))
    return text.onlyExpected;
  const waiting = run.exit === 0 && verdictsOf(run).some((verdict) => awaitsPerson(run, verdict));
  return waiting ? text.restForPerson : exits[run.exit];
};

/** Whether a run that ends cleanly judged nothing: all that was selected is a person's to judge. */
const isUnjudged = (run: Run): boolean =>
  run.exit === 0 && verdictsOf(run).every(({ kind }) => kind === 'skipped');

const unknownClaim = (id: string): ClaimText => ({
  id,
  section: id.replace(/\.[^.]*$/, ''),
  text: id,
  basis: 'ours',
  interpretations: [],
});

/** One row per claim of the run, in its order; claims that only a verdict names come last. */
export const claimRows = (run: Run): readonly ClaimRow[] => {
  const verdicts = new Map(verdictsOf(run).map((verdict) => [verdict.claim, verdict]));
  const leftOut = new Map(run.plan.leftOut.map(({ claim, reason }) => [claim, reason]));
  const byPerson = new Set(run.plan.byPerson);
  const listed = new Set(run.claims.map((claim) => claim.id));
  const others = [...verdicts.keys(), ...byPerson, ...leftOut.keys()];
  const unlisted = [...new Set(others.filter((id) => !listed.has(id)))];
  return [...run.claims, ...unlisted.map(unknownClaim)].map((claim) => {
    const verdict = verdicts.get(claim.id) ?? null;
    const waits = byPerson.has(claim.id) && (verdict === null || awaitsPerson(run, verdict));
    const outside = leftOut.has(claim.id) ? 'left-out' : 'not-planned';
    return {
      claim,
      verdict,
      standing: waits ? 'person' : (verdict?.kind ?? outside),
      reason: verdict?.reason ?? leftOut.get(claim.id) ?? null,
      replay: run.replay[claim.id] ?? null,
      judgements: run.judgements.filter((judgement) => judgement.claim === claim.id),
    };
  });
};

/** Rows of one standing. */
export const rowsOf = (rows: readonly ClaimRow[], standing: Standing): readonly ClaimRow[] =>
  rows.filter((row) => row.standing === standing);

/** Rows by claim section, sections in the order of the rows. */
export const bySection = (rows: readonly ClaimRow[]): ReadonlyMap<string, readonly ClaimRow[]> =>
  Map.groupBy(rows, (row) => row.claim.section);

/** Verdicts that keep a run from a clean exit, worst first. */
export const unsettledKinds: readonly VerdictKind[] = verdictKinds.filter(
  (kind) => kind !== 'pass' && kind !== 'warn',
);
