import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKamailio } from './kamailio.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';
import {
  createWorld,
  measureAndEnd,
  startApplianceProcess,
  type Loaded,
} from './signalling-world.ts';

const USERS = 100;
const WARM_UP = 3_000;
const DURATION = 8_000;

const load = {
  warmUp: { kind: 'calls', milliseconds: WARM_UP },
  work: { kind: 'calls', milliseconds: DURATION },
} as const;

/** Calls without media through the appliance and through Kamailio, with the same driver. */
export const benchmarkCalls = async ({
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'discretio-bench-'));
  try {
    progress(`making certificates of ${USERS} users`);
    const world = await createWorld(folder, USERS);
    progress(`measuring: appliance, ${USERS / 2} calls at a time`);
    const own = await measureAndEnd(world, await startApplianceProcess(world), load);
    const kamailio = await startKamailio(world);
    if (kamailio !== null) progress('measuring: Kamailio');
    const peer = kamailio === null ? null : await measureAndEnd(world, kamailio, load);
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
