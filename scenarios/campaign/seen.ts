import type { Run, SeenObservation } from '../../reports/model/run.ts';
import type { ScenarioObservation } from './scenario.ts';

/** What one scenario observed. */
interface Observing {
  readonly scenario: string;
  readonly observations: readonly ScenarioObservation[];
}

const union = (left: readonly string[], right: readonly string[]): string[] => [
  ...new Set([...left, ...right]),
];

/** The observations of a run in its language, in the order of their scenarios; what several scenarios saw alike is told once. */
export const seenObservations = (
  all: readonly Observing[],
  language: Run['language'],
): readonly SeenObservation[] => {
  const seen = new Map<string, SeenObservation>();
  for (const { scenario, observations } of all)
    for (const { id, text, evidence } of observations) {
      const key = JSON.stringify([id, text[language]]);
      const before = seen.get(key);
      seen.set(key, {
        id,
        text: text[language],
        scenarios: union(before?.scenarios ?? [], [scenario]),
        evidence: union(before?.evidence ?? [], evidence),
      });
    }
  return [...seen.values()];
};
