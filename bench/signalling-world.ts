import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  Authorities,
  ServerCredentials,
} from '../reference/appliance/authorities/authorities.ts';
import type { LoadConfiguration, LoadMeasurement } from '../simulators/load/worker.ts';
import { startOwnProcess } from './own-process.ts';

/** Where everything of a benchmark listens. */
export const host = '127.0.0.1';

/** What carries an appliance's signalling and media. */
export type Engine = 'embedded' | 'kamailio';

/** Port, certificates and users of one appliance; its own authorities made them. */
export interface SignallingWorld {
  readonly port: number;
  readonly trust: Authorities['trust'];
  /** Of a server like it. */
  readonly credentials: ServerCredentials;
  readonly users: LoadConfiguration['users'];
  readonly clientKey: string;
}

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A server in processes of its own, to be measured under load. */
export interface LoadedServer {
  readonly name: string;
  /** Its users, and where it listens. */
  readonly world: SignallingWorld;
  /** CPU seconds so far of all that serves. */
  cpuSeconds(): number;
  end(): Promise<void>;
}

const names: Readonly<Record<Engine, string>> = {
  embedded: 'embedded',
  kamailio: 'Kamailio 5.6 and rtpengine',
};

/**
 * Starts a whole appliance. With Kamailio, the CPU is that of Kamailio's and rtpengine's processes: what reads their log belongs to the
 * testbed.
 */
export const startAppliance = async (engine: Engine, users: number): Promise<LoadedServer> => {
  const worker = [pathOf('signalling-worker.ts'), engine, String(users)];
  const started = startOwnProcess(process.execPath, worker);
  const world = JSON.parse(await started.line(/^\{/)) as SignallingWorld;
  return {
    name: names[engine],
    world,
    cpuSeconds: () => (engine === 'embedded' ? started.cpuSeconds() : started.startedCpuSeconds()),
    end: () => started.dismiss(),
  };
};

/** What a load did to a server. */
export interface Loaded extends LoadMeasurement {
  /** CPU seconds of the server meanwhile. */
  readonly cpu: number;
}

/** CPU milliseconds for each thing that was done. */
export const millisecondsEach = ({ cpu, done }: Loaded): number => (cpu / done) * 1000;

/** Things done in a second. */
export const perSecond = ({ done, seconds }: Loaded): number => done / seconds;

/** Runs the load driver in its own process against a server. */
export const load = async (
  server: LoadedServer,
  work: LoadConfiguration['work'],
): Promise<Loaded> => {
  const { port, trust, users, clientKey } = server.world;
  const configuration: LoadConfiguration = {
    server: { host, port },
    tls: { privateKey: clientKey, trust: [trust.root, trust.serverAuthority] },
    users,
    work,
  };
  const folder = mkdtempSync(join(tmpdir(), 'discretio-bench-'));
  const file = join(folder, 'load.json');
  writeFileSync(file, JSON.stringify(configuration));
  const driver = startOwnProcess(process.execPath, [pathOf('../simulators/load/worker.ts'), file]);
  try {
    await driver.line(/^ready$/);
    const before = server.cpuSeconds();
    driver.write('go\n');
    const measured = JSON.parse(await driver.line(/^\{/)) as LoadMeasurement;
    return { ...measured, cpu: server.cpuSeconds() - before };
  } finally {
    await driver.end();
    rmSync(folder, { recursive: true });
  }
};
