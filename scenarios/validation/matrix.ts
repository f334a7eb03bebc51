import { z } from 'zod';
import { runSchema } from '../../reports/model/run.ts';
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
  /** `warn` or `observation` for a fault that breaks no rule and must be told all the same; `fail` where absent. */
  readonly judged?: 'fail' | 'warn' | 'observation';
}

/** What a run says, as far as it tells of a fault. */
type Said = Pick<RunOutcome, 'judgements' | 'seen'>;

/** What a run of a target came to, as its run.json has it. */
export const runOutcomeSchema = z.object({
  judgements: z.array(judgementSchema),
  /** What was observed; absent in runs of versions that did not look. */
  seen: runSchema.shape.seen,
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

/** What notices a fault: a scenario, and what it says. */
interface Notice {
  readonly scenario: string;
  readonly says: string;
}

/** Observations by scenarios of a claim that do not accuse the target of it. */
const observing = ({ judgements, seen = [] }: Said, claim: string): readonly Notice[] =>
  judgements
    .filter((each) => each.claim === claim && each.kind !== 'fail')
    .flatMap(({ scenario }) =>
      seen
        .filter(({ scenarios }) => scenarios.includes(scenario))
        .map(({ id, text }) => ({ scenario, says: `${id}: ${text}` })),
    );

/** What on a claim notices a fault as it must be noticed; who fails what needs but a warning or an observation accuses wrongly. */
const noticing = ({ judged = 'fail' }: Expected, said: Said, claim: string): readonly Notice[] =>
  judged === 'observation'
    ? observing(said, claim)
    : said.judgements
        .filter((each) => each.claim === claim && each.kind === judged)
        .map((each) => ({ scenario: each.scenario, says: says(each) }));

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

/** The claim's fate, where it is not as expected. */
const shortfall = (
  expected: Expected,
  said: Said,
  claim: string,
): { readonly end: MutantEnd; readonly why: string } | null => {
  const noticed = noticing(expected, said, claim);
  if (noticed.some((notice) => expected.because.test(notice.says))) return null;
  const [first] = noticed;
  // Whatever else was observed, as of every target, is no word on this fault.
  if (first && expected.judged !== 'observation')
    return { end: 'wrong reason', why: `${claim}: ${first.says}` };
  const kinds = said.judgements
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
  const said: Said = outcome ?? { judgements: [] };
  const shortfalls = claims.flatMap((claim) => shortfall(expected, said, claim) ?? []);
  const worst = shortfalls.find(({ end }) => end === 'survived') ?? shortfalls[0];
  const right = claims
    .flatMap((claim) => noticing(expected, said, claim))
    .filter((notice) => because.test(notice.says));
  const isOwn = ({ claim }: Judgement): boolean => judged === 'fail' && claims.includes(claim);
  const others = said.judgements.filter((each) => each.kind === 'fail' && !isOwn(each));
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

/** A judgement on the reference itself that is neither a pass nor a warning, or an observation of a fault that it does not have. */
export interface FalseAlarm {
  /** Which of the repeated runs, from 1. */
  readonly run: number;
  readonly scenario: string;
  readonly claim: string;
  readonly kind: string;
  readonly reason: string;
}

/** What was observed on the reference that would have killed a mutant: it tells nothing of its fault then. */
const falselySeen = (
  run: number,
  outcome: RunOutcome,
  mutants: readonly Expected[],
): readonly FalseAlarm[] =>
  mutants
    .filter(({ judged }) => judged === 'observation')
    .flatMap((mutant) =>
      mutant.claims.flatMap((claim) =>
        observing(outcome, claim)
          .filter((notice) => mutant.because.test(notice.says))
          .map(({ scenario, says: reason }) => ({
            run,
            scenario,
            claim,
            kind: 'observation',
            reason,
          })),
      ),
    );

/** What a run of the unmutated reference was wrongly accused of; what was observed on it is weighed against the mutants that an observation is to kill. */
export const falseAlarmsOf = (
  run: number,
  outcome: RunOutcome,
  mutants: readonly Expected[] = [],
): readonly FalseAlarm[] => [
  ...outcome.judgements
    .filter(({ kind }) => kind !== 'pass' && kind !== 'warn')
    .map(({ scenario, claim, kind, reason = '' }) => ({ run, scenario, claim, kind, reason })),
  ...falselySeen(run, outcome, mutants),
];

/** How often each scenario killed, and how long its activities took. */
export interface ScenarioRow {
  readonly id: string;
  readonly kills: number;
  /** Milliseconds, shared with others that read the same; null where the reference's run was in a lab without it. */
  readonly took: number | null;
}

/** One row for each scenario of a full run of the reference, and for each of `others` that it lacks. */
export const scenarioRows = (
  rows: readonly MatrixRow[],
  { plan, activities }: RunOutcome,
  others: readonly string[] = [],
): readonly ScenarioRow[] => {
  const killsOf = (id: string): number =>
    rows.filter(({ killedBy }) => killedBy.includes(id)).length;
  const lacking = others.filter((id) => !plan.scenarios.some((scenario) => scenario.id === id));
  return [
    ...plan.scenarios.map((scenario) => ({
      id: scenario.id,
      kills: killsOf(scenario.id),
      took: activities
        .filter(({ id }) => scenario.activities.includes(id))
        .reduce((sum, { took }) => sum + took, 0),
    })),
    ...lacking.map((id) => ({ id, kills: killsOf(id), took: null })),
  ];
};

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
