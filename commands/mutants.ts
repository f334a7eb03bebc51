import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { exitCodes } from '../reports/model/verdict.ts';
import type { Matrix, MatrixRow, RunOutcome } from '../scenarios/validation/matrix.ts';
import { CommandProblem } from './command-problem.ts';
import type { EvaluationOrder } from './mutant-runs.ts';
import { version } from './version.ts';

interface MutantsOptions {
  readonly jobs: number;
  readonly repeat: number;
  readonly sample: number;
  readonly seed: number;
  readonly thorough?: boolean;
  readonly json?: boolean;
  readonly record?: boolean;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;

const load = async () => ({
  ...(await import('../scenarios/validation/matrix.ts')),
  ...(await import('../scenarios/repertoire.ts')),
  ...(await import('../simulators/mutants/catalogue.ts')),
  ...(await import('../simulators/mutants/prepared-keys.ts')),
  ...(await import('../simulators/lab/link/seeded-random.ts')),
  ...(await import('./mutant-runs.ts')),
  ...(await import('../scenarios/validation/recorded.ts')),
  ...(await import('./interruption.ts')),
});
type Loaded = Awaited<ReturnType<typeof load>>;

const chosen = ({ mutants }: Loaded, ids: readonly string[]): Loaded['mutants'] => {
  const unknown = ids.find((id) => !mutants.some((mutant) => mutant.id === id));
  if (unknown !== undefined)
    throw new CommandProblem(
      `mutant ${unknown}: there is none of that name; discretio mutants --list prints all`,
    );
  return ids.length === 0 ? mutants : mutants.filter(({ id }) => ids.includes(id));
};

type Scenarios = Loaded['repertoire']['scenarios'];

/**
 * The scenarios that judge a mutant: all of its claims, or those that killed it when the matrix was recorded, where they still
 * are there and judge each of its claims.
 */
const judgesOf = (
  { repertoire, readRecorded }: Loaded,
  { id, claims }: Loaded['mutants'][number],
  { thorough }: MutantsOptions,
): Scenarios => {
  const all = repertoire.scenarios.filter((each) =>
    each.claims.some((claim) => claims.includes(claim)),
  );
  if (thorough === true) return all;
  const killers = readRecorded().mutants.find((row) => row.id === id)?.killedBy ?? [];
  const again = all.filter((each) => killers.includes(each.id));
  const judged = new Set(again.flatMap((each) => each.claims));
  return claims.every((claim) => judged.has(claim)) ? again : all;
};

/** Some scenarios of other claims that read only what a mutant's own leave, the same for the same seed. */
const sampleOf = (
  { repertoire, createSeededRandom }: Loaded,
  { id, claims }: Loaded['mutants'][number],
  own: Scenarios,
  { sample, seed }: MutantsOptions,
): Scenarios => {
  const random = createSeededRandom(seed + id.length);
  const done = new Set(own.flatMap(({ activities }) => activities));
  const others = repertoire.scenarios.filter(
    (each) =>
      !each.claims.some((claim) => claims.includes(claim)) &&
      each.activities.every((activity) => done.has(activity)),
  );
  return Array.from({ length: Math.min(sample, others.length) }, () =>
    others.splice(random.below(others.length), 1),
  ).flat();
};

/** RSA keys that most runs of a mutant come out with: authorities, servers, phones and attackers have one each. */
const keysOfRun = 32;

const progress = ({ id, end, killedBy, why, took }: MatrixRow): string =>
  `${end.padEnd(12)} ${id.padEnd(40)} ${seconds(took).padStart(7)}  ${end === 'killed' ? killedBy.join(', ') : why}`;

/** One run of the matrix: a mutant's, or one of the reference's. */
type Job =
  | { readonly kind: 'mutant'; readonly mutant: Loaded['mutants'][number] }
  | { readonly kind: 'reference'; readonly run: number };

const runMatrix = async (
  loaded: Loaded,
  mutants: Loaded['mutants'],
  options: MutantsOptions,
  signal: AbortSignal,
): Promise<Matrix> => {
  const folder = await mkdtemp(join(tmpdir(), 'discretio-mutants-'));
  const rows: MatrixRow[] = [];
  const references: { readonly run: number; readonly outcome: RunOutcome | null }[] = [];
  const keys = await loaded.prepareKeys(folder, keysOfRun);
  const evaluate = async (name: string, order: Pick<EvaluationOrder, 'mutant' | 'lab' | 'only'>) =>
    loaded.evaluateApart({
      ...order,
      seed: options.seed,
      folder: join(folder, name),
      signal,
      // What the reference is accused of counts against the testbed: nothing is made for its runs beforehand.
      ...(order.mutant === undefined ? {} : { environment: await keys.environmentFor(name) }),
    });
  const runMutant = async (mutant: Loaded['mutants'][number]): Promise<void> => {
    const own = judgesOf(loaded, mutant, options);
    const judges = [...own, ...sampleOf(loaded, mutant, own, options)];
    const only = judges.map((scenario) => scenario.id);
    const { id, lab } = mutant;
    const order = { mutant: id, only, ...(lab === undefined ? {} : { lab }) };
    const { outcome, said, took } = await evaluate(id, order);
    if (signal.aborted) return;
    const row = loaded.rowOf(mutant, outcome, took);
    rows.push(outcome === null ? { ...row, why: said } : row);
    say(progress(row));
  };
  const runReference = async (run: number): Promise<void> => {
    const { outcome, said, took } = await evaluate(`reference-${run}`, { only: [] });
    references.push({ run, outcome });
    const alarms = outcome ? loaded.falseAlarmsOf(run, outcome, loaded.mutants).length : said;
    say(
      `reference    ${`run ${run}`.padEnd(40)} ${seconds(took).padStart(7)}  ${alarms} false alarms`,
    );
  };
  const jobs: readonly Job[] = [
    ...Array.from(
      { length: options.repeat },
      (_, index) => ({ kind: 'reference', run: index + 1 }) as const,
    ),
    ...mutants.map((mutant) => ({ kind: 'mutant', mutant }) as const),
  ];
  try {
    await loaded.inParallel(jobs, options.jobs, async (job) => {
      if (signal.aborted) return;
      await (job.kind === 'mutant' ? runMutant(job.mutant) : runReference(job.run));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return matrixOf(loaded, mutants, rows, references);
};

const matrixOf = (
  loaded: Loaded,
  mutants: Loaded['mutants'],
  rows: readonly MatrixRow[],
  references: readonly { readonly run: number; readonly outcome: RunOutcome | null }[],
): Matrix => {
  const order = mutants.map(({ id }) => id);
  const sorted = rows.toSorted((left, right) => order.indexOf(left.id) - order.indexOf(right.id));
  const whole = references.find(({ outcome }) => outcome !== null)?.outcome;
  return {
    mutants: sorted,
    scenarios: whole
      ? loaded.scenarioRows(
          sorted,
          whole,
          loaded.repertoire.scenarios.map(({ id }) => id),
        )
      : [],
    repeats: references.length,
    falseAlarms: references.flatMap(({ run, outcome }) =>
      outcome
        ? loaded.falseAlarmsOf(run, outcome, loaded.mutants)
        : [
            {
              run,
              scenario: '',
              claim: '',
              kind: 'inconclusive',
              reason: 'the run left no judgements',
            },
          ],
    ),
  };
};

const jsonOf = ({ mutants, scenarios, repeats, falseAlarms }: Matrix): object => ({
  mutants: mutants.map(({ end, ...row }) => ({ ...row, end, rightReason: end === 'killed' })),
  scenarios,
  repeats,
  falseAlarms,
});

/** Replaces what every report shows as this testbed's validation. */
const record = ({ recordedFile }: Loaded, matrix: Matrix): Promise<void> =>
  writeFile(
    recordedFile,
    `${JSON.stringify({ version, at: new Date().toISOString(), ...jsonOf(matrix) }, null, 2)}\n`,
  );

const print = (matrix: Matrix, isWhole: boolean): void => {
  const idle = !isWhole
    ? []
    : matrix.scenarios.filter(({ kills }) => kills === 0).map(({ id }) => id);
  if (idle.length > 0) console.log(`Kill none of these mutants: ${idle.join(', ')}`);
  for (const { run, scenario, claim, kind, reason } of matrix.falseAlarms)
    console.log(`false alarm  run ${run}: ${claim} ${kind} by ${scenario}: ${reason}`);
  for (const row of matrix.mutants.filter(({ end }) => end !== 'killed'))
    console.log(progress(row));
  const killed = matrix.mutants.filter(({ end }) => end === 'killed').length;
  const alarms =
    matrix.repeats === 0
      ? 'the reference was not run, so that nothing is known of false alarms'
      : `${matrix.falseAlarms.length} false alarms in ${matrix.repeats} runs of the reference`;
  console.log(
    `${killed} of ${matrix.mutants.length} mutants killed for the right reason; ${alarms}`,
  );
};

const runMutants = async (ids: readonly string[], options: MutantsOptions): Promise<number> => {
  if (options.record === true && (ids.length > 0 || options.repeat === 0))
    throw new CommandProblem(
      '--record: a matrix of some mutants, or without the reference, validates nothing; leave their names and --repeat 0 out',
    );
  const loaded = await load();
  const mutants = chosen(loaded, ids);
  const interruption = loaded.watchInterruption();
  try {
    const matrix = await runMatrix(loaded, mutants, options, interruption.signal);
    if (options.json === true) console.log(JSON.stringify(jsonOf(matrix), null, 2));
    else print(matrix, ids.length === 0);
    if (interruption.signal.aborted || matrix.mutants.length < mutants.length)
      return exitCodes.inconclusive;
    if (options.record === true) await record(loaded, matrix);
    return loaded.isSound(matrix) ? exitCodes.clean : exitCodes.fails;
  } finally {
    interruption.release();
  }
};

const list = async (): Promise<number> => {
  const { mutants } = await load();
  for (const { id, claims, fault } of mutants)
    console.log(`${id.padEnd(40)} ${claims.join(' ').padEnd(12)} ${fault}`);
  return exitCodes.clean;
};

const count =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > 1_000)
      throw new InvalidArgumentError(`a whole number from ${least} to 1000.`);
    return value;
  };

/** A run waits for nearly half of its time, for audio and for handshakes. */
const usualJobs = availableParallelism() + 2;

/** `discretio mutants`: whether the testbed notices what it must, and accuses nobody wrongly. */
export const addMutantsCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('mutants')
    .description('evaluate references with one fault each, all of which the testbed must notice')
    .argument('[id...]', 'mutants to run; all unless given')
    .option('--list', 'print the mutants and run none')
    .option('--jobs <n>', 'runs at the same time', count(1), usualJobs)
    .option('--repeat <n>', 'full runs of the unmutated reference', count(0), 1)
    .option('--sample <n>', 'scenarios of other claims that judge each mutant too', count(0), 8)
    .option('--seed <n>', 'of every run, and of the sample', count(0), 1)
    .option(
      '--thorough',
      'judge each by every scenario of its claims, not only by those that found it last time',
    )
    .option(
      '--record',
      'keep the matrix as what every report shows of this testbed’s validation; --thorough where a scenario is new',
    )
    .option('--json', 'print one JSON object')
    .action(async (ids: readonly string[], options: MutantsOptions & { readonly list?: boolean }) =>
      finish(options.list === true ? await list() : await runMutants(ids, options)),
    );
};
