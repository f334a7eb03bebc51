import { resolve } from 'node:path';
import type { Command } from 'commander';
import { verifyManifest } from '../reports/evidence/manifest.ts';
import { createEvidenceStore } from '../reports/evidence/store.ts';
import { renderJson } from '../reports/render/json.ts';
import { summaryLines } from '../reports/render/terminal.ts';
import { judgeRun } from '../scenarios/campaign/assemble.ts';
import { repertoire } from '../scenarios/repertoire.ts';
import { CommandProblem } from './command-problem.ts';
import { writeReports } from './reports.ts';

const checkUnaltered = async (folder: string): Promise<void> => {
  const checked = await verifyManifest(folder);
  if (checked.ok) return;
  throw new CommandProblem(
    `${folder}: the evidence is not what the run left: ${checked.error.detail ?? checked.error.code}; judge an unaltered copy`,
    2,
  );
};

/** `discretio judge RUN`: judges stored evidence again and writes the reports again. */
export const addJudgeCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('judge')
    .description('judge the evidence of a run again, from its folder')
    .argument('<run>', 'folder of a run')
    .option('--json', 'print one JSON object')
    .action(async (run: string, options: { readonly json?: boolean }) => {
      const folder = resolve(run);
      await checkUnaltered(folder);
      const judged = await judgeRun(folder, repertoire);
      await writeReports(judged, await createEvidenceStore(folder));
      if (options.json === true) console.log(JSON.stringify(renderJson(judged, folder), null, 2));
      else console.log(summaryLines(judged, { colour: process.stdout.isTTY, folder }).join('\n'));
      finish(judged.exit);
    });
};
