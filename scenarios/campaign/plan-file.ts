import { readFile } from 'node:fs/promises';
import { claimById } from '../claims/catalogue.ts';
import { controlScenario } from './control-verdict.ts';
import type { Repertoire } from './plan.ts';
import { parseAs, startSchema, type Start } from './start.ts';

/** Reads a plan that `evaluate --plan-only` printed, or `plan.json` of a run. Rejects with one line that names the file and the field. */
export const readPlanFile = async (path: string): Promise<Start> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`plan ${path}: the file cannot be read (${code})`);
  });
  return parseAs(`plan ${path}`, text, startSchema);
};

const scenarioProblem = ({ plan }: Start, { scenarios }: Repertoire): string | null => {
  for (const { id, revision } of plan.scenarios) {
    const now = [...scenarios, controlScenario].find((scenario) => scenario.id === id);
    if (!now) return `there is no scenario ${id} any more`;
    if (now.revision !== revision)
      return `scenario ${id} was planned in revision ${revision} and is now in revision ${now.revision}`;
  }
  return null;
};

/** A plan names the scenarios of its claims, or says why one is left out; one that says neither would hide it. Where only scenarios were asked for, it says so by `only`. */
const missingScenario = ({ plan }: Start, { scenarios }: Repertoire): string | null => {
  const named = new Set([
    ...plan.scenarios.map(({ id }) => id),
    ...(plan.scenariosLeftOut ?? []).map(({ id }) => id),
  ]);
  const hidden = scenarios.find(
    ({ id, claims }) =>
      !named.has(id) &&
      claims.some((claim) => plan.selected.includes(claim) && !isPartial(plan, claim)),
  );
  return hidden
    ? `scenario ${hidden.id} shows one of its claims and is neither in it nor left out`
    : null;
};

/** Whether only some scenarios of a claim were asked for by name. */
const isPartial = ({ byScenario = [] }: Start['plan'], claim: string): boolean =>
  byScenario.includes(claim);

/** Why a plan cannot be performed by this version on this target, in a clause; null where it can. */
export const planProblem = (
  start: Start,
  repertoire: Repertoire,
  capabilities: ReadonlySet<string>,
): string | null => {
  const { plan } = start;
  const claim = plan.selected.find((id) => !claimById(id));
  if (claim !== undefined) return `there is no claim ${claim} any more`;
  const scenario = scenarioProblem(start, repertoire);
  if (scenario !== null) return scenario;
  const missing = missingScenario(start, repertoire);
  if (missing !== null) return missing;
  const known = new Set(repertoire.activities.map(({ id }) => id));
  const activity = plan.activities?.find(({ id }) => !known.has(id));
  if (activity) return `there is no activity ${activity.id} any more`;
  const lacking = start.capabilities?.find((each) => !capabilities.has(each));
  if (lacking !== undefined)
    return `the plan counts on the capability ${lacking}, which the target does not have now`;
  return null;
};
