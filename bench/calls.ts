import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKamailio } from './kamailio.ts';
import type { OwnProcess } from './own-process.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';
import {
  createWorld,
  runLoad,
  startApplianceProcess,
  type Loaded,
  type SignallingWorld,
} from './signalling-world.ts';

const USERS = 100;
const WARM_UP = 3_000;
const DURATION = 8_000;

const measure = async (
  world: SignallingWorld,
  server: { readonly process: OwnProcess; readonly port: number },
): Promise<Loaded> => {
  try {
    await runLoad(world, server.process, server.port, { kind: 'calls', milliseconds: WARM_UP });
    return await runLoad(world, server.process, server.port, {
      kind: 'calls',
      milliseconds: DURATION,
    });
  } finally {
    await server.process.end();
  }
};

/** Calls without media through the appliance and through Kamailio, with the same driver. */
export const benchmarkCalls = async ({
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-bench-'));
  try {
    progress(`making certificates of ${USERS} users`);
    const world = await createWorld(folder, USERS);
    progress(`measuring: appliance, ${USERS / 2} calls at a time`);
    const own = await measure(world, await startApplianceProcess(world));
    const kamailio = await startKamailio(world);
    if (kamailio !== null) progress('measuring: Kamailio');
    const peer = kamailio === null ? null : await measure(world, kamailio);
    const name = 'Kamailio 5.6, one process for TLS';
    const perCall = ({ cpu, done }: Loaded): number => (cpu / done) * 1000;
    return [
      rowOf(
        'calls without media',
        own.done / own.seconds,
        'calls/s',
        name,
        peer && peer.done / peer.seconds,
      ),
      rowOf(
        'calls without media, server CPU',
        perCall(own),
        'ms/call',
        name,
        peer && perCall(peer),
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};
