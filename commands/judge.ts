import { resolve } from 'node:path';
import type { Command } from 'commander';
import { verifyManifest } from '../reports/evidence/manifest.ts';
import { createEvidenceStore } from '../reports/evidence/store.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import { CommandProblem } from './command-problem.ts';

const checkUnaltered = async (folder: string): Promise<void> => {
  const checked = await verifyManifest(folder);
  if (checked.ok) return;
  const { code, detail } = checked.error;
  throw new CommandProblem(
    code === 'manifest-missing'
      ? `${folder}: this is not the folder of a finished run: no manifest.json is there; name one that discretio evaluate left`
      : `${folder}: the evidence is not what the run left: ${detail ?? code}; judge an unaltered copy`,
    code === 'manifest-missing' ? exitCodes.usage : exitCodes.inconclusive,
  );
};

/** What judging takes, loaded only where something is judged, so that the other commands are up at once. */
const load = async () => ({
  ...(await import('../scenarios/campaign/assemble.ts')),
  ...(await import('../scenarios/campaign/start.ts')),
  ...(await import('./chosen-repertoire.ts')),
  ...(await import('./reports.ts')),
  ...(await import('./target-text.ts')),
  ...(await import('./added-capture.ts')),
});

/** What the user may add to a stored run. */
interface JudgeOptions {
  readonly json?: boolean;
  /** Captures made elsewhere, as ACTIVITY=FILE. */
  readonly addCapture?: readonly string[];
  /** Path of his own copy of the security target, plain text. */
  readonly targetText?: string;
}

const judgeAgain = async (
  run: string,
  { json = false, targetText, addCapture: captures = [] }: JudgeOptions,
): Promise<number> => {
  const folder = resolve(run);
  await checkUnaltered(folder);
  const {
    judgeRun,
    repertoireWith,
    readRunFile,
    startFile,
    startSchema,
    writeReports,
    printRun,
    readTargetText,
    targetTextFile,
    addCapture,
  } = await load();
  const store = await createEvidenceStore(folder);
  if (targetText !== undefined) await store.write(targetTextFile, await readTargetText(targetText));
  for (const words of captures) await addCapture(store, words);
  const { plan } = await readRunFile(folder, startFile, startSchema);
  const judged = await judgeRun(folder, await repertoireWith(plan.scenarioFiles, 'plan'));
  const manifest = await writeReports(judged, store);
  printRun(judged, folder, manifest, json);
  return judged.exit;
};

/** `discretio judge RUN`: judges stored evidence again and writes the reports again. */
export const addJudgeCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('judge')
    .description('judge the evidence of a run again, from its folder')
    .argument('<run>', 'folder of a run')
    .option(
      '--add-capture <activity=file...>',
      'a capture made elsewhere, for an activity of an external target whose packets come from files',
    )
    .option(
      '--target-text <file>',
      'your own copy of the security target, plain text: the report quotes it beside each claim',
    )
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: JudgeOptions) => finish(await judgeAgain(run, options)));
};
