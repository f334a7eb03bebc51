import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { EvidenceDocument } from '../../reports/model/document.ts';
import { planSchema, runSchema, type Plan, type Run } from '../../reports/model/run.ts';
import {
  combineJudgements,
  exitCodeOf,
  type Judgement,
  type Verdict,
} from '../../reports/model/verdict.ts';
import { observations } from '../claims/observations.ts';
import { messageOf } from './deadline.ts';
import { claimTexts } from './claim-texts.ts';
import { activitiesSchema, readEvidence, type Activities } from './evidence-on-disk.ts';
import { judgeScenario, type Evidence, type Scenario } from './scenario.ts';

/** What is known before the first activity; the content of `plan.json`. */
export const startSchema = z.strictObject({
  schema: z.literal(1),
  version: z.string(),
  run: z.string(),
  startedAt: z.string(),
  language: z.enum(['en', 'fr']),
  environment: runSchema.shape.environment,
  /** What the target can do; a scenario that needs more is unsupported. Absent: everything. */
  capabilities: z.array(z.string()).optional(),
  plan: planSchema,
});
export type Start = Readonly<z.infer<typeof startSchema>>;

/** Names of the two files, beside the evidence, that a run is judged from. */
export const startFile = 'plan.json';
export const activitiesFile = 'activities.json';

type Language = Start['language'];

const judgePlan = (
  { plan, capabilities }: Start,
  scenarios: readonly Scenario[],
  evidence: Evidence,
): readonly Judgement[] => {
  const selected = new Set(plan.selected);
  const planned = new Map(plan.scenarios.map((scenario) => [scenario.id, scenario]));
  return scenarios
    .filter((scenario) => planned.has(scenario.id))
    .flatMap((scenario) => judgeScenario(scenario, evidence, capabilities))
    .filter((judgement) => selected.has(judgement.claim));
};

const verdictOf = (claim: string, judgements: readonly Judgement[], plan: Plan): Verdict => {
  const own = judgements.filter((judgement) => judgement.claim === claim);
  if (own.length > 0) return combineJudgements(claim, own);
  return plan.byPerson.includes(claim)
    ? { claim, kind: 'skipped', reason: 'only a person can judge it' }
    : { claim, kind: 'unsupported', reason: 'no scenario shows it yet' };
};

const shellWord = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

const replayOf = (claim: string, plan: Plan): string =>
  [
    'npx discretio evaluate',
    ...(plan.target === 'reference' ? [] : [`--target ${shellWord(plan.target)}`]),
    `--only ${claim} --seed ${plan.seed} --lab ${plan.lab}`,
    ...(plan.topology === undefined ? [] : [`--topology ${shellWord(plan.topology)}`]),
    ...(plan.profile === 'quick' ? [] : [`--profile ${plan.profile}`]),
  ].join(' ');

const read = async <Schema extends z.ZodType>(
  folder: string,
  name: string,
  schema: Schema,
): Promise<z.infer<Schema>> => {
  const text = await readFile(join(folder, name), 'utf8').catch(() => {
    throw new Error(`${folder}: no ${name} there: this is not the folder of a run`);
  });
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue && issue.path.length > 0 ? issue.path.join('.') : 'the whole file';
  throw new Error(`${join(folder, name)}: ${field}: ${issue?.message ?? 'unexpected'}`);
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** How a run's evidence is judged: the scenarios, and the documents that show it to a reader. */
export interface Judging {
  readonly scenarios: readonly Scenario[];
  readonly documents: (evidence: Evidence, language: Language) => readonly EvidenceDocument[];
}

/** The documents; one that names the fault where making them fails, so that no verdict is lost with them. */
const documentsOf = (
  evidence: Evidence,
  language: Language,
  judging: Judging,
): Run['documents'] => {
  try {
    return [...judging.documents(evidence, language)];
  } catch (error) {
    const entries = [{ label: 'discretio', value: messageOf(error) }];
    return [{ kind: 'facts', title: '?', groups: [{ name: '', entries }] }];
  }
};

const assemble = (
  start: Start,
  activities: Activities,
  evidence: Evidence,
  judging: Judging,
): Run => {
  const { plan, language } = start;
  const judgements = judgePlan(start, judging.scenarios, evidence);
  const verdicts = plan.selected.map((claim) => verdictOf(claim, judgements, plan));
  const deciding = verdicts.filter((verdict) => !plan.byPerson.includes(verdict.claim));
  const exit = exitCodeOf(deciding.map((verdict) => verdict.kind));
  const onlyByPerson = verdicts.length > 0 && deciding.length === 0;
  return {
    schema: 1,
    tool: 'discretio',
    version: start.version,
    run: start.run,
    startedAt: start.startedAt,
    language,
    status: activities.status,
    ...(activities.ended === undefined ? {} : { ended: activities.ended }),
    environment: start.environment,
    plan,
    ...claimTexts(language),
    activities: activities.outcomes,
    judgements: [...judgements],
    verdicts,
    observations: observations.map(({ id, text }) => ({ id, text: text[language] })),
    documents: documentsOf(evidence, language, judging),
    replay: Object.fromEntries(plan.selected.map((claim) => [claim, replayOf(claim, plan)])),
    exit: onlyByPerson && activities.status === 'complete' ? 0 : exitOf(exit, activities),
  };
};

/** An incomplete run is never clean. */
const exitOf = (exit: Run['exit'], activities: Activities): Run['exit'] =>
  exit === 0 && activities.status === 'incomplete' ? 2 : exit;

/** Judges a run from its folder alone: the same folder and the same version of this program give the same run, byte for byte. Rejects with one line when the folder is not a run's. */
export const judgeRun = async (folder: string, judging: Judging): Promise<Run> => {
  const start = await read(folder, startFile, startSchema);
  const activities = await read(folder, activitiesFile, activitiesSchema);
  return assemble(start, activities, await readEvidence(folder, activities), judging);
};
