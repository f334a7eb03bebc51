import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Target } from '../devices/contract.ts';
import { createEvidenceStore } from '../reports/evidence/store.ts';
import type { Run } from '../reports/model/run.ts';
import { renderJson } from '../reports/render/json.ts';
import { progressLine, summaryLines } from '../reports/render/terminal.ts';
import { judgeRun, type Start } from '../scenarios/campaign/assemble.ts';
import { runCampaign } from '../scenarios/campaign/campaign.ts';
import { makePlan } from '../scenarios/campaign/plan.ts';
import { repertoire } from '../scenarios/repertoire.ts';
import { bringLoopbackUp, captureSupport } from '../simulators/lab/capture/packet-socket.ts';
import {
  inOwnNamespace,
  runInOwnNamespace,
  whenStarterIsGone,
} from '../simulators/lab/own-namespace.ts';
import { openLoopbackSite } from '../simulators/lab/site.ts';
import { CommandProblem } from './command-problem.ts';
import { writeReports } from './reports.ts';
import { loadTarget } from './target-file.ts';
import { version } from './version.ts';

interface EvaluateOptions {
  readonly target?: string;
  readonly only?: readonly string[];
  readonly profile: 'quick' | 'full';
  readonly seed: number;
  readonly lab: 'loopback' | 'netns';
  readonly lang: 'en' | 'fr';
  readonly out?: string;
  readonly json?: boolean;
}

const parseSeed = (text: string): number => {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed))
    throw new InvalidArgumentError('a seed is a whole number from 0 to 2^53-1.');
  return seed;
};

const runFolder = async (out: string | undefined, startedAt: string): Promise<string> => {
  const folder = resolve(out ?? join('runs', startedAt.replaceAll(/[:.]/g, '-')));
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandProblem(`--out ${folder}: the folder cannot be made: ${reason}; name another`);
  });
  if ((await readdir(folder)).length > 0)
    throw new CommandProblem(
      `--out ${folder}: the folder is not empty; name a new one, so that no evidence is mixed`,
    );
  return folder;
};

/** One line on how the wire is captured here, or why it is not. */
const captureLine = (namespaceProblem: string | null): string => {
  const support = captureSupport();
  if (!support.ok) {
    const reason = support.error.detail ?? support.error.code;
    return `none: ${reason}${namespaceProblem === null ? '' : `; ${namespaceProblem}`}`;
  }
  return namespaceProblem === null
    ? `${support.value}, in a network namespace of its own`
    : `${support.value}, on the shared loopback interface: ${namespaceProblem}`;
};

const startOf = (
  options: EvaluateOptions,
  target: Target,
  startedAt: string,
  capture: string,
): Start => {
  const planned = makePlan(
    {
      only: options.only ?? [],
      seed: options.seed,
      profile: options.profile,
      lab: options.lab,
      target: options.target ?? target.name,
    },
    repertoire,
  );
  if (!planned.ok)
    throw new CommandProblem(
      `--only ${planned.error.detail}: there is no such claim; discretio claims lists them`,
    );
  return {
    schema: 1,
    version,
    run: startedAt,
    startedAt,
    language: options.lang,
    environment: {
      node: process.versions.node,
      openssl: process.versions.openssl,
      platform: `${process.platform} ${process.arch}`,
      capture,
      codec: target.codec(),
    },
    plan: planned.value,
  };
};

const interruption = (): { readonly signal: AbortSignal; readonly release: () => void } => {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, abort);
  whenStarterIsGone(abort);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.off(signal, abort);
    },
  };
};

const gatherAndJudge = async (
  options: EvaluateOptions,
  namespaceProblem: string | null,
): Promise<{ run: Run; folder: string }> => {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const target = await loadTarget(options.target);
  const startedAt = new Date().toISOString();
  const start = startOf(options, target, startedAt, captureLine(namespaceProblem));
  const folder = await runFolder(options.out, startedAt);
  const store = await createEvidenceStore(folder);
  const site = await openLoopbackSite();
  const { signal, release } = interruption();
  try {
    await runCampaign({
      start,
      target,
      site,
      store,
      repertoire,
      signal,
      progress: (activity, outcome) => {
        const line = progressLine(activity.title, outcome);
        if (line !== null) say(line);
      },
    });
    const before = performance.now();
    const run = await judgeRun(folder, repertoire);
    await writeReports(run, store);
    say(
      progressLine('evidence judged, report written', {
        id: 'judge',
        status: 'done',
        took: Math.round(performance.now() - before),
      }) ?? '',
    );
    return { run, folder };
  } finally {
    release();
    await site.close();
  }
};

const evaluate = async (
  options: EvaluateOptions,
  finish: (code: number) => void,
): Promise<void> => {
  let namespaceProblem: string | null = null;
  if (inOwnNamespace()) {
    const raised = bringLoopbackUp();
    if (!raised.ok)
      throw new CommandProblem(
        `the loopback interface of the run's own namespace cannot be brought up: ${raised.error.detail ?? raised.error.code}`,
        2,
      );
  } else {
    const outcome = await runInOwnNamespace(
      join(import.meta.dirname, '../cli.ts'),
      process.argv.slice(2),
    );
    if (outcome.kind === 'ran') return finish(outcome.exitCode);
    namespaceProblem = outcome.reason;
  }
  const { run, folder } = await gatherAndJudge(options, namespaceProblem);
  if (options.json === true) console.log(JSON.stringify(renderJson(run, folder), null, 2));
  else console.log(summaryLines(run, { colour: process.stdout.isTTY, folder }).join('\n'));
  finish(run.exit);
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
      new Option('--profile <name>', 'how much to do').choices(['quick', 'full']).default('quick'),
    )
    .option('--seed <number>', 'seeds every choice of the run', parseSeed, 1)
    .addOption(new Option('--lab <name>', 'where to run').choices(['loopback']).default('loopback'))
    .addOption(
      new Option('--lang <code>', 'language of the report').choices(['en', 'fr']).default('en'),
    )
    .option('--out <dir>', 'folder of the run; a new one under runs/ unless given')
    .option('--json', 'print one JSON object')
    .action((options: EvaluateOptions) => evaluate(options, finish));
};
