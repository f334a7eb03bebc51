import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOutcomeSchema, type RunOutcome } from '../scenarios/validation/matrix.ts';
import { mutantVariable } from '../simulators/mutants/catalogue.ts';

const program = join(import.meta.dirname, '../cli.ts');
const targetFile = join(import.meta.dirname, '../simulators/mutants/target.ts');

/** Milliseconds that one run may take before it is ended: far more than any needs. */
const runLimit = 300_000;

/** One evaluation in a process of its own. */
export interface EvaluationOrder {
  /** A mutant's id; the reference itself where absent. */
  readonly mutant?: string;
  /** Loopback where absent. */
  readonly lab?: 'netns';
  /** Claims to judge, or scenarios that are to judge theirs; everything where empty. */
  readonly only: readonly string[];
  readonly seed: number;
  /** Of the run; made by it. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Added to its environment, such as where its keys are. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What an evaluation left; `outcome` is null where it left nothing that can be read. */
export interface EvaluationEnd {
  readonly outcome: RunOutcome | null;
  /** The last thing that it said, for where there is no outcome. */
  readonly said: string;
  /** Milliseconds. */
  readonly took: number;
}

const readOutcome = async (folder: string): Promise<RunOutcome | null> => {
  const text = await readFile(join(folder, 'run.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const run = runOutcomeSchema.safeParse(JSON.parse(text));
  return run.success ? run.data : null;
};

/** Evaluates a mutant, or the reference, and reads what came of it. Never rejects. */
export const evaluateApart = async (order: EvaluationOrder): Promise<EvaluationEnd> => {
  const { mutant, lab, only, seed, folder, signal, environment = {} } = order;
  const before = performance.now();
  const child = spawn(
    process.execPath,
    [
      program,
      'evaluate',
      ...(mutant === undefined ? [] : ['--target', targetFile]),
      ...(lab === undefined ? [] : ['--lab', lab]),
      ...(only.length === 0 ? [] : ['--only', ...only]),
      '--seed',
      String(seed),
      '--out',
      folder,
      '--json',
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        ...environment,
        ...(mutant === undefined ? {} : { [mutantVariable]: mutant }),
      },
    },
  );
  const stop = (): void => void child.kill('SIGTERM');
  const limit = setTimeout(stop, runLimit);
  signal.addEventListener('abort', stop, { once: true });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2_000);
  });
  await new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      said = error.message;
      resolve();
    });
  });
  clearTimeout(limit);
  signal.removeEventListener('abort', stop);
  return {
    outcome: await readOutcome(folder),
    said: said.trim().split('\n').at(-1) ?? '',
    took: Math.round(performance.now() - before),
  };
};

/** Works on every item, at most `jobs` of them at a time, in order. */
export const inParallel = async <Item>(
  items: readonly Item[],
  jobs: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
};
