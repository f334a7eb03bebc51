import { resolve } from 'node:path';
import type { Target } from '../devices/contract.ts';
import { verifyManifest } from '../reports/evidence/manifest.ts';
import { createEvidenceStore, type EvidenceStore } from '../reports/evidence/store.ts';
import type { Plan, Run } from '../reports/model/run.ts';
import { judgeRun, targetTextFile } from '../scenarios/campaign/assemble.ts';
import { plannedIds, runCampaign, type Division } from '../scenarios/campaign/campaign.ts';
import { controlsOf } from '../scenarios/campaign/control.ts';
import { controlScenario } from '../scenarios/campaign/control-verdict.ts';
import { messageOf, untilAborted } from '../scenarios/campaign/deadline.ts';
import { assignLanes } from '../scenarios/campaign/lanes.ts';
import type { Repertoire } from '../scenarios/campaign/plan.ts';
import { clearUnfinished, readUnfinished } from '../scenarios/campaign/resume.ts';
import { readRunFile, startFile, startSchema, type Start } from '../scenarios/campaign/start.ts';
import { commandStart, inOwnNamespace } from '../simulators/lab/own-namespace.ts';
import { requireAuthorisation } from './authorisation.ts';
import { repertoireWith } from './chosen-repertoire.ts';
import { CommandProblem } from './command-problem.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import {
  campaignOf,
  chooseTopology,
  openLab,
  raiseLoopback,
  say,
  sayTook,
} from './evaluation-campaign.ts';
import { lanesElsewhere, lanesFor, type LaneChoice } from './evaluation-lanes.ts';
import { captureLine, startOf } from './evaluation-plan.ts';
import { watchInterruption } from './interruption.ts';
import { printRun, writeReports } from './reports.ts';
import { makeRunFolder } from './run-folder.ts';
import { loadTarget } from './target-file.ts';
import { readTargetText } from './target-text.ts';

/** Milliseconds since the user's command began. */
const sinceStart = (): number => performance.timeOrigin + performance.now() - commandStart();

/** A run about to begin, or to go on. */
interface Prepared {
  readonly start: Start;
  readonly store: EvidenceStore;
  readonly division: Division;
}

/** Activities in lanes; a plan without activities of its own, of an older version, has one. */
const divided = (start: Start, repertoire: Repertoire, { most, further }: LaneChoice): Division => {
  const { activities } = start.plan;
  return {
    lanes: activities
      ? assignLanes(activities, most, further)
      : [plannedIds(start.plan, repertoire)],
  };
};

const prepareNew = async (
  options: EvaluateOptions,
  start: Start,
  target: Target,
  repertoire: Repertoire,
): Promise<Prepared> => {
  const ownCopy =
    options.targetText === undefined ? null : await readTargetText(options.targetText);
  const choice = lanesFor(options, target);
  const store = await createEvidenceStore(await makeRunFolder(options.out, start.startedAt));
  if (ownCopy !== null) await store.write(targetTextFile, ownCopy);
  return { start, store, division: divided(start, repertoire, choice) };
};

/** Checks that the evidence so far is as it was left; a run that was killed has no manifest to compare it with. */
const checkEvidenceSoFar = async (folder: string): Promise<void> => {
  const checked = await verifyManifest(folder);
  if (checked.ok || checked.error.code === 'manifest-missing') return;
  throw new CommandProblem(
    `--resume ${folder}: the evidence is not what the run left: ${checked.error.detail ?? checked.error.code}; begin a new run`,
    2,
  );
};

const prepareAgain = async (
  options: EvaluateOptions,
  run: string,
  target: Target,
  repertoire: Repertoire,
  now: string,
): Promise<Prepared> => {
  const folder = resolve(run);
  await checkEvidenceSoFar(folder);
  const unfinished = await readUnfinished(folder, repertoire).catch((error: unknown) => {
    throw new CommandProblem(`--resume: ${messageOf(error)}`);
  });
  const { start, isComplete, kept, remaining, firstLane } = unfinished;
  if (isComplete && remaining.length === 0)
    throw new CommandProblem(
      `--resume ${run}: every activity of that run was done; discretio judge judges it again`,
    );
  const { most, further } = lanesFor(options, target);
  await clearUnfinished(folder, unfinished);
  const names = kept.map(({ id }) => id).join(', ');
  say(
    `! going on with ${folder}: ${names === '' ? 'nothing was done' : `${names} stay as they are`}`,
  );
  return {
    start: { ...start, resumedAt: [...(start.resumedAt ?? []), now] },
    store: await createEvidenceStore(folder),
    // Where only the end was missing, a lane of nothing but controls.
    division: {
      lanes: remaining.length === 0 ? [[]] : assignLanes(remaining, most, further),
      kept,
      firstLane,
    },
  };
};

/** A plan and what it chooses from, such that the controls are among the activities that its scenarios need. */
const everythingDone = (
  plan: Plan,
  repertoire: Repertoire,
): { readonly plan: Plan; readonly repertoire: Repertoire } => {
  const { activities = [] } = plan.controls ?? {};
  if (activities.length === 0) return { plan, repertoire };
  const { first, last } = controlsOf(1, []);
  const { id, revision, claims } = controlScenario;
  return {
    plan: {
      ...plan,
      scenarios: [...plan.scenarios, { id, revision, claims: [...claims], activities }],
    },
    repertoire: { ...repertoire, activities: [first, ...repertoire.activities, last] },
  };
};

/** What a plan made before chose from, or what the user's options name. */
const chosenRepertoire = ({ planned, scenarios }: EvaluateOptions) =>
  planned ? repertoireWith(planned.plan.scenarioFiles, 'plan') : repertoireWith(scenarios);

/** Does the activities and leaves their evidence in the run folder, whose absolute path it gives. */
const gatherEvidence = async (
  options: EvaluateOptions,
  namespaceProblem: string | null,
  signal: AbortSignal,
): Promise<string> => {
  const target = await untilAborted(signal, loadTarget(options.target));
  const repertoire = await chosenRepertoire(options);
  const now = new Date().toISOString();
  const capture = captureLine(options.lab, namespaceProblem, target.external);
  const planned = await startOf(options, target, repertoire, now, capture);
  requireAuthorisation({
    ...everythingDone(planned.plan, repertoire),
    target,
    isAuthorised: options.iAmAuthorised === true,
    say,
  });
  await target.external?.reach();
  const topology = await chooseTopology(options);
  const { start, store, division } =
    options.resume === undefined
      ? await prepareNew(options, planned, target, repertoire)
      : await prepareAgain(options, options.resume, target, repertoire, now);
  sayTook('program and target loaded', sinceStart());
  const site = await openLab(topology, target);
  try {
    await runCampaign(
      campaignOf({
        start,
        repertoire,
        target,
        targetFile: options.target,
        site,
        store,
        signal,
        suffix: '',
      }),
      { ...division, elsewhere: lanesElsewhere(store.folder, options, target, signal) },
    );
  } finally {
    await site.close();
  }
  return store.folder;
};

const judgeAndReport = async (folder: string, json: boolean): Promise<Run> => {
  const before = performance.now();
  const { plan } = await readRunFile(folder, startFile, startSchema);
  const run = await judgeRun(folder, await repertoireWith(plan.scenarioFiles, 'plan'));
  const manifest = await writeReports(run, await createEvidenceStore(folder));
  sayTook('evidence judged, report written', performance.now() - before);
  sayTook('total', sinceStart());
  printRun(run, folder, manifest, json);
  if (run.status === 'incomplete')
    say(
      `discretio: ${run.ended ?? 'the run is incomplete'}; the evidence kept so far, with its report, is in ${folder}; evaluate --resume ${folder} goes on with the rest`,
    );
  return run;
};

/** Evaluates in this process and prints the run; gives the exit code. `namespaceProblem` says why the process has no network namespace of its own, null where it has one. */
export const evaluateHere = async (
  options: EvaluateOptions,
  namespaceProblem: string | null,
): Promise<number> => {
  if (inOwnNamespace()) raiseLoopback();
  const interruption = watchInterruption();
  try {
    const folder = await gatherEvidence(options, namespaceProblem, interruption.signal);
    return (await judgeAndReport(folder, options.json === true)).exit;
  } finally {
    interruption.release();
  }
};

/** Prints the plan of a run, to be performed with `--plan`; nothing is started. */
export const printPlan = async (options: EvaluateOptions): Promise<number> => {
  const target = await loadTarget(options.target);
  const repertoire = await chosenRepertoire(options);
  const start = await startOf(options, target, repertoire, new Date().toISOString(), null);
  const { activities = [], controls } = start.plan;
  const total = activities.reduce((sum, { expected }) => sum + expected, controls?.expected ?? 0);
  say(`${activities.length} activities, about ${(total / 1000).toFixed(0)} s one after the other`);
  process.stdout.write(`${JSON.stringify(start, null, 2)}\n`);
  return 0;
};
