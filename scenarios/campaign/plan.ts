import { fault, ok, type Fault, type Result } from '../../reference/core/result.ts';
import { notSelected, type Plan } from '../../reports/model/run.ts';
import { claims, personOnly } from '../claims/catalogue.ts';
import type { Activity } from './activity.ts';
import { controlIds, lacksForControls } from './control.ts';
import { controlScenario } from './control-verdict.ts';
import { expectedTime } from './expected-times.ts';
import type { Scenario } from './scenario.ts';

/** What the user asked for. */
export interface Selection {
  /** Identifiers of claims, and of scenarios that are to judge their claims alone; empty means every claim that has a scenario. */
  readonly only: readonly string[];
  readonly seed: number;
  readonly profile: 'quick' | 'full';
  readonly lab: 'loopback' | 'netns';
  /** Path of a topology's file. */
  readonly topology?: string;
  readonly target: string;
  /** Paths of files whose scenarios are in the repertoire. */
  readonly scenarioFiles?: readonly string[];
  /** What the target can do; everything unless given. */
  readonly capabilities?: readonly string[];
  /** Whether controls come first and last; with all claims, and not with named ones, unless said. */
  readonly controls?: boolean;
}

/** What a plan chooses from. */
export interface Repertoire {
  readonly scenarios: readonly Scenario[];
  readonly activities: readonly Activity[];
}

type LeftOut = NonNullable<Plan['scenariosLeftOut']>[number];

/** An activity with all that it builds on, directly or through others. */
const withForerunners = (
  ids: readonly string[],
  activities: readonly Activity[],
): ReadonlySet<string> => {
  const needed = new Set<string>();
  const need = (id: string): void => {
    if (needed.has(id)) return;
    needed.add(id);
    for (const before of activities.find((activity) => activity.id === id)?.after ?? [])
      need(before);
  };
  for (const id of ids) need(id);
  return needed;
};

const impossibleIn = (lab: Selection['lab'], { scenarios, activities }: Repertoire) => {
  if (lab === 'netns') return [];
  const onHosts = new Set(activities.filter((each) => each.lab === 'hosts').map(({ id }) => id));
  return scenarios.flatMap(({ id, claims: of, activities: read }): readonly LeftOut[] => {
    const needed = [...withForerunners(read, activities)].find((each) => onHosts.has(each));
    if (needed === undefined) return [];
    const reason = `activity ${needed} needs a lab in which every part has a host of its own: --lab netns`;
    return [{ id, claims: [...of], reason }];
  });
};

const unplanned = (
  id: string,
  judged: ReadonlySet<string>,
  selected: ReadonlySet<string>,
  out: readonly LeftOut[],
) => {
  if (selected.has(id)) return [];
  if (judged.has(id)) return [{ claim: id, reason: notSelected }];
  const impossible = out.find((scenario) => scenario.claims.includes(id));
  if (impossible) return [{ claim: id, reason: `${impossible.id}: ${impossible.reason}` }];
  const person = personOnly.some((claim) => claim.id === id);
  const reason = person ? 'only a person can judge it' : 'no scenario shows it yet';
  return [{ claim: id, reason }];
};

const controlsFor = (
  { only, capabilities, controls = only.length === 0, profile }: Selection,
  activities: readonly Activity[],
): NonNullable<Plan['controls']> => {
  const none = (reason: string) => ({ activities: [], reason, expected: 0 });
  if (activities.length === 0) return none('there is nothing to do');
  if (!controls)
    return none(
      'single claims are judged by their own controls; --controls adds those of a campaign',
    );
  const lacking = capabilities && lacksForControls(capabilities);
  if (lacking !== undefined) return none(`the target lacks the capability ${lacking}`);
  const ids = [controlIds.first, controlIds.last];
  const expected = ids.reduce((total, id) => total + expectedTime({ id }, profile), 0);
  return { activities: ids, expected };
};

const plannedActivity = (
  { id, effect, disturbs, after, ...activity }: Activity,
  profile: Selection['profile'],
) => ({
  id,
  effect,
  disturbs,
  after: [...after],
  expected: expectedTime({ id, ...activity }, profile),
});

/** Selected claims that were not named themselves, but by some of their scenarios. */
const partial = (
  selected: ReadonlySet<string>,
  wanted: readonly string[],
): Pick<Plan, 'byScenario'> => {
  const byScenario = [...selected].filter((claim) => !wanted.includes(claim));
  return byScenario.length === 0 ? {} : { byScenario };
};

/** Chooses claims, scenarios, activities and controls; a fault names what is neither a claim of the catalogue nor a scenario. */
export const makePlan = (
  selection: Selection,
  repertoire: Repertoire,
): Result<Plan, Fault<'unknown-claim'>> => {
  const known = new Set([
    ...claims.map((claim) => claim.id),
    ...repertoire.scenarios.map((scenario) => scenario.id),
  ]);
  const unknown = selection.only.find((id) => !known.has(id));
  if (unknown !== undefined) return fault('unknown-claim', -1, unknown);
  const out = impossibleIn(selection.lab, repertoire);
  const possible = repertoire.scenarios.filter(({ id }) => !out.some((each) => each.id === id));
  const judged = new Set(possible.flatMap((scenario) => scenario.claims));
  const wanted = selection.only.length > 0 ? selection.only : [...judged];
  const isChosen = ({ id, claims: of }: Scenario): boolean =>
    wanted.includes(id) || of.some((claim) => wanted.includes(claim));
  const named = repertoire.scenarios.filter(({ id }) => wanted.includes(id));
  const wantedClaims = new Set([...wanted, ...named.flatMap((scenario) => scenario.claims)]);
  const selected = new Set(claims.map((claim) => claim.id).filter((id) => wantedClaims.has(id)));
  const chosen = possible.filter(isChosen);
  const activities = activitiesOf({ scenarios: chosen }, repertoire);
  const controls = controlsFor(selection, activities);
  const controlled = controls.activities.length > 0 ? [controlScenario] : [];
  return ok({
    seed: selection.seed,
    profile: selection.profile,
    lab: selection.lab,
    ...(selection.topology === undefined ? {} : { topology: selection.topology }),
    ...(selection.scenarioFiles === undefined
      ? {}
      : { scenarioFiles: [...selection.scenarioFiles] }),
    target: selection.target,
    selected: [...selected],
    ...partial(selected, wanted),
    byPerson: personOnly.map((claim) => claim.id).filter((id) => selected.has(id)),
    leftOut: claims.flatMap((claim) => unplanned(claim.id, judged, selected, out)),
    scenarios: [...chosen, ...controlled]
      .map(({ id, revision, claims: of, activities: read }) => ({
        id,
        revision,
        claims: of.filter((claim) => selected.has(claim)),
        activities: [...read],
      }))
      .filter((scenario) => scenario.claims.length > 0),
    scenariosLeftOut: out
      .map((each) => ({ ...each, claims: each.claims.filter((claim) => selected.has(claim)) }))
      .filter((each) => each.claims.length > 0),
    activities: activities.map((activity) => plannedActivity(activity, selection.profile)),
    controls,
  });
};

/** The activities that scenarios need, with those that these come after, in the repertoire's order; controls are none of them. */
export const activitiesOf = (
  { scenarios }: { readonly scenarios: readonly { readonly activities: readonly string[] }[] },
  { activities }: Pick<Repertoire, 'activities'>,
): readonly Activity[] => {
  const needed = withForerunners(
    scenarios.flatMap((scenario) => scenario.activities),
    activities,
  );
  return activities.filter(({ id }) => needed.has(id));
};
