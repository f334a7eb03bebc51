import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dhParametersPem } from '../reference/appliance/tls/server-options.ts';
import { exactTlsProfile } from '../reference/core/tls/profile.ts';
import { startOwnProcess } from './own-process.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';
import {
  createWorld,
  measureAndEnd,
  startApplianceProcess,
  type Loaded,
  type LoadedServer,
  type SignallingWorld,
} from './signalling-world.ts';

const USERS = 50;
const DURATION = 8000;

const load = { work: { kind: 'handshakes', milliseconds: DURATION } } as const;

/** `openssl s_server` with the suite of target 5.1, asking for a client certificate; null when it is not installed. */
const startOpenssl = async (world: SignallingWorld): Promise<LoadedServer | null> => {
  if (spawnSync('openssl', ['version']).error) return null;
  const file = (name: string, text: string): string => {
    const path = join(world.folder, name);
    writeFileSync(path, text);
    return path;
  };
  const [group] = exactTlsProfile.groups;
  if (group === undefined) throw new Error('the TLS profile has no group');
  const options = [
    's_server',
    '-accept',
    `${world.host}:0`,
    '-tls1_2',
    '-cipher',
    'DHE-RSA-AES256-GCM-SHA384',
    '-dhparam',
    file('dh.pem', dhParametersPem(group)),
    '-key',
    file('server.key', world.credentials.privateKey),
    '-cert',
    file('server.pem', world.credentials.certificateChain),
    '-cert_chain',
    file('chain.pem', world.trust.serverAuthority),
    '-CAfile',
    file('trust.pem', world.trust.root + world.trust.clientAuthority),
    '-Verify',
    '3',
    '-verify_return_error',
    '-no_ticket',
    '-no_cache',
    '-naccept',
    '1000000',
  ];
  const process = startOwnProcess('openssl', options, 'ignore');
  const line = await process.line(/^ACCEPT /);
  return { process, port: Number(/:(\d+)$/.exec(line)?.[1]) };
};

/** Full mutual handshakes with the suite of target 5.1, one after the other: CPU of the appliance beside `openssl s_server`. */
export const benchmarkHandshake = async ({
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-bench-'));
  try {
    const world = await createWorld(folder, USERS);
    progress('measuring: appliance');
    const own = await measureAndEnd(world, await startApplianceProcess(world), load);
    const openssl = await startOpenssl(world);
    if (openssl !== null) progress('measuring: openssl s_server');
    const peer = openssl === null ? null : await measureAndEnd(world, openssl, load);
    const perHandshake = ({ cpu, done }: Loaded): number => (cpu / done) * 1000;
    const name = 'openssl s_server';
    return [
      rowOf(
        'full mutual handshakes, server CPU',
        perHandshake(own),
        'ms',
        name,
        peer && perHandshake(peer),
      ),
      rowOf(
        'full mutual handshakes, one after the other',
        own.done / own.seconds,
        '1/s',
        name,
        peer && peer.done / peer.seconds,
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};
