import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { isPath } from '../fuzz/harness/path.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import { CommandProblem } from './command-problem.ts';

interface FuzzOptions {
  readonly runs: number;
  readonly seed?: number;
  readonly path?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly list?: boolean;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const load = async () => ({
  ...(await import('../fuzz/catalogue.ts')),
  ...(await import('../fuzz/harness/campaign.ts')),
  ...(await import('../fuzz/harness/corpus.ts')),
  ...(await import('../fuzz/harness/run.ts')),
  ...(await import('../fuzz/live/campaign.ts')),
  ...(await import('../fuzz/live/report.ts')),
  ...(await import('./interruption.ts')),
});
type Loaded = Awaited<ReturnType<typeof load>>;
type Target = Loaded['targets'][number];
type Report = Awaited<ReturnType<Loaded['runCampaign']>>;

const targetNamed = ({ targets, liveTargets }: Loaded, name: string): Target => {
  const target = targets.find((each) => each.name === name);
  if (target) return target;
  const names = [...targets, ...liveTargets].map((each) => each.name).join(', ');
  throw new CommandProblem(`fuzz ${name}: there is no such target; name one of ${names}`);
};

/** The public shape; a failure of an earlier run's case, tried again, has the seed of that run. */
const jsonOf = ({ name, runs, seed, failures, unreached, missing, casesPerSecond }: Report) => ({
  name,
  runs,
  seed,
  failures: failures.map((failure) => ({
    path: failure.path,
    file: failure.file,
    ...(failure.seed === seed ? {} : { seed: failure.seed }),
  })),
  ...(unreached.length === 0 ? {} : { unreached }),
  ...(missing.length === 0 ? {} : { missing }),
  casesPerSecond,
});

const print = ({
  name,
  runs,
  seed,
  failures,
  unreached,
  missing,
  casesPerSecond,
}: Report): void => {
  const speed = `${casesPerSecond} a second`;
  const found = failures.length === 0 ? 'no failure' : `${failures.length} failures`;
  const without = missing.length === 0 ? '' : `; without ${missing.join(', ')}: not installed`;
  console.log(`${name.padEnd(20)} ${runs} cases, ${speed}, seed ${seed}: ${found}${without}`);
  for (const { property, expected, observed, file, path, seed: own } of failures) {
    console.log(`  ${property}: expected ${expected}, observed ${observed}`);
    console.log(`    ${file}; again: discretio fuzz ${name} --seed ${own} --path ${path}`);
  }
  if (unreached.length > 0) console.log(`  never reached: ${unreached.join(', ')}`);
};

const fails = ({ failures, unreached }: Report): boolean =>
  failures.length > 0 || unreached.length > 0;

/** One case again, in the shape of a run of one. */
const replay = async (
  loaded: Loaded,
  target: Target,
  seed: number,
  path: string,
  folder: string,
): Promise<Report> => {
  const begun = performance.now();
  const replayed = loaded.replayCase(target, seed, path);
  if (replayed === undefined)
    throw new CommandProblem(
      `--path ${path}: it leads to no case of ${target.name} with seed ${seed}; give the path and the seed of one failure, found with this version`,
    );
  const { failure, shapes } = replayed;
  if (!failure) say(`${target.name}: ${shapes.join(', ')}`);
  const file = failure && (await loaded.writeFailure(folder, target, seed, failure));
  return {
    name: target.name,
    runs: 1,
    seed,
    failures: failure && file ? [{ ...failure, seed, file }] : [],
    unreached: [],
    reached: new Map(shapes.map((shape) => [shape, 1])),
    casesPerSecond: Math.round(1_000 / Math.max(1, performance.now() - begun)),
    interrupted: false,
    missing: target.missing ?? [],
  };
};

const campaigns = async (
  loaded: Loaded,
  chosen: readonly Target[],
  { runs, out, json }: FuzzOptions,
  seed: number,
): Promise<readonly Report[]> => {
  const interruption = loaded.watchInterruption();
  const reports: Report[] = [];
  try {
    for (const target of chosen) {
      if (interruption.signal.aborted) break;
      const report = await loaded.runCampaign(target, {
        runs,
        seed,
        signal: interruption.signal,
        progress: say,
        folder: resolve(out ?? 'runs/fuzz'),
        keeps: out !== undefined,
      });
      reports.push(report);
      if (json !== true) print(report);
    }
    if (interruption.signal.aborted)
      say(`interrupted (${String(interruption.signal.reason)}): what was done until then is above`);
    return reports;
  } finally {
    interruption.release();
  }
};

const checkOptions = (name: string | undefined, { path, seed }: FuzzOptions): void => {
  if (path !== undefined && (name === undefined || seed === undefined))
    throw new CommandProblem(
      `--path ${path}: a path belongs to one target and one seed; give NAME and --seed too`,
    );
};

/** Something running, judged after each batch; what cannot be told is neither clean nor a failure. */
const runLive = async (
  loaded: Loaded,
  target: Loaded['liveTargets'][number],
  { runs, out, path, json }: FuzzOptions,
  seed: number,
): Promise<number> => {
  const interruption = loaded.watchInterruption();
  const { signal } = interruption;
  const folder = resolve(out ?? 'runs/fuzz');
  const order = {
    runs,
    seed,
    signal,
    progress: say,
    folder,
    ...(path === undefined ? {} : { path }),
  };
  try {
    const report = await loaded.runLiveCampaign(target, order);
    if (json === true) console.log(JSON.stringify(loaded.liveJson(report), null, 2));
    else for (const line of loaded.liveLines(report)) console.log(line);
    if (signal.aborted)
      say(`interrupted (${String(signal.reason)}): what was done until then is above`);
    if (report.failure !== null || report.unreached.length > 0) return exitCodes.fails;
    const isWhole = report.inconclusive === null && !report.interrupted;
    return isWhole ? exitCodes.clean : exitCodes.inconclusive;
  } finally {
    interruption.release();
  }
};

const runFuzz = async (name: string | undefined, options: FuzzOptions): Promise<number> => {
  checkOptions(name, options);
  const loaded = await load();
  const live = loaded.liveTargets.find((each) => each.name === name);
  if (live) return runLive(loaded, live, options, options.seed ?? randomInt(2 ** 32));
  const chosen = name === undefined ? loaded.targets : [targetNamed(loaded, name)];
  const seed = options.seed ?? randomInt(2 ** 32);
  const [first] = chosen;
  const { path } = options;
  if (path !== undefined && first) {
    const folder = resolve(options.out ?? 'runs/fuzz', first.name, 'failures');
    const report = await replay(loaded, first, seed, path, folder);
    if (options.json === true) console.log(JSON.stringify(jsonOf(report), null, 2));
    else print(report);
    return fails(report) ? exitCodes.fails : exitCodes.clean;
  }
  const reports = await campaigns(loaded, chosen, options, seed);
  if (options.json === true) {
    const all = reports.map(jsonOf);
    console.log(JSON.stringify(name === undefined ? { targets: all } : all[0], null, 2));
  }
  if (reports.some(fails)) return exitCodes.fails;
  const whole = reports.length === chosen.length && !reports.some((each) => each.interrupted);
  return whole ? exitCodes.clean : exitCodes.inconclusive;
};

const list = async (): Promise<number> => {
  const { targets, liveTargets } = await load();
  for (const { name, parsers } of targets)
    console.log(`${name.padEnd(20)} ${parsers.map((parser) => parser.split('#')[1]).join(' ')}`);
  for (const { name, about } of liveTargets) console.log(`${name.padEnd(20)} ${about}`);
  return exitCodes.clean;
};

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(
        `a whole number from ${least} to ${most === Number.MAX_SAFE_INTEGER ? '2^53-1' : most}.`,
      );
    return value;
  };

const path = (text: string): string => {
  if (!isPath(text))
    throw new InvalidArgumentError('numbers with colons between them, as a failure names them.');
  return text;
};

/** `discretio fuzz`: whether any input breaks a parser, by cases made from a seed. */
export const addFuzzCommand = (program: Command, finish: (code: number) => void): void => {
  program
    .command('fuzz')
    .description(
      'try parsers, or a running appliance or phone, with made cases, and shrink what breaks one',
    )
    .argument('[name]', 'what to try; every parser, one after the other, unless given')
    .option('--list', 'print the targets and their parsers, and try none')
    .option('--runs <n>', 'cases of each', whole(1, 1e12), 20_000)
    .option(
      '--seed <n>',
      'what the cases are made from; any, unless given',
      whole(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--path <path>',
      'try the one case of a failure again; of something running, its batch',
      path,
    )
    .option(
      '--out <dir>',
      'keep a corpus there, which the next run tries first; runs/fuzz has the failures unless given',
    )
    .option('--json', 'print one JSON object')
    .action(async (name: string | undefined, options: FuzzOptions) =>
      finish(options.list === true ? await list() : await runFuzz(name, options)),
    );
};
