import { access } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { isCapability } from '../devices/honesty.ts';
import type { Activity } from '../scenarios/campaign/activity.ts';
import type { Judging } from '../scenarios/campaign/assemble.ts';
import { messageOf, within } from '../scenarios/campaign/deadline.ts';
import type { Repertoire } from '../scenarios/campaign/plan.ts';
import type { Scenario } from '../scenarios/campaign/scenario.ts';
import { claimById } from '../scenarios/claims/catalogue.ts';
import { CommandProblem } from './command-problem.ts';

/** Milliseconds that a file of scenarios may take to load. */
const loadLimit = 30_000;

const text = z.string().min(1);
const needs = z.array(text.refine(isCapability, 'no capability; devices/contract.ts lists them'));
const work = z.custom<Scenario['judge']>((value) => typeof value === 'function', 'no function');

/** Packages that a file's own folders do not have are the tool's: a scenario may lie anywhere. */
const lendPackages = (): (() => void) => {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (/^[./]|^[a-z]+:/.test(specifier)) throw error;
        return next(specifier, { ...context, parentURL: import.meta.url });
      }
    },
  });
  return () => hooks.deregister();
};

/** The shape of what a file exports; everything beside `scenarios` and `activities` is its own. */
const exportsSchema = z.object({
  scenarios: z
    .array(
      z.looseObject({
        id: text,
        revision: z.number().int(),
        claims: z.array(text).min(1),
        activities: z.array(text).min(1),
        needs,
        judge: work,
      }),
    )
    .min(1),
  activities: z
    .array(
      z.looseObject({
        id: text.regex(/^[a-z0-9-]+$/, 'not of lower-case letters, digits and hyphens'),
        title: text,
        effect: text,
        disturbs: z.boolean(),
        needs,
        after: z.array(text),
        captured: z.boolean(),
        run: work,
      }),
    )
    .default([]),
});

interface Added {
  readonly scenarios: readonly Scenario[];
  readonly activities: readonly Activity[];
}

/** Who named the files: the user, by an option of this command, or the plan of a run that was made before. */
type NamedBy = 'option' | 'plan';

const problemOf =
  (file: string, namedBy: NamedBy) =>
  (reason: string, wayOut: string): CommandProblem =>
    new CommandProblem(
      `${namedBy === 'option' ? `--scenarios ${file}` : `scenarios of the run, ${file}`}: ${reason}; ${wayOut}`,
    );

const readAdded = async (file: string, namedBy: NamedBy): Promise<Added> => {
  const path = resolve(file);
  const problem = problemOf(file, namedBy);
  await access(path).catch(() => {
    throw problem(
      'the file cannot be read',
      namedBy === 'option'
        ? 'give the path of a TypeScript file'
        : 'put it back there: its plan names it by this path',
    );
  });
  const takeBack = lendPackages();
  const loading: Promise<unknown> = import(pathToFileURL(path).href);
  const loaded = await within(loadLimit, 'loading it', loading)
    .catch((error: unknown) => {
      throw problem(`the file cannot be loaded: ${messageOf(error)}`, 'mend it');
    })
    .finally(takeBack);
  const checked = exportsSchema.safeParse(loaded);
  if (checked.success) return checked.data as unknown as Added;
  const [issue] = checked.error.issues;
  throw problem(
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`,
    'docs/writing-a-scenario.md says what it must export',
  );
};

const repeated = (ids: readonly string[]): string | undefined =>
  ids.find((id, index) => ids.indexOf(id) !== index);

/** The first thing that makes no sense in a repertoire that was added to. */
const incoherence = ({ scenarios, activities }: Repertoire): string | null => {
  const known = new Set(activities.map(({ id }) => id));
  const twice = repeated(scenarios.map(({ id }) => id)) ?? repeated(activities.map(({ id }) => id));
  if (twice !== undefined) return `the id ${twice} is taken`;
  for (const { id, claims, activities: read } of scenarios) {
    const claim = claims.find((each) => claimById(each) === undefined);
    if (claim !== undefined) return `scenario ${id}: there is no claim ${claim}`;
    const activity = read.find((each) => !known.has(each));
    if (activity !== undefined) return `scenario ${id}: there is no activity ${activity}`;
  }
  for (const { id, after } of activities) {
    const before = after.find((each) => !known.has(each));
    if (before !== undefined) return `activity ${id}: there is no activity ${before}`;
  }
  return null;
};

/** Everything this version can do, and what the files named add to it. Rejects with a CommandProblem that names the file and the field. */
export const repertoireWith = async (
  files: readonly string[] = [],
  namedBy: NamedBy = 'option',
): Promise<Repertoire & Judging> => {
  const { repertoire } = await import('../scenarios/repertoire.ts');
  let whole: Repertoire & Judging = repertoire;
  for (const file of files) {
    const { scenarios, activities } = await readAdded(file, namedBy);
    whole = {
      ...whole,
      scenarios: [...whole.scenarios, ...scenarios],
      activities: [...whole.activities, ...activities],
    };
    const problem = incoherence(whole);
    if (problem !== null) throw problemOf(file, namedBy)(problem, 'mend it');
  }
  return whole;
};
