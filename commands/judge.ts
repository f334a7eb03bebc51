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
  ...(await import('../scenarios/repertoire.ts')),
  ...(await import('./reports.ts')),
});

const judgeAgain = async (run: string, json: boolean): Promise<number> => {
  const folder = resolve(run);
  await checkUnaltered(folder);
  const { judgeRun, repertoire, writeReports, printRun } = await load();
  const judged = await judgeRun(folder, repertoire);
  const manifest = await writeReports(judged, await createEvidenceStore(folder));
  printRun(judged, folder, manifest, json);
  return judged.exit;
};

/** `discretio judge RUN`: judges stored evidence again and writes the reports again. */
export const addJudgeCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('judge')
    .description('judge the evidence of a run again, from its folder')
    .argument('<run>', 'folder of a run')
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: { readonly json?: boolean }) =>
      finish(await judgeAgain(run, options.json === true)),
    );
};
