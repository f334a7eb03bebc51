import type { z } from 'zod';
import type { Capability } from '../../devices/contract.ts';
import type { ActivityOutcome } from '../../reports/model/run.ts';
import type { Judgement, VerdictKind } from '../../reports/model/verdict.ts';
import type { LocalText } from '../claims/claim.ts';
import type { WireFacts } from '../wire/facts-model.ts';
import { beyondScreens } from './beyond-screens.ts';
import { messageOf } from './deadline.ts';

/** Something seen on this target that says how strong it is and contradicts no claim; it changes no verdict and no exit code. */
export interface ScenarioObservation {
  /** A row of the attack catalogue and what was seen, such as T5/reused-value. */
  readonly id: string;
  readonly text: LocalText;
  /** Paths relative to the run folder. */
  readonly evidence: readonly string[];
}

/** What a judge says: the kind, why, and what was expected and observed. */
export interface Finding {
  readonly kind: VerdictKind;
  readonly reason?: string;
  readonly expected?: string;
  readonly observed?: string;
  /** Paths relative to the run folder. */
  readonly evidence?: readonly string[];
  /** What else was seen, whatever the kind. */
  readonly observations?: readonly ScenarioObservation[];
}

/** A captured activity's traffic, or why there is none. */
export type CapturedWire =
  | { readonly kind: 'captured'; readonly path: string; readonly facts: WireFacts }
  | { readonly kind: 'missing'; readonly reason: string };

/** What a run left on disk, read again. Judges see nothing else: no clock, no network, no target. */
export interface Evidence {
  outcome(activity: string): ActivityOutcome;
  /** What passed on the lab's main segment, or on the one named. */
  wire(activity: string, segment?: string): CapturedWire;
  /** A JSON file of an activity's folder, checked; null when it is absent or not of that shape. */
  json<Schema extends z.ZodType>(
    activity: string,
    path: string,
    schema: Schema,
  ): z.infer<Schema> | null;
  bytes(activity: string, path: string): Uint8Array | null;
  text(activity: string, path: string): string | null;
}

/** One check of one or more claims from the evidence of one or more activities. */
export interface Scenario {
  /** Stable, such as `5.1/sip-tls/suite`. */
  readonly id: string;
  readonly revision: number;
  readonly claims: readonly string[];
  /** Activities whose evidence it reads; all must have been done, else the verdict is inconclusive. */
  readonly activities: readonly string[];
  readonly needs: readonly Capability[];
  /** Pure: the same evidence gives the same finding. */
  readonly judge: (evidence: Evidence) => Finding;
}

/** The claim holds as far as this scenario can see; `observed` says what was seen. */
export const pass = (observed: string, evidence: readonly string[] = []): Finding => ({
  kind: 'pass',
  observed,
  evidence,
});

/** The evidence contradicts the claim. */
export const fail = (
  reason: string,
  expected: string,
  observed: string,
  evidence: readonly string[] = [],
): Finding => ({ kind: 'fail', reason, expected, observed, evidence });

/** The evidence does not allow to say. */
export const inconclusive = (reason: string, evidence: readonly string[] = []): Finding => ({
  kind: 'inconclusive',
  reason,
  evidence,
});

/** The finding with what else was seen. */
export const noting = (
  finding: Finding,
  ...observations: readonly (ScenarioObservation | null)[]
): Finding => ({
  ...finding,
  observations: [...(finding.observations ?? []), ...observations.filter((each) => each !== null)],
});

const blocked = (
  scenario: Scenario,
  evidence: Evidence,
  capabilities: readonly string[] | undefined,
): Finding | null => {
  const lacking = capabilities && scenario.needs.find((need) => !capabilities.includes(need));
  if (lacking !== undefined)
    return { kind: 'unsupported', reason: `the target lacks the capability ${lacking}` };
  for (const id of scenario.activities) {
    const { status, reason } = evidence.outcome(id);
    const why = `activity ${id}: ${reason ?? 'no reason given'}`;
    if (status === 'unsupported') return { kind: 'unsupported', reason: why };
    if (status !== 'done') return inconclusive(why);
  }
  return null;
};

const judgeSafely = (
  scenario: Scenario,
  evidence: Evidence,
  capabilities: readonly string[] | undefined,
): Finding => {
  try {
    return blocked(scenario, evidence, capabilities) ?? scenario.judge(evidence);
  } catch (error) {
    // A fault of the testbed's own is never the target's failure.
    return inconclusive(`the judge of ${scenario.id} failed: ${messageOf(error)}`);
  }
};

/** What came of one scenario. */
export interface Assessment {
  readonly judgements: readonly Judgement[];
  readonly observations: readonly ScenarioObservation[];
}

/** Judges one scenario of a target that can do so much (all there is, where unknown): a judgement for each of its claims, and what it observed. */
export const assessScenario = (
  scenario: Scenario,
  evidence: Evidence,
  capabilities?: readonly string[],
): Assessment => {
  const finding = judgeSafely(scenario, evidence, capabilities);
  const { kind, reason, expected, observed, evidence: paths, observations = [] } = finding;
  const judgements = scenario.claims.map((claim): Judgement => {
    const beyond = beyondScreens(claim, capabilities);
    if (beyond !== null)
      return { claim, scenario: scenario.id, kind: 'unsupported', reason: beyond };
    return {
      claim,
      scenario: scenario.id,
      kind,
      ...(reason === undefined ? {} : { reason }),
      ...(expected === undefined ? {} : { expected }),
      ...(observed === undefined ? {} : { observed }),
      ...(paths === undefined || paths.length === 0 ? {} : { evidence: [...paths] }),
    };
  });
  return { judgements, observations };
};

/** Judges one scenario, for who asks for its judgements alone; see {@link assessScenario}. */
export const judgeScenario = (...given: Parameters<typeof assessScenario>): readonly Judgement[] =>
  assessScenario(...given).judgements;
