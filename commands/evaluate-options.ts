import { resolve } from 'node:path';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import type { Start } from '../scenarios/campaign/start.ts';
import { CommandProblem } from './command-problem.ts';

/** What `discretio evaluate` was asked for. */
export interface EvaluateOptions {
  readonly target?: string;
  /** Whether the user may have done to a target elsewhere what the run does. */
  readonly iAmAuthorised?: boolean;
  readonly only?: readonly string[];
  readonly profile: 'quick' | 'full';
  readonly seed: number;
  readonly lab: 'loopback' | 'netns';
  /** Path of a JSON file. */
  readonly topology?: string;
  readonly lang: 'en' | 'fr';
  /** Paths of files with scenarios of the user's own. */
  readonly scenarios?: readonly string[];
  /** Path of the evaluator's own copy of the security target. */
  readonly targetText?: string;
  readonly out?: string;
  readonly json?: boolean;
  /** Whether controls come first and last; by whether claims are named unless said. */
  readonly controls?: boolean;
  /** Path of a file of expectations. */
  readonly expect?: string;
  /** How many instances of the target are evaluated side by side. */
  readonly lanes?: number;
  /** Print the plan, and do nothing. */
  readonly planOnly?: boolean;
  /** Path of a plan to perform. */
  readonly plan?: string;
  /** Folder of a run to go on with. */
  readonly resume?: string;
  /** The plan of that file or folder; filled in by {@link settleOptions}. */
  readonly planned?: Start;
}

const withPlan = (options: EvaluateOptions, planned: Start, lang: EvaluateOptions['lang']) => {
  const { target: _target, topology: _topology, ...others } = options;
  const { profile, seed, lab, topology, target } = planned.plan;
  return {
    ...others,
    profile,
    seed,
    lab,
    lang,
    ...(topology === undefined ? {} : { topology }),
    ...(target === 'reference' ? {} : { target }),
    planned,
  };
};

/** As the command line has them: without a lab it is chosen by the target. */
export type NamedOptions = Omit<EvaluateOptions, 'lab'> & Partial<Pick<EvaluateOptions, 'lab'>>;

/** The options with the lab that suits the target: hosts of their own where its parts speak to each other over IP, so that what passes inside the appliance is not taken for the wire. */
const withLab = async (options: NamedOptions): Promise<EvaluateOptions> => {
  const { target, lab } = options;
  if (target === undefined) return { ...options, lab: lab ?? 'loopback' };
  const { needsHosts } = await import('./target-file.ts');
  if (!(await needsHosts(target))) return { ...options, lab: lab ?? 'loopback' };
  if (lab === 'loopback')
    throw new CommandProblem(
      `--lab loopback: the engines of ${target} speak to each other over IP, which this lab would capture as the wire; leave --lab out`,
    );
  return { ...options, lab: 'netns' };
};

/** The options with what a plan made before decides; `ownLanguage` says whether the user named one. */
export const settleOptions = async (
  named: NamedOptions,
  ownLanguage: boolean,
): Promise<EvaluateOptions> => {
  const { plan, resume } = named;
  if (plan === undefined && resume === undefined) return withLab(named);
  const options = { ...named, lab: named.lab ?? 'loopback' };
  // Loaded here only: without a plan the process that waits for the run needs none of it.
  const { readPlanFile } = await import('../scenarios/campaign/plan-file.ts');
  const { readRunFile, startFile, startSchema } = await import('../scenarios/campaign/start.ts');
  const reading =
    resume === undefined
      ? readPlanFile(resolve(plan ?? ''))
      : readRunFile(resolve(resume), startFile, startSchema);
  const planned = await reading.catch((error: unknown) => {
    throw new CommandProblem(
      `${resume === undefined ? '--plan' : '--resume'}: ${messageOf(error)}; ${resume === undefined ? 'evaluate --plan-only makes one' : 'name one that discretio evaluate left'}`,
    );
  });
  return withPlan(options, planned, ownLanguage ? options.lang : planned.language);
};
