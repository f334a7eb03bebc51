import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Target } from '../devices/contract.ts';
import { TargetFileError, TargetUnavailable } from '../devices/external/problem.ts';
import { capabilityProblem, probed } from '../devices/honesty.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import { messageOf, within } from '../scenarios/campaign/deadline.ts';
import { CommandProblem } from './command-problem.ts';

/** Milliseconds that a target's file may take to load. */
const loadLimit = 30_000;

const isTarget = (value: unknown): value is Target =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'capabilities' in value &&
  value.capabilities instanceof Set &&
  'codec' in value &&
  typeof value.codec === 'function' &&
  'startAppliance' in value &&
  typeof value.startAppliance === 'function' &&
  'startPhone' in value &&
  typeof value.startPhone === 'function';

const isDescription = (file: string): boolean => /\.ya?ml$/.test(file);

/** What a description's fault becomes at the edge: its own line, and 64, or 2 where only the target is not there. */
const asProblem = (error: unknown): unknown => {
  if (error instanceof TargetFileError) return new CommandProblem(error.message);
  if (error instanceof TargetUnavailable)
    return new CommandProblem(error.message, exitCodes.inconclusive);
  return error;
};

/** What a description says of its appliance; undefined where the target is no description. */
const describedAppliance = async (file: string | undefined) => {
  if (file === undefined || !isDescription(file)) return undefined;
  const { readTargetFile } = await import('../devices/external/read.ts');
  try {
    return readTargetFile(resolve(file)).description.appliance;
  } catch (error) {
    throw asProblem(error);
  }
};

/** Whether a target runs outside of what the run starts, so that the run must stay in its caller's network namespace. */
export const isExternal = async (file: string | undefined): Promise<boolean> =>
  (await describedAppliance(file))?.kind === 'external';

/** Whether the appliance's engines speak to each other over IP, so that only a host of its own keeps that off the captured wire. */
export const needsHosts = async (file: string | undefined): Promise<boolean> => {
  const appliance = await describedAppliance(file);
  if (appliance === undefined) return false;
  const { hasEngine } = await import('../devices/external/schema.ts');
  return hasEngine(appliance);
};

const loadDescription = async (file: string): Promise<Target> => {
  const { loadTargetFile } = await import('../devices/external/target.ts');
  const fail = (error: unknown): never => {
    throw asProblem(error);
  };
  const target = await loadTargetFile(resolve(file)).catch(fail);
  const { external } = target;
  return external
    ? { ...target, external: { ...external, reach: () => external.reach().catch(fail) } }
    : target;
};

const loadModule = async (file: string): Promise<Target> => {
  const path = resolve(file);
  await access(path).catch(() => {
    throw new CommandProblem(
      `--target ${file}: the file cannot be read; give the path of a YAML or TypeScript file`,
    );
  });
  if (!/\.(ts|js|mjs)$/.test(path))
    throw new CommandProblem(
      `--target ${file}: only a YAML, TypeScript or JavaScript file can describe a target; docs/targets.md says how`,
    );
  const loading: Promise<unknown> = import(pathToFileURL(path).href);
  const loaded = await within(loadLimit, 'loading it', loading).catch((error: unknown) => {
    throw new CommandProblem(
      `--target ${file}: the file cannot be loaded: ${messageOf(error)}; mend it, or give another`,
    );
  });
  const exported =
    typeof loaded === 'object' && loaded !== null && 'target' in loaded ? loaded.target : undefined;
  if (!isTarget(exported))
    throw new CommandProblem(
      `--target ${file}: it exports no "target" of the type Target of devices/contract.ts; add one`,
    );
  return exported;
};

const load = async (file: string | undefined): Promise<Target> => {
  if (file === undefined) return (await import('../devices/reference/target.ts')).referenceTarget();
  return isDescription(file) ? loadDescription(file) : loadModule(file);
};

/** The target to evaluate: the reference, what a YAML file describes, or what a TypeScript file exports as `target`. One that claims what cannot be is refused. */
export const loadTarget = async (file: string | undefined): Promise<Target> => {
  const target = await load(file);
  const problem = capabilityProblem('the target', target.capabilities);
  if (problem !== null) throw new CommandProblem(`--target ${file ?? ''}: ${problem}`);
  return probed(target);
};
