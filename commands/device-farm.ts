import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { discover } from '../devices/appium/farm/discovery.ts';
import { planMatrix, type Matrix } from '../devices/appium/farm/matrix.ts';
import { clientPlaces } from '../devices/appium/farm/places.ts';
import { readFarm, simulatedFarm, type ReadFarm } from '../devices/appium/farm/read.ts';
import { DeviceProblem, type DeviceProblemCode } from '../devices/appium/problem.ts';
import { findAndroidTools } from '../devices/appium/session/tools.ts';
import { TargetFileError } from '../devices/external/problem.ts';
import { readTargetFile } from '../devices/external/read.ts';
import { worstOutcome, type Cell, type DeviceEntry } from '../reports/devices/results.ts';
import { exitCodes } from '../reports/model/verdict.ts';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import { CommandProblem } from './command-problem.ts';
import { runMatrix } from './device-matrix.ts';
import { factsFrom, writeDeviceReports } from './device-reports.ts';
import { watchInterruption } from './interruption.ts';
import { makeRunFolder } from './run-folder.ts';

const usage =
  'usage: npm run devices -- [--farm FILE] [--only PHONE-OR-LABEL…] [--out DIR] [--i-am-authorised]';

const help = `${usage}

Two simulated phones unless a farm file names others (docs/device-farm.md).
REQUIRE_DEVICES=1 makes it a failure that a phone is missing.
`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const options = () => {
  try {
    return parseArgs({
      options: {
        farm: { type: 'string', default: simulatedFarm },
        only: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
        'i-am-authorised': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new CommandProblem(`${messageOf(error)}; ${usage}`);
  }
};

/** The target's file of a farm; pairs side by side need an appliance each. */
const targetOf = ({ file, farm, folder }: ReadFarm): string => {
  const target = resolve(folder, farm.target);
  const { appliance } = readTargetFile(target).description;
  if (appliance.kind === 'external' && farm.parallel > 1)
    throw new CommandProblem(
      `farm ${file}: parallel: several pairs at a time would enrol the same numbers on one external appliance; make it 1`,
    );
  return target;
};

const standings = async (
  { farm }: ReadFarm,
  matrix: Matrix,
  absent: ReadonlyMap<string, string>,
  { folder, cells }: { readonly folder: string; readonly cells: readonly Cell[] },
): Promise<readonly DeviceEntry[]> =>
  Promise.all(
    Object.entries(farm.phones).map(async ([name, { labels }]): Promise<DeviceEntry> => {
      const common = { name, labels: [...labels], facts: await factsFrom(folder, name, cells) };
      const problem = absent.get(name);
      const quarantine = matrix.quarantined.find(({ phone }) => phone === name);
      if (quarantine)
        return {
          ...common,
          standing: 'quarantined',
          reason: quarantine.reason,
          until: quarantine.until,
        };
      if (problem !== undefined) return { ...common, standing: 'absent', reason: problem };
      const without = matrix.without.find(({ phone }) => phone === name);
      if (!cells.some(({ device }) => device === name))
        return {
          ...common,
          standing: 'not chosen',
          reason: without?.reason ?? 'it was not chosen',
        };
      const expired = matrix.expired.find(({ phone }) => phone === name);
      return expired
        ? {
            ...common,
            standing: 'ran',
            reason: `its quarantine (${expired.reason}) ended with ${expired.until}`,
          }
        : { ...common, standing: 'ran' };
    }),
  );

const exitFor = (cells: readonly Cell[]): number => {
  const worst = worstOutcome(cells.map(({ outcome }) => outcome));
  if (worst === 'fail') return exitCodes.fails;
  return worst === 'pass' || worst === 'warn' ? exitCodes.clean : exitCodes.inconclusive;
};

/** Refuses what neither a phone nor a label is called: nothing would be run for it. */
const checkChoice = ({ file, farm }: ReadFarm, only: readonly string[]): void => {
  const known = new Set(
    Object.entries(farm.phones).flatMap(([name, { labels }]) => [name, ...labels]),
  );
  const unknown = only.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new CommandProblem(
      `--only ${unknown}: farm ${file} has no phone and no label of that name; there are ${[...known].join(', ')}`,
    );
};

/** Why nothing is run, where no two phones are left that can call each other; null where something is. */
const nothingToRun = ({ batches, without }: Matrix): string | null => {
  if (batches.length > 0) return null;
  const reasons = without.map(({ phone, network, reason }) => `${phone} (${network}): ${reason}`);
  return `no two phones are left that can call each other${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}; nothing was judged`;
};

/** Whether a run without every phone is a failure, as in a laboratory, and not merely skipped. */
const isRequired = (): boolean => process.env['REQUIRE_DEVICES'] === '1';

/** With these no adb server could be asked: whether the farm's phones are there is not known. */
const unknownWith: ReadonlySet<DeviceProblemCode> = new Set([
  'no-adb',
  'adb-unreachable',
  'adb-version',
  'adb-refusal',
]);

/** Says in one line that phones are missing, and leaves a record of it. */
const skip = async (
  read: ReadFarm,
  folder: string,
  startedAt: string,
  problems: ReadonlyMap<string, DeviceProblem>,
): Promise<number> => {
  const { farm } = read;
  const skipped = `not there of the farm ${farm.name}: ${[...new Set([...problems.values()].map(({ message }) => message))].join('; ')}`;
  const devices = Object.entries(farm.phones).map(([name, { labels }]) => ({
    name,
    labels: [...labels],
    facts: null,
    standing: 'absent' as const,
    reason: problems.get(name)?.message ?? 'it was not asked for',
  }));
  await writeDeviceReports(folder, {
    schema: 1,
    farm: farm.name,
    startedAt,
    took: 0,
    skipped,
    devices,
    cells: [],
  });
  const isUnknown = [...problems.values()].some(({ code }) => unknownWith.has(code));
  const prefix = isRequired() || isUnknown ? 'discretio devices' : 'skipped';
  say(`${prefix}: ${skipped}; the record is in ${folder}`);
  if (isRequired()) return exitCodes.fails;
  return isUnknown ? exitCodes.inconclusive : exitCodes.clean;
};

const run = async (): Promise<number> => {
  const given = options();
  if (given.help) {
    process.stdout.write(help);
    return exitCodes.clean;
  }
  const before = performance.now();
  const read = readFarm(given.farm);
  const { farm } = read;
  checkChoice(read, given.only);
  const target = targetOf(read);
  const isSimulated = Object.values(farm.phones).some((phone) => 'simulated' in phone);
  if (isSimulated) await findAndroidTools(process.env);
  const startedAt = new Date().toISOString();
  const folder = await makeRunFolder(given.out, startedAt);
  const { ready, problems } = await discover(farm);
  const absent = new Map(problems.map(({ phone, problem }) => [phone, problem.message]));
  if (ready.length === 0 || (isRequired() && absent.size > 0))
    return skip(
      read,
      folder,
      startedAt,
      new Map(problems.map(({ phone, problem }) => [phone, problem])),
    );
  for (const line of new Set(absent.values())) say(`! ${line}`);
  if (!isSimulated) await findAndroidTools(process.env);
  const there = {
    ...farm,
    phones: Object.fromEntries(
      Object.entries(farm.phones).filter(([name]) => ready.includes(name)),
    ),
  };
  const matrix = planMatrix(there, startedAt.slice(0, 10), given.only);
  for (const { phone, reason, until } of matrix.quarantined)
    say(`! phone ${phone} is in quarantine until ${until}: ${reason}`);
  const nothing = nothingToRun(matrix);
  if (nothing !== null) say(`! ${nothing}`);
  const interruption = watchInterruption();
  try {
    const { scenarios, retries } = farm;
    const { signal } = interruption;
    const isAuthorised = given['i-am-authorised'];
    const places = await clientPlaces({ ...read, farm: there });
    const cells = await runMatrix(matrix, {
      farm: read.file,
      target,
      scenarios,
      retries,
      isAuthorised,
      places,
      folder,
      signal,
      say,
    });
    const devices = [...(await standings(read, matrix, absent, { folder, cells }))];
    const took = Math.round(performance.now() - before);
    await writeDeviceReports(folder, {
      schema: 1,
      farm: farm.name,
      startedAt,
      took,
      devices,
      cells: [...cells],
    });
    if (signal.aborted)
      say(
        `discretio devices: the run was interrupted (${String(signal.reason)}); what was done until then is in ${folder}`,
      );
    say(
      `${(took / 1000).toFixed(1)} s; results, JUnit and Allure are in ${folder}, the page is index.html`,
    );
    return signal.aborted ? exitCodes.inconclusive : exitFor(cells);
  } finally {
    interruption.release();
  }
};

/** `npm run devices`: the phones of a farm file call each other, driven by their screens, and each run is judged; gives the exit code. */
export const runDevices = (): Promise<number> =>
  run().catch((error: unknown) => {
    const known =
      error instanceof DeviceProblem ||
      error instanceof CommandProblem ||
      error instanceof TargetFileError;
    say(
      `discretio devices: ${known ? messageOf(error) : String(error instanceof Error ? error.stack : error)}`,
    );
    if (error instanceof CommandProblem) return error.exitCode;
    const isUsage =
      error instanceof TargetFileError || (error instanceof DeviceProblem && error.code === 'file');
    return isUsage ? exitCodes.usage : exitCodes.inconclusive;
  });
