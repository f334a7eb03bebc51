import { keyPairs } from '../reference/appliance/enrolment/testing/rsa-from-primes.ts';
import { enrolLine } from '../reference/appliance/service/testing/lines.ts';
import {
  measureRevocation,
  revocationEffects,
  type RevocationLatency,
} from '../reference/appliance/service/testing/revocation-latency.ts';
import { makeServiceFolder, serveHere } from '../reference/appliance/service/testing/world.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';

const ROUNDS = 40;
const WARM_UP = 5;
const CALLER = '+33639980800';

/** The longest that a revocation may take to show, milliseconds. */
const LIMIT = 1000;

const rowsOf = (latencies: readonly RevocationLatency[]): readonly BenchmarkRow[] =>
  revocationEffects.flatMap((effect) => {
    const took = latencies.map((latency) => latency[effect]).toSorted((a, b) => a - b);
    const at = (part: number): number => took[Math.floor((took.length - 1) * part)] ?? Number.NaN;
    return [
      rowOf(`${effect}, median`, at(0.5), 'ms', 'limit', LIMIT),
      rowOf(`${effect}, longest of ${took.length}`, at(1), 'ms', 'limit', LIMIT),
    ];
  });

/** How long after `discretio admin revoke` each effect of a revocation is seen, on the durable state, in the middle of a call. */
export const benchmarkRevocation = async ({
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const place = await makeServiceFolder();
  try {
    const served = await serveHere(place);
    const latencies: RevocationLatency[] = [];
    try {
      const keys = [...keyPairs(ROUNDS + WARM_UP + 1)];
      const [own, ...others] = keys;
      if (own === undefined) throw new Error('no key was made');
      const caller = await enrolLine(place, served, CALLER, own);
      for (const [round, key] of others.slice(0, ROUNDS + WARM_UP).entries()) {
        if (round % 10 === 0) progress(`measuring: ${round} of ${ROUNDS + WARM_UP}`);
        const number = `+3363998${String(1000 + round)}`;
        const { latency } = await measureRevocation(place, served, caller, number, key);
        if (round >= WARM_UP) latencies.push(latency);
      }
      caller.line.close();
    } finally {
      await served.service.stop();
    }
    return rowsOf(latencies);
  } finally {
    place.remove();
  }
};
