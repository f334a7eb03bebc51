import { describe, expect, it } from 'vitest';
import type { VerdictKind } from '../../reports/model/verdict.ts';
import {
  assessScenario,
  judgeScenario,
  type Evidence,
  type Scenario,
} from '../campaign/scenario.ts';
import type { Alteration } from './altered.ts';

/** One alteration of real evidence and what the judge of a scenario must then say. */
export interface JudgeCase {
  readonly scenario: string;
  readonly kind: VerdictKind;
  /** What was altered, for the title. */
  readonly what: string;
  /** Fits the reason, or what was observed where the kind is a pass. */
  readonly reason: RegExp;
  /** Fits an observation, by its name and its text, that the evidence as it is does not give. */
  readonly notes?: RegExp;
  readonly alter: Alteration;
}

type Rest = [what: string, reason: RegExp, alter: Alteration];

const caseOf =
  (kind: VerdictKind) =>
  (scenario: string, ...[what, reason, alter]: Rest): JudgeCase => ({
    scenario,
    kind,
    what,
    reason,
    alter,
  });

/** The evidence contradicts the claim. */
export const failing = caseOf('fail');
/** The evidence does not allow to say. */
export const undecided = caseOf('inconclusive');
/** Something to be known that is no failure. */
export const warned = caseOf('warn');
/** What must not be held against the target. */
export const tolerated = caseOf('pass');

/** What must not be held against the target, and must be observed. */
export const noted = (
  scenario: string,
  what: string,
  notes: RegExp,
  alter: Alteration,
): JudgeCase => ({ ...tolerated(scenario, what, /./, alter), notes });

/** What a scenario observes: each by its name and its text, in both languages. */
export const observationsOf = (scenario: Scenario, evidence: Evidence): readonly string[] =>
  assessScenario(scenario, evidence).observations.map(
    ({ id, text }) => `${id}: ${text.en} | ${text.fr}`,
  );

/** Judges one scenario and gives its first judgement. */
export const judgementOf = (scenario: Scenario, evidence: Evidence) => {
  const [judgement] = judgeScenario(scenario, evidence);
  if (!judgement) throw new Error(`${scenario.id} has no claim`);
  return judgement;
};

/** A failure must say what was expected and what was observed. */
const isWhole = ({ kind, expected, observed }: ReturnType<typeof judgementOf>): boolean =>
  kind !== 'fail' || ((expected ?? '') !== '' && (observed ?? '') !== '');

const described = ({ kind, reason, expected, observed }: ReturnType<typeof judgementOf>) =>
  `${kind}: ${reason ?? ''} | expected ${expected ?? '-'} | observed ${observed ?? '-'}`;

/** Scenarios that lack a case in which they must fail, or one in which they must be inconclusive. */
export const uncovered = (
  scenarios: readonly Scenario[],
  cases: readonly JudgeCase[],
): readonly string[] =>
  scenarios.flatMap(({ id }) =>
    (['fail', 'inconclusive'] as const).flatMap((kind) =>
      cases.some((each) => each.scenario === id && each.kind === kind)
        ? []
        : [`${id} has no case in which it is "${kind}"`],
    ),
  );

/** Tests every scenario on the evidence as it is and with each alteration. */
export const describeJudges = (
  evidence: Evidence,
  scenarios: readonly Scenario[],
  cases: readonly JudgeCase[],
): void => {
  describe('the judges', () => {
    it.each(scenarios)('$id passes on what the reference left', (scenario) => {
      expect(described(judgementOf(scenario, evidence))).toMatch(/^pass: /);
    });

    it.each(cases)(
      '$scenario says "$kind": $what',
      async ({ scenario: id, kind, reason, notes, alter }) => {
        const scenario = scenarios.find((each) => each.id === id);
        if (!scenario) throw new Error(`there is no scenario ${id}`);
        const altered = await alter(evidence);
        const judgement = judgementOf(scenario, altered);
        expect(described(judgement)).toMatch(new RegExp(`^${kind}: `));
        expect(judgement.reason ?? judgement.observed).toMatch(reason);
        expect(judgement.reason ?? '').not.toMatch(/^the judge of /);
        expect(isWhole(judgement), described(judgement)).toBe(true);
        if (notes === undefined) return;
        expect(observationsOf(scenario, altered).join('\n')).toMatch(notes);
        expect(observationsOf(scenario, evidence).join('\n')).not.toMatch(notes);
      },
    );
  });
};
