import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { exitCodes } from '../reports/model/verdict.ts';
import { inOwnNamespace, runInOwnNamespace } from '../simulators/lab/own-namespace.ts';
import { CommandProblem } from './command-problem.ts';
import type { EvaluateOptions } from './evaluation.ts';

const parseSeed = (text: string): number => {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed))
    throw new InvalidArgumentError('a seed is a whole number from 0 to 2^53-1.');
  return seed;
};

const parseLab = (text: string): 'loopback' => {
  if (text === 'loopback') return text;
  throw new InvalidArgumentError('the only lab of this version is loopback.');
};

/** Runs the same command in a network namespace of its own; the exit code, or why that is impossible. */
const elsewhere = async (): Promise<{ exitCode: number } | { reason: string }> => {
  const program = join(import.meta.dirname, '../cli.ts');
  const outcome = await runInOwnNamespace(program, process.argv.slice(2));
  switch (outcome.kind) {
    case 'ran':
      return { exitCode: outcome.exitCode };
    case 'unavailable':
      return { reason: outcome.reason };
    case 'killed':
      throw new CommandProblem(
        `the run was ended by ${outcome.signal} before it could write its report; run it again`,
        exitCodes.inconclusive,
      );
  }
};

const evaluate = async (options: EvaluateOptions): Promise<number> => {
  const outcome = inOwnNamespace() ? null : await elsewhere();
  if (outcome && 'exitCode' in outcome) return outcome.exitCode;
  // Loaded here only, so that the process that waits for the other one is up at once.
  const { evaluateHere } = await import('./evaluation.ts');
  return evaluateHere(options, outcome?.reason ?? null);
};

/** `discretio evaluate`: the main job. */
export const addEvaluateCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('evaluate')
    .description(
      'start a target, gather evidence, judge it against the security target, write a report',
    )
    .option(
      '--target <file>',
      'a TypeScript file that exports a target; the built-in reference unless given',
    )
    .option('--only <id...>', 'judge these claims only, such as 5.1.b')
    .addOption(
      new Option('--profile <name>', 'two seconds of audio in the call, or ten')
        .choices(['quick', 'full'])
        .default('quick'),
    )
    .option('--seed <number>', 'seeds every choice of the run', parseSeed, 1)
    .option('--lab <name>', 'where to run: loopback, the only one so far', parseLab, 'loopback')
    .addOption(
      new Option('--lang <code>', 'language of the report').choices(['en', 'fr']).default('en'),
    )
    .option('--out <dir>', 'folder of the run; a new one under runs/ unless given')
    .option('--json', 'print one JSON object')
    .action(async (options: EvaluateOptions) => finish(await evaluate(options)));
};
