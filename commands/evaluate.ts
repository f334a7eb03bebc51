import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { exitCodes } from '../reports/model/verdict.ts';
import { inOwnNamespace, runInOwnNamespace } from '../simulators/lab/own-namespace.ts';
import { CommandProblem } from './command-problem.ts';
import { settleOptions, type EvaluateOptions, type NamedOptions } from './evaluate-options.ts';

const parseLanes = (text: string): number => {
  if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError('a number of lanes is from 1 to 9.');
  return Number(text);
};

/** What a plan made before decides. */
const decidedByPlan = [
  'only',
  'scenarios',
  'profile',
  'seed',
  'lab',
  'topology',
  'target',
  'controls',
  'expect',
];

const parseSeed = (text: string): number => {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed))
    throw new InvalidArgumentError('a seed is a whole number from 0 to 2^53-1.');
  return seed;
};

/** Runs the same command in namespaces of its own; the exit code, or why that is impossible. */
const elsewhere = async (
  lab: EvaluateOptions['lab'],
  isNamed: boolean,
): Promise<{ exitCode: number } | { reason: string }> => {
  const program = join(import.meta.dirname, '../cli.ts');
  const scope = lab === 'netns' ? 'lab' : 'network';
  const outcome = await runInOwnNamespace(program, process.argv.slice(2), scope);
  switch (outcome.kind) {
    case 'ran':
      return { exitCode: outcome.exitCode };
    case 'unavailable':
      if (lab === 'netns')
        throw new CommandProblem(
          isNamed ? noLab(outcome.reason) : noHosts(outcome.reason),
          exitCodes.inconclusive,
        );
      return { reason: outcome.reason };
    case 'killed':
      throw new CommandProblem(
        `the run was ended by ${outcome.signal} before it could write its report; run it again`,
        exitCodes.inconclusive,
      );
  }
};

const noLab = (reason: string): string =>
  `--lab netns: ${reason}; --lab loopback judges the same claims without hosts of their own: no addresses, segments, firewall or address translation`;

const noHosts = (reason: string): string =>
  `the engines of this target need hosts of their own, and there is no lab of hosts here: ${reason}`;

/** Why an external target's run has no network namespace of its own. */
const ownPlaceOnly = 'the target is an external one';

const isExternalTarget = async ({ target, lab }: EvaluateOptions): Promise<boolean> => {
  if (target === undefined) return false;
  const { isExternal } = await import('./target-file.ts');
  if (!(await isExternal(target))) return false;
  if (lab === 'loopback') return true;
  throw new CommandProblem(
    `--lab netns: ${target} describes a target that stands elsewhere, where no lab of this run reaches; leave --lab out`,
  );
};

/** As commander has parsed them: the lane is told by another process of this program, never by a user. */
interface GivenOptions extends NamedOptions {
  readonly lane?: string;
}

const evaluate = async (given: GivenOptions, ownLanguage: boolean): Promise<number> => {
  if (given.lane !== undefined)
    return (await import('./evaluation-lanes.ts')).performLaneHere(given.lane);
  const options = await settleOptions(given, ownLanguage);
  if (options.topology !== undefined && options.lab !== 'netns')
    throw new CommandProblem('--topology: the loopback lab has but one host; add --lab netns');
  if (options.planOnly === true) return (await import('./evaluation.ts')).printPlan(options);
  const external = await isExternalTarget(options);
  const outcome =
    inOwnNamespace() || external ? null : await elsewhere(options.lab, given.lab !== undefined);
  if (outcome && 'exitCode' in outcome) return outcome.exitCode;
  // Loaded here only, so that the process that waits for the other one is up at once.
  const { evaluateHere } = await import('./evaluation.ts');
  return evaluateHere(options, external ? ownPlaceOnly : (outcome?.reason ?? null));
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
      'a YAML or TypeScript file that describes a target (docs/targets.md); the built-in reference unless given',
    )
    .option(
      '--i-am-authorised',
      'needed for a target that is not on this machine; what is done to it is printed first',
    )
    .option('--only <id...>', 'judge these claims only, such as 5.1.b, or by these scenarios only')
    .option(
      '--scenarios <file...>',
      'TypeScript files with scenarios of your own (docs/writing-a-scenario.md)',
    )
    .addOption(
      new Option('--profile <name>', 'two seconds of audio in the call, or ten')
        .choices(['quick', 'full'])
        .default('quick'),
    )
    .option('--seed <number>', 'seeds every choice of the run', parseSeed, 1)
    .addOption(
      new Option(
        '--lab <name>',
        'where to run: on this host alone (loopback, unless the target needs hosts), or on hosts in network namespaces (netns)',
      ).choices(['loopback', 'netns']),
    )
    .option(
      '--topology <file>',
      'hosts and segments of the netns lab, as discretio lab draw --json prints them',
    )
    .option(
      '--target-text <file>',
      'your own copy of the security target, plain text: the report quotes it beside each claim',
    )
    .addOption(
      new Option('--lang <code>', 'language of the report').choices(['en', 'fr']).default('en'),
    )
    .option('--out <dir>', 'folder of the run; a new one under runs/ unless given')
    .option('--json', 'print one JSON object')
    .option('--controls', 'controls first and last also where claims are named')
    .option('--expect <file>', 'YAML or JSON: failures and the like that are known of the target')
    .option(
      '--lanes <number>',
      'instances of the target evaluated side by side; as many as pay off on these cores unless given',
      parseLanes,
    )
    .option('--plan-only', 'print the plan as JSON, for --plan, and do nothing')
    .addOption(
      new Option(
        '--plan <file>',
        'perform this plan: of --plan-only, or plan.json of a run',
      ).conflicts([...decidedByPlan, 'resume']),
    )
    .addOption(
      new Option(
        '--resume <run>',
        'go on with a run that was interrupted, in its folder',
      ).conflicts([...decidedByPlan, 'out', 'planOnly', 'targetText']),
    )
    .addOption(new Option('--lane <job>').hideHelp())
    .action(async (options: GivenOptions, command: Command) =>
      finish(await evaluate(options, command.getOptionValueSource('lang') === 'cli')),
    );
};
