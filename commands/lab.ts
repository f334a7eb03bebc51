import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { exitCodes } from '../reports/model/verdict.ts';
import { messageOf } from '../scenarios/campaign/deadline.ts';
import { namespacePath } from '../simulators/lab/netns/build.ts';
import { openNetnsSite, readBuildable } from '../simulators/lab/netns/site.ts';
import {
  inOwnNamespace,
  runInOwnNamespace,
  wordsToEnter,
} from '../simulators/lab/own-namespace.ts';
import { readTopology, type CheckedTopology } from '../simulators/lab/topology/check.ts';
import { drawSvg } from '../simulators/lab/topology/draw-svg.ts';
import { drawText } from '../simulators/lab/topology/draw-text.ts';
import {
  standardPhones,
  standardTopology,
  type StandardOptions,
} from '../simulators/lab/topology/standard.ts';
import { CommandProblem } from './command-problem.ts';
import { watchInterruption } from './interruption.ts';

/** Which topology a lab command is about. */
interface TopologyOptions {
  readonly topology?: string;
  readonly translation: StandardOptions['translation'];
  readonly family: StandardOptions['family'];
}

interface DrawOptions extends TopologyOptions {
  readonly json?: boolean;
  readonly svg?: string;
}

const print = (text: string): void => void process.stdout.write(text);

const chosen = (
  { topology, translation, family }: TopologyOptions,
  read: (path: string) => Promise<CheckedTopology>,
): Promise<CheckedTopology> =>
  topology === undefined
    ? Promise.resolve(standardTopology({ phones: standardPhones, translation, family }))
    : read(topology).catch((error: unknown) => {
        throw new CommandProblem(messageOf(error));
      });

const draw = async (options: DrawOptions): Promise<void> => {
  const topology = await chosen(options, readTopology);
  if (options.svg !== undefined) {
    const { svg } = options;
    await writeFile(svg, drawSvg(topology)).catch((error: unknown) => {
      throw new CommandProblem(`--svg ${svg}: cannot be written: ${messageOf(error)}`);
    });
  }
  print(options.json === true ? `${JSON.stringify(topology, null, 2)}\n` : drawText(topology));
};

/** Waits, and keeps the process alive meanwhile; rejects when it was no signal that ended the waiting. */
const untilInterrupted = async (signal: AbortSignal): Promise<void> => {
  const alive = setInterval(() => undefined, 60_000);
  if (!signal.aborted) await once(signal, 'abort');
  clearInterval(alive);
  if (!isSignalName(signal.reason))
    throw new CommandProblem(
      `the lab was ended: ${messageOf(signal.reason)}`,
      exitCodes.inconclusive,
    );
};

const isSignalName = (reason: unknown): boolean =>
  typeof reason === 'string' && /^SIG[A-Z]+$/.test(reason);

const keepUp = async (options: TopologyOptions): Promise<number> => {
  const topology = await chosen(options, readBuildable);
  const interruption = watchInterruption();
  const words = (await wordsToEnter()).join(' ');
  const before = performance.now();
  const site = await openNetnsSite(topology);
  const took = Math.round(performance.now() - before);
  try {
    print(`${drawText(topology)}\nUp in ${took} ms. To enter a host, from another terminal:\n`);
    for (const { name } of topology.hosts)
      print(`  ${name.padEnd(16)}${words} nsenter --net=${namespacePath(name)}\n`);
    print('Ctrl-C ends the lab.\n');
    await untilInterrupted(interruption.signal);
  } finally {
    await site.close();
    interruption.release();
  }
  return exitCodes.clean;
};

const up = async (options: TopologyOptions): Promise<number> => {
  if (inOwnNamespace()) return keepUp(options);
  const program = join(import.meta.dirname, '../cli.ts');
  const outcome = await runInOwnNamespace(program, process.argv.slice(2), 'lab');
  if (outcome.kind === 'ran') return outcome.exitCode;
  throw new CommandProblem(
    outcome.kind === 'killed'
      ? `the lab was ended by ${outcome.signal}; nothing of it is left`
      : `no lab of hosts can be had here: ${outcome.reason}; evaluate --lab loopback needs none`,
    exitCodes.inconclusive,
  );
};

const withTopology = (command: Command): Command =>
  command
    .option('--topology <file>', 'a topology as JSON; the standard one unless given')
    .addOption(
      new Option('--translation <kind>', 'address translation of the standard access networks')
        .choices(['none', 'port-restricted', 'symmetric'])
        .default('none')
        .conflicts('topology'),
    )
    .addOption(
      new Option('--family <name>', 'addresses of the standard topology')
        .choices(['ipv4', 'ipv6'])
        .default('ipv4')
        .conflicts('topology'),
    );

/** `discretio lab`: the hosts and segments of the netns lab. */
export const addLabCommand = (program: Command, finish: (code: number) => void): void => {
  const lab = program.command('lab').description('the hosts and segments of the netns lab');
  withTopology(lab.command('draw').description('print a topology as text'))
    .option('--json', 'print it as JSON, for --topology')
    .option('--svg <file>', 'also write it as a drawing')
    .action(async (options: DrawOptions) => {
      await draw(options);
      finish(exitCodes.clean);
    });
  withTopology(
    lab.command('up').description('keep a lab running until Ctrl-C and say how to enter its hosts'),
  ).action(async (options: TopologyOptions) => finish(await up(options)));
};
