import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvidenceDocument } from '../../reports/model/document.ts';
import type { Plan, Run, SeenObservation } from '../../reports/model/run.ts';
import {
  combineJudgements,
  exitCodeOf,
  type Judgement,
  type Verdict,
} from '../../reports/model/verdict.ts';
import { beyondScreens } from './beyond-screens.ts';
import { messageOf } from './deadline.ts';
import { controlIds } from './control.ts';
import { controlScenario, withControls } from './control-verdict.ts';
import { claimTexts, formsOf, passagesFor } from './claim-texts.ts';
import { activitiesSchema, readEvidence, type Activities } from './evidence-on-disk.ts';
import {
  expectationOutcomes,
  markJudgements,
  markVerdicts,
  planDocuments,
} from './expected-outcomes.ts';
import { pictureDocuments } from './pictures.ts';
import { assessScenario, type Evidence, type Scenario } from './scenario.ts';
import { seenObservations } from './seen.ts';
import { activitiesFile, readRunFile, startFile, startSchema, type Start } from './start.ts';

/** The evaluator's own copy of the security target, where one was given. */
export const targetTextFile = 'security-target.txt';

type Language = Start['language'];

interface Assessed {
  readonly judgements: readonly Judgement[];
  readonly seen: readonly SeenObservation[];
}

const judgePlan = (
  { plan, capabilities, startedAt, language, expectations = [] }: Start,
  scenarios: readonly Scenario[],
  evidence: Evidence,
): Assessed => {
  const selected = new Set(plan.selected);
  const planned = new Map(plan.scenarios.map((scenario) => [scenario.id, scenario]));
  const assessed = [...scenarios, controlScenario]
    .filter((scenario) => planned.has(scenario.id))
    .map((scenario) => ({
      scenario: scenario.id,
      ...assessScenario(scenario, evidence, capabilities),
    }));
  const judgements = assessed
    .flatMap((each) => each.judgements)
    .filter((judgement) => selected.has(judgement.claim));
  return {
    judgements: markJudgements(withControls(judgements, plan, evidence), expectations, startedAt),
    seen: seenObservations(assessed, language),
  };
};

const verdictOf = (
  claim: string,
  judgements: readonly Judgement[],
  { plan, capabilities }: Pick<Start, 'plan' | 'capabilities'>,
): Verdict => {
  const beyond = beyondScreens(claim, capabilities);
  if (beyond !== null) return { claim, kind: 'unsupported', reason: beyond };
  const own = judgements.filter((judgement) => judgement.claim === claim);
  if (own.length > 0) return combineJudgements(claim, own);
  if (plan.byPerson.includes(claim))
    return { claim, kind: 'skipped', reason: 'only a person can judge it' };
  const out = plan.scenariosLeftOut?.find(({ claims }) => claims.includes(claim));
  const reason = out ? `${out.id}: ${out.reason}` : 'no scenario shows it yet';
  return { claim, kind: 'unsupported', reason };
};

const shellWord = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** Whether a verdict was told, also, by the controls of the whole run: alone, a claim has none unless asked. */
const restsOnControls = ({ evidence = [] }: Verdict): boolean =>
  evidence.some((path) => path.startsWith(`evidence/${controlIds.last}/`));

const replayOf = (verdict: Verdict, plan: Plan): string =>
  [
    'npx discretio evaluate',
    ...(plan.target === 'reference' ? [] : [`--target ${shellWord(plan.target)}`]),
    `--only ${verdict.claim} --seed ${plan.seed} --lab ${plan.lab}`,
    ...(plan.topology === undefined ? [] : [`--topology ${shellWord(plan.topology)}`]),
    ...(plan.profile === 'quick' ? [] : [`--profile ${plan.profile}`]),
    ...(restsOnControls(verdict) ? ['--controls'] : []),
  ].join(' ');

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

/** What a report shows beside what was judged. */
interface Inputs extends Pick<Run, 'passages'> {
  readonly pictures: readonly EvidenceDocument[];
}

const readInputs = async (folder: string): Promise<Inputs> => {
  const copy = await readFile(join(folder, targetTextFile), 'utf8').catch(() => null);
  return {
    pictures: await pictureDocuments(folder),
    ...(copy === null ? {} : { passages: passagesFor(copy) }),
  };
};

const assemble = (
  start: Start,
  activities: Activities,
  evidence: Evidence,
  judging: Judging,
  { pictures, ...passages }: Inputs,
): Run => {
  const { plan, language } = start;
  const { judgements, seen } = judgePlan(start, judging.scenarios, evidence);
  const { startedAt, expectations } = start;
  const verdicts = markVerdicts(
    plan.selected.map((claim) => verdictOf(claim, judgements, start)),
    expectations ?? [],
    startedAt,
  );
  const expected = expectationOutcomes(expectations ?? [], { judgements, verdicts }, startedAt);
  // What a person has to judge decides nothing here, unless a scenario judged it as well.
  const deciding = verdicts.filter(
    ({ claim, kind }) => kind !== 'skipped' || !plan.byPerson.includes(claim),
  );
  const exit = exitCodeOf(deciding.filter(isOpen).map((verdict) => verdict.kind));
  const passedUnexpectedly = expected.some(({ standing }) => standing === 'unexpected pass');
  const onlyByPerson = verdicts.length > 0 && deciding.length === 0;
  return {
    schema: 1,
    tool: 'discretio',
    version: start.version,
    run: start.run,
    startedAt,
    language,
    status: activities.status,
    ...(activities.ended === undefined ? {} : { ended: activities.ended }),
    ...(start.resumedAt === undefined ? {} : { resumedAt: start.resumedAt }),
    environment: start.environment,
    plan,
    ...claimTexts(language),
    seen: [...seen],
    forms: formsOf(plan, language),
    ...passages,
    activities: activities.outcomes,
    judgements: [...judgements],
    verdicts: [...verdicts],
    ...(expectations === undefined ? {} : { expectations: expected }),
    documents: [
      ...planDocuments(expected, plan, language),
      ...documentsOf(evidence, language, judging),
      ...pictures,
    ],
    replay: Object.fromEntries(verdicts.map((verdict) => [verdict.claim, replayOf(verdict, plan)])),
    exit: exitOf(passedUnexpectedly ? 1 : onlyByPerson ? 0 : exit, activities),
  };
};

/** Whether a verdict counts: what could not be told or done does not where an expectation of the plan says so; a failure always does. */
const isOpen = ({ kind, expectation }: Verdict): boolean =>
  expectation === undefined || (kind !== 'inconclusive' && kind !== 'unsupported');

/** An incomplete run is never clean. */
const exitOf = (exit: Run['exit'], activities: Activities): Run['exit'] =>
  exit === 0 && activities.status === 'incomplete' ? 2 : exit;

/** Judges a run from its folder alone: the same folder and the same version of this program give the same run, byte for byte. Rejects with one line when the folder is not a run's. */
export const judgeRun = async (folder: string, judging: Judging): Promise<Run> => {
  const start = await readRunFile(folder, startFile, startSchema);
  const activities = await readRunFile(folder, activitiesFile, activitiesSchema);
  const evidence = await readEvidence(folder, activities);
  return assemble(start, activities, evidence, judging, await readInputs(folder));
};
