import { kamailioProgram, programProblem, rtpengineProgram } from '../devices/kamailio/programs.ts';
import type { LoadConfiguration } from '../simulators/load/worker.ts';
import { benchmarkRelay } from './relay.ts';
import { inTurns, spreadOf } from './rounds.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';
import {
  load,
  millisecondsEach,
  perSecond,
  startAppliance,
  type Loaded,
  type LoadedServer,
} from './signalling-world.ts';

const users = 100;
const rounds = 5;
/** Milliseconds. */
const warmUp = 3_000;
const duration = 4_000;

/** What is done to both, and what it is called. */
const loads = [
  { kind: 'registrations', name: 'registrations on open connections', each: 'registration' },
  { kind: 'calls', name: 'calls', each: 'call' },
  { kind: 'handshakes', name: 'full mutual handshakes', each: 'handshake' },
] as const satisfies readonly {
  readonly kind: LoadConfiguration['work']['kind'];
  readonly name: string;
  readonly each: string;
}[];

const measureLoad = async (
  { kind, name, each }: (typeof loads)[number],
  servers: readonly LoadedServer[],
  progress: BenchmarkOptions['progress'],
): Promise<readonly BenchmarkRow[]> => {
  for (const server of servers) {
    progress(`warming up: ${name}, ${server.name}`);
    await load(server, { kind, milliseconds: warmUp });
  }
  const [own = [], peer = []] = await inTurns(servers, rounds, (server, round) => {
    progress(`measuring: ${name}, ${server.name}, round ${round + 1} of ${rounds}`);
    return load(server, { kind, milliseconds: duration });
  });
  const row = (title: string, unit: string, value: (loaded: Loaded) => number): BenchmarkRow => {
    const [mine, its] = [own, peer].map((measured) => spreadOf(measured.map(value)));
    const range = ({ lowest, highest }: { lowest: number; highest: number }): string =>
      `${lowest.toPrecision(3)}–${highest.toPrecision(3)}`;
    progress(
      `rounds: ${title}: embedded ${mine ? range(mine) : ''}, Kamailio ${its ? range(its) : ''} ${unit}`,
    );
    return rowOf(
      title,
      mine?.median ?? Number.NaN,
      unit,
      servers[1]?.name ?? '',
      its?.median ?? Number.NaN,
    );
  };
  return [row(name, '1/s', perSecond), row(`${name}, server CPU`, `ms/${each}`, millisecondsEach)];
};

/**
 * The reference's own signalling and relay beside the same appliance on Kamailio and rtpengine, with the same driver, in turns. Rejects
 * with one line where these are not installed.
 */
export const benchmarkAppliance = async (
  options: BenchmarkOptions,
): Promise<readonly BenchmarkRow[]> => {
  for (const program of [kamailioProgram, rtpengineProgram]) {
    const problem = await programProblem(program);
    if (problem !== null) throw new Error(problem);
  }
  const servers: LoadedServer[] = [];
  const rows: BenchmarkRow[] = [];
  try {
    for (const engine of ['embedded', 'kamailio'] as const)
      servers.push(await startAppliance(engine, users));
    for (const each of loads) rows.push(...(await measureLoad(each, servers, options.progress)));
  } finally {
    for (const server of servers) await server.end();
  }
  return [...rows, ...(await benchmarkRelay(options))];
};
