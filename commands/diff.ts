import { resolve } from 'node:path';
import type { Command } from 'commander';
import { verifyManifest } from '../reports/evidence/manifest.ts';
import { openEvidence } from '../reports/evidence/reader.ts';
import { runSchema, type Run } from '../reports/model/run.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import { oneLine } from '../reports/render/text.ts';
import { compareRuns, type Difference } from '../scenarios/campaign/difference.ts';
import { CommandProblem } from './command-problem.ts';
import { version } from './version.ts';

const unreadable = (folder: string, reason: string): CommandProblem =>
  new CommandProblem(
    `${folder}: ${reason}; name the folders of two finished, unaltered runs`,
    exitCodes.inconclusive,
  );

const readRun = async (name: string): Promise<Run> => {
  const folder = resolve(name);
  const checked = await verifyManifest(folder);
  if (!checked.ok) {
    const { code, detail } = checked.error;
    throw unreadable(
      folder,
      code === 'manifest-missing'
        ? 'this is not the folder of a finished run: no manifest.json is there'
        : `the evidence is not what the run left: ${detail ?? code}`,
    );
  }
  const run = await openEvidence(folder).readJson('run.json', runSchema);
  if (run.ok) return run.value;
  throw unreadable(folder, run.error.detail ?? run.error.code);
};

const lineOf = (difference: Difference): string => {
  const { scenario, left, right } = difference;
  const about = 'claim' in difference ? difference.claim : difference.observation;
  return oneLine(`${about}${scenario === undefined ? '' : ` ${scenario}`}: ${left} | ${right}`);
};

const named = (folder: string, { run, plan, version: of }: Run) => ({
  folder: resolve(folder),
  run,
  target: plan.target,
  version: of,
});

const compare = async (left: string, right: string, json: boolean): Promise<number> => {
  const [one, other] = [await readRun(left), await readRun(right)];
  const differences = compareRuns(one, other);
  const exit = differences.length === 0 ? exitCodes.clean : exitCodes.fails;
  if (json) {
    const runs = [named(left, one), named(right, other)];
    console.log(JSON.stringify({ tool: 'discretio', version, runs, differences, exit }, null, 2));
  } else for (const difference of differences) console.log(lineOf(difference));
  return exit;
};

/** `discretio diff A B`: what two runs say differently. */
export const addDiffCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('diff')
    .description(
      'compare two runs claim by claim; a line for each difference, none where they say the same',
    )
    .argument('<run>', 'folder of a run')
    .argument('<other>', 'folder of another run')
    .option('--json', 'print one JSON object')
    .action(async (left: string, right: string, options: { readonly json?: boolean }) =>
      finish(await compare(left, right, options.json === true)),
    );
};
