import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toPem } from '../reference/core/keystore/pem.ts';
import {
  createAuthorities,
  type Authorities,
  type ServerCredentials,
} from '../reference/appliance/authorities/authorities.ts';
import type { LoadConfiguration, LoadMeasurement } from '../simulators/load/worker.ts';
import { startOwnProcess, type OwnProcess } from './own-process.ts';

/** Certificates and users of one benchmark, in a temporary folder. */
export interface SignallingWorld {
  readonly folder: string;
  readonly host: string;
  readonly trust: Authorities['trust'];
  readonly credentials: ServerCredentials;
  readonly users: LoadConfiguration['users'];
  readonly clientKey: string;
}

/** Makes authorities, a server and users, who share one key because making keys is slow. */
export const createWorld = async (folder: string, users: number): Promise<SignallingWorld> => {
  const host = '127.0.0.1';
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const authorities = await createAuthorities({ now: Date.now, randomBytes: random });
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = new Uint8Array(keys.publicKey.export({ type: 'spki', format: 'der' }));
  const certified: { readonly number: string; readonly certificate: string }[] = [];
  for (let index = 0; index < users; index += 1) {
    const number = `+336398${String(index).padStart(5, '0')}`;
    const der = await authorities.issueClientCertificate(number, spki);
    const certificate = toPem('CERTIFICATE', der) + authorities.trust.clientAuthority;
    certified.push({ number, certificate });
  }
  return {
    folder,
    host,
    trust: authorities.trust,
    credentials: await authorities.issueServerCertificate([host]),
    users: certified,
    clientKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What the appliance's process starts from: a JSON file. */
export type ApplianceConfiguration = Pick<SignallingWorld, 'host' | 'trust' | 'credentials'>;

/** A server in a process of its own, to be measured under load. */
export interface LoadedServer {
  readonly process: OwnProcess;
  readonly port: number;
}

/** Starts the appliance's signalling in its own process; gives its port. */
export const startApplianceProcess = async (world: SignallingWorld): Promise<LoadedServer> => {
  const file = join(world.folder, 'appliance.json');
  const { host, trust, credentials } = world;
  writeFileSync(
    file,
    JSON.stringify({ host, trust, credentials } satisfies ApplianceConfiguration),
  );
  const started = startOwnProcess(process.execPath, [pathOf('signalling-worker.ts'), file]);
  const line = await started.line(/^port /);
  return { process: started, port: Number(line.slice(5)) };
};

/** What a load did to a server. */
export interface Loaded extends LoadMeasurement {
  /** CPU seconds of the server meanwhile. */
  readonly cpu: number;
}

/** Runs the load driver in its own process against a server. */
const runLoad = async (
  world: SignallingWorld,
  server: OwnProcess,
  port: number,
  work: LoadConfiguration['work'],
): Promise<Loaded> => {
  const file = join(world.folder, 'load.json');
  const configuration: LoadConfiguration = {
    server: { host: world.host, port },
    tls: {
      privateKey: world.clientKey,
      trust: [world.trust.root, world.trust.serverAuthority],
    },
    users: world.users,
    work,
  };
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
  }
};

/** Measures a server under a load, after a warm-up where one is given, and ends it. */
export const measureAndEnd = async (
  world: SignallingWorld,
  { process, port }: LoadedServer,
  {
    warmUp,
    work,
  }: {
    readonly warmUp?: LoadConfiguration['work'];
    readonly work: LoadConfiguration['work'];
  },
): Promise<Loaded> => {
  try {
    if (warmUp !== undefined) await runLoad(world, process, port, warmUp);
    return await runLoad(world, process, port, work);
  } finally {
    await process.end();
  }
};
