import { fault, ok, type Fault, type Result } from '../../reference/core/result.ts';
import type { Plan } from '../../reports/model/run.ts';
import { claims, personOnly } from '../claims/catalogue.ts';
import type { Activity } from './activity.ts';
import type { Scenario } from './scenario.ts';

/** What the user asked for. */
export interface Selection {
  /** Claim identifiers; empty means every claim that has a scenario. */
  readonly only: readonly string[];
  readonly seed: number;
  readonly profile: 'quick' | 'full';
  readonly lab: 'loopback' | 'netns';
  /** Path of a topology's file. */
  readonly topology?: string;
  readonly target: string;
}

/** What a plan chooses from. */
export interface Repertoire {
  readonly scenarios: readonly Scenario[];
  readonly activities: readonly Activity[];
}

const unplanned = (id: string, judged: ReadonlySet<string>, selected: ReadonlySet<string>) => {
  if (selected.has(id)) return [];
  if (judged.has(id)) return [{ claim: id, reason: 'not selected' }];
  const person = personOnly.some((claim) => claim.id === id);
  const reason = person ? 'only a person can judge it' : 'no scenario shows it yet';
  return [{ claim: id, reason }];
};

/** Chooses claims and scenarios; a fault names a claim that the catalogue does not have. */
export const makePlan = (
  selection: Selection,
  repertoire: Repertoire,
): Result<Plan, Fault<'unknown-claim'>> => {
  const known = new Set(claims.map((claim) => claim.id));
  const unknown = selection.only.find((id) => !known.has(id));
  if (unknown !== undefined) return fault('unknown-claim', -1, unknown);
  const judged = new Set(repertoire.scenarios.flatMap((scenario) => scenario.claims));
  const wanted = selection.only.length > 0 ? selection.only : [...judged];
  const selected = new Set(claims.map((claim) => claim.id).filter((id) => wanted.includes(id)));
  return ok({
    seed: selection.seed,
    profile: selection.profile,
    lab: selection.lab,
    ...(selection.topology === undefined ? {} : { topology: selection.topology }),
    target: selection.target,
    selected: [...selected],
    byPerson: personOnly.map((claim) => claim.id).filter((id) => selected.has(id)),
    leftOut: claims.flatMap((claim) => unplanned(claim.id, judged, selected)),
    scenarios: repertoire.scenarios
      .filter((scenario) => scenario.claims.some((claim) => selected.has(claim)))
      .map(({ id, revision, claims: of, activities }) => ({
        id,
        revision,
        claims: of.filter((claim) => selected.has(claim)),
        activities: [...activities],
      })),
  });
};

/** The activities that a plan's scenarios need, with those that these come after, in the repertoire's order. */
export const activitiesOf = (plan: Plan, repertoire: Repertoire): readonly Activity[] => {
  const needed = new Set<string>();
  const need = (id: string): void => {
    if (needed.has(id)) return;
    needed.add(id);
    for (const before of repertoire.activities.find((activity) => activity.id === id)?.after ?? [])
      need(before);
  };
  for (const scenario of plan.scenarios) for (const id of scenario.activities) need(id);
  return repertoire.activities.filter((activity) => needed.has(activity.id));
};
