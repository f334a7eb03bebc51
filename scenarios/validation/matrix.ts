import { z } from 'zod';
import { judgementSchema, type Judgement } from '../../reports/model/verdict.ts';

/** What must be known of a mutant to tell whether a run noticed its fault. */
export interface Expected {
  readonly id: string;
  /** One line. */
  readonly fault: string;
  /** Claims that it breaks. */
  readonly claims: readonly string[];
  /** What a failing judgement on one of them must say. */
  readonly because: RegExp;
  /** `warn` for a fault that breaks no rule and must be told all the same; `fail` where absent. */
  readonly judged?: 'fail' | 'warn';
}

/** What a run of a target came to, as its run.json has it. */
export const runOutcomeSchema = z.object({
  judgements: z.array(judgementSchema),
  activities: z.array(z.object({ id: z.string(), took: z.number() })),
  plan: z.object({
    selected: z.array(z.string()),
    scenarios: z.array(z.object({ id: z.string(), activities: z.array(z.string()) })),
  }),
});
export type RunOutcome = Readonly<z.infer<typeof runOutcomeSchema>>;

/**
 * `killed`: every claim that it breaks failed, for the reason expected. `wrong reason`: they failed, one of them for another
 * reason only. `survived`: one of them did not fail. `not run`: the run left no judgements.
 */
export type MutantEnd = 'killed' | 'wrong reason' | 'survived' | 'not run';

/** One mutant's row of the matrix. */
export interface MatrixRow {
  readonly id: string;
  readonly fault: string;
  readonly claims: readonly string[];
  readonly end: MutantEnd;
  /** Scenarios that failed it for the reason expected. */
  readonly killedBy: readonly string[];
  /** Why it is not killed; empty where it is. */
  readonly why: string;
  /** Claims beside its own that failed. */
  readonly alsoFailed: readonly string[];
  /** Milliseconds. */
  readonly took: number;
}

const says = ({ reason = '', expected = '', observed = '' }: Judgement): string =>
  `${reason}; expected ${expected}; observed ${observed}`;

/** Judgements on a claim that notice a fault as it must be; who fails what needs but a warning accuses wrongly. */
const noticing = (
  { judged = 'fail' }: Expected,
  judgements: readonly Judgement[],
  claim: string,
): readonly Judgement[] =>
  judgements.filter((each) => each.claim === claim && each.kind === judged);

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

/** The claim's fate, where it is not as expected. */
const shortfall = (
  expected: Expected,
  judgements: readonly Judgement[],
  claim: string,
): { readonly end: MutantEnd; readonly why: string } | null => {
  const noticed = noticing(expected, judgements, claim);
  if (noticed.some((judgement) => expected.because.test(says(judgement)))) return null;
  const [first] = noticed;
  if (first) return { end: 'wrong reason', why: `${claim}: ${says(first)}` };
  const kinds = judgements
    .filter((each) => each.claim === claim)
    .map(
      ({ scenario, kind, reason }) =>
        `${scenario} ${kind}${reason === undefined ? '' : ` (${reason})`}`,
    );
  return { end: 'survived', why: `${claim}: ${kinds.join(', ') || 'not judged'}` };
};

/** The row of a mutant whose run came to `outcome` after `took` milliseconds; null where there is none. */
export const rowOf = (expected: Expected, outcome: RunOutcome | null, took: number): MatrixRow => {
  const { id, fault, claims, because, judged = 'fail' } = expected;
  const judgements = outcome?.judgements ?? [];
  const shortfalls = claims.flatMap((claim) => shortfall(expected, judgements, claim) ?? []);
  const worst = shortfalls.find(({ end }) => end === 'survived') ?? shortfalls[0];
  const right = claims
    .flatMap((claim) => noticing(expected, judgements, claim))
    .filter((each) => because.test(says(each)));
  const isOwn = ({ claim }: Judgement): boolean => judged === 'fail' && claims.includes(claim);
  const others = judgements.filter((each) => each.kind === 'fail' && !isOwn(each));
  return {
    id,
    fault,
    claims,
    ...(outcome === null
      ? { end: 'not run', why: 'the run left no judgements' }
      : (worst ?? { end: 'killed', why: '' })),
    killedBy: unique(right.map(({ scenario }) => scenario)),
    alsoFailed: unique(others.map(({ claim }) => claim)),
    took,
  };
};

/** A judgement on the reference itself that is neither a pass nor a warning. */
export interface FalseAlarm {
  /** Which of the repeated runs, from 1. */
  readonly run: number;
  readonly scenario: string;
  readonly claim: string;
  readonly kind: string;
  readonly reason: string;
}

/** What a run of the unmutated reference was wrongly accused of. */
export const falseAlarmsOf = (run: number, { judgements }: RunOutcome): readonly FalseAlarm[] =>
  judgements
    .filter(({ kind }) => kind !== 'pass' && kind !== 'warn')
    .map(({ scenario, claim, kind, reason = '' }) => ({ run, scenario, claim, kind, reason }));

/** How often each scenario killed, and how long its activities took (milliseconds, shared with others that read the same). */
export interface ScenarioRow {
  readonly id: string;
  readonly kills: number;
  readonly took: number;
}

/** One row for each scenario of a full run of the reference. */
export const scenarioRows = (
  rows: readonly MatrixRow[],
  { plan, activities }: RunOutcome,
): readonly ScenarioRow[] =>
  plan.scenarios.map((scenario) => ({
    id: scenario.id,
    kills: rows.filter(({ killedBy }) => killedBy.includes(scenario.id)).length,
    took: activities
      .filter(({ id }) => scenario.activities.includes(id))
      .reduce((sum, { took }) => sum + took, 0),
  }));

/** How the testbed was validated: every mutant, every scenario, and what the reference itself was accused of. */
export interface Matrix {
  readonly mutants: readonly MatrixRow[];
  readonly scenarios: readonly ScenarioRow[];
  /** How often the unmutated reference was run. */
  readonly repeats: number;
  readonly falseAlarms: readonly FalseAlarm[];
}

/** Whether nothing is amiss: every mutant is killed for the right reason and the reference was never accused. */
export const isSound = ({ mutants, falseAlarms }: Matrix): boolean =>
  mutants.every(({ end }) => end === 'killed') && falseAlarms.length === 0;
