import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Target } from '../devices/contract.ts';
import { referenceTarget } from '../devices/reference/target.ts';
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

/** The target to evaluate: the reference, or what a TypeScript file exports as `target`. */
export const loadTarget = async (file: string | undefined): Promise<Target> => {
  if (file === undefined) return referenceTarget();
  const path = resolve(file);
  await access(path).catch(() => {
    throw new CommandProblem(
      `--target ${file}: the file cannot be read; give the path of a TypeScript file`,
    );
  });
  if (!/\.(ts|js|mjs)$/.test(path))
    throw new CommandProblem(
      `--target ${file}: only a TypeScript or JavaScript file can describe a target in this version`,
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
