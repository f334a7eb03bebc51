import { resolve } from 'node:path';
import type { Target } from '../devices/contract.ts';
import type { Plan } from '../reports/model/run.ts';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import type { ExpectedOutcome } from '../scenarios/campaign/expectation.ts';
import { readExpectations } from '../scenarios/campaign/expectations.ts';
import { makePlan, type Repertoire } from '../scenarios/campaign/plan.ts';
import { planProblem } from '../scenarios/campaign/plan-file.ts';
import type { Start } from '../scenarios/campaign/start.ts';
import { captureSupport } from '../simulators/lab/capture/packet-socket.ts';
import { CommandProblem } from './command-problem.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import { version } from './version.ts';

/** One line on how the wire is captured here, or why it is not. */
export const captureLine = (
  lab: EvaluateOptions['lab'],
  namespaceProblem: string | null,
  external: Target['external'],
): string => {
  if (external && external.capture.from !== 'interface')
    return external.capture.from === 'command'
      ? 'what a command of the target’s file streams'
      : 'files that are added to the finished run';
  const support = captureSupport();
  if (!support.ok) {
    const reason = support.error.detail ?? support.error.code;
    return `none: ${reason}${namespaceProblem === null ? '' : `; ${namespaceProblem}`}`;
  }
  if (lab === 'netns') return `${support.value} on every segment of the lab`;
  if (external) return `${support.value}, on ${external.interface}`;
  return namespaceProblem === null
    ? `${support.value}, in a network namespace of its own`
    : `${support.value}, on the shared loopback interface: ${namespaceProblem}`;
};

/** What the user's own words, or the target's file, say is known of the target. */
const expectationsFor = async (
  { expect }: EvaluateOptions,
  target: Target,
  repertoire: Repertoire,
): Promise<readonly ExpectedOutcome[]> => {
  const named = 'expectations' in target ? target.expectations : undefined;
  const file = expect === undefined ? named : resolve(expect);
  if (typeof file !== 'string') return [];
  const known = await readExpectations(file).catch((error: unknown) => {
    throw new CommandProblem(messageOf(error));
  });
  const ids = new Set(repertoire.scenarios.map(({ id }) => id));
  const unknown = known.find(({ scenario }) => scenario !== undefined && !ids.has(scenario));
  if (unknown)
    throw new CommandProblem(
      `expectations ${file}: there is no scenario ${unknown.scenario ?? ''}; discretio claims lists them`,
    );
  return known;
};

const newPlan = (options: EvaluateOptions, target: Target, repertoire: Repertoire): Plan => {
  const { only = [], scenarios = [], seed, profile, lab, topology, controls } = options;
  const planned = makePlan(
    {
      only,
      seed,
      profile,
      lab,
      ...(topology === undefined ? {} : { topology }),
      ...(scenarios.length === 0 ? {} : { scenarioFiles: scenarios.map((file) => resolve(file)) }),
      target: options.target ?? target.name,
      capabilities: [...target.capabilities],
      ...(controls === undefined ? {} : { controls }),
    },
    repertoire,
  );
  if (planned.ok) return planned.value;
  throw new CommandProblem(
    `--only ${planned.error.detail}: there is no such claim or scenario; discretio claims lists them`,
  );
};

/** The capture of a run that is only planned. */
const notYet = 'none yet: this is a plan';

/** What a run starts from: a new plan, or one that was made before. `capture` says how the wire is captured, null where nothing is run. */
export const startOf = async (
  options: EvaluateOptions,
  target: Target,
  repertoire: Repertoire,
  startedAt: string,
  capture: string | null,
): Promise<Start> => {
  const { planned } = options;
  const problem = planned && planProblem(planned, repertoire, target.capabilities);
  if (problem !== undefined && problem !== null)
    throw new CommandProblem(
      options.resume === undefined
        ? `--plan ${options.plan}: ${problem}; evaluate --plan-only makes a new plan`
        : `--resume ${options.resume}: ${problem}; begin a new run`,
    );
  const expectations =
    planned?.expectations ?? (await expectationsFor(options, target, repertoire));
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
      capture: capture ?? notYet,
      codec: target.codec(),
    },
    capabilities: planned?.capabilities ?? [...target.capabilities],
    ...(expectations.length === 0 ? {} : { expectations: [...expectations] }),
    plan: planned?.plan ?? newPlan(options, target, repertoire),
  };
};
