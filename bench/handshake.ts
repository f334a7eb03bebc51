import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dhParametersPem } from '../reference/appliance/tls/server-options.ts';
import { exactTlsProfile } from '../reference/core/tls/profile.ts';
import { startOwnProcess } from './own-process.ts';
import { inTurns, spreadOf } from './rounds.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';
import {
  host,
  load,
  millisecondsEach,
  perSecond,
  startAppliance,
  type LoadedServer,
  type SignallingWorld,
} from './signalling-world.ts';

const users = 50;
const rounds = 3;

const work = { kind: 'handshakes', milliseconds: 4_000 } as const;

/** `openssl s_server` with the suite of target 5.1, asking for a client certificate; null when it is not installed. */
const startOpenssl = async (world: SignallingWorld): Promise<LoadedServer | null> => {
  if (spawnSync('openssl', ['version']).error) return null;
  const folder = mkdtempSync(join(tmpdir(), 'discretio-bench-'));
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const [group] = exactTlsProfile.groups;
  if (group === undefined) throw new Error('the TLS profile has no group');
  const options = [
    's_server',
    '-accept',
    `${host}:0`,
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
  const started = startOwnProcess('openssl', options, 'ignore');
  const line = await started.line(/^ACCEPT /);
  return {
    name: 'openssl s_server',
    world: { ...world, port: Number(/:(\d+)$/.exec(line)?.[1]) },
    cpuSeconds: () => started.cpuSeconds(),
    async end() {
      await started.end();
      rmSync(folder, { recursive: true });
    },
  };
};

/** Full mutual handshakes with the suite of target 5.1, one after the other: CPU of the appliance beside `openssl s_server`. */
export const benchmarkHandshake = async ({
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const embedded = await startAppliance('embedded', users);
  const openssl = await startOpenssl(embedded.world);
  const servers = [embedded, ...(openssl ? [openssl] : [])];
  try {
    const [own = [], peer] = await inTurns(servers, rounds, (server, round) => {
      progress(`measuring: handshakes, ${server.name}, round ${round + 1} of ${rounds}`);
      return load(server, work);
    });
    const row = (name: string, unit: string, value: typeof perSecond): BenchmarkRow =>
      rowOf(
        `full mutual handshakes, ${name}`,
        spreadOf(own.map(value)).median,
        unit,
        'openssl s_server',
        peer ? spreadOf(peer.map(value)).median : null,
      );
    return [
      row('server CPU', 'ms', millisecondsEach),
      row('one after the other', '1/s', perSecond),
    ];
  } finally {
    for (const server of servers) await server.end();
  }
};
