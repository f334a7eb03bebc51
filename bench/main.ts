import { parseArgs } from 'node:util';
import { benchmarkAppliance } from './appliance.ts';
import { benchmarkEnrolment } from './enrolment.ts';
import { benchmarkFuzz } from './fuzz.ts';
import { benchmarkHandshake } from './handshake.ts';
import { benchmarkInspect } from './inspect.ts';
import { benchmarkRelay } from './relay.ts';
import { benchmarkRevocation } from './revocation.ts';
import type { BenchmarkOptions, BenchmarkRow } from './row.ts';
import { benchmarkSip } from './sip.ts';
import { benchmarkSrtp } from './srtp.ts';

/** Benchmarks by name. */
const benchmarks: Readonly<
  Record<string, (options: BenchmarkOptions) => Promise<readonly BenchmarkRow[]>>
> = {
  appliance: benchmarkAppliance,
  enrolment: benchmarkEnrolment,
  fuzz: benchmarkFuzz,
  handshake: benchmarkHandshake,
  inspect: benchmarkInspect,
  relay: benchmarkRelay,
  revocation: benchmarkRevocation,
  sip: benchmarkSip,
  srtp: benchmarkSrtp,
};

const usage = `usage: npm run bench -- ${Object.keys(benchmarks).join('|')} [--json] [--size MEGABYTES] [--seed N]`;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const lineOf = ({ name, value, unit, peer, peerValue, ratio }: BenchmarkRow): string => {
  const beside = peerValue === null ? peer : `${peer} ${peerValue} ${unit}, ratio ${ratio}`;
  return `${name}: ${value} ${unit} (${beside})`;
};

const run = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      size: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const benchmark = benchmarks[positionals[0] ?? ''];
  const [megabytes, seed] = [Number(values.size), Number(values.seed)];
  if (!benchmark || !(megabytes > 0) || !Number.isInteger(seed)) {
    process.stderr.write(`${usage}\n`);
    return 64;
  }
  const progress = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  const rows = await benchmark({ size: megabytes * 1e6, seed, progress });
  if (values.json) print(JSON.stringify(rows, null, 2));
  else for (const row of rows) print(lineOf(row));
  return 0;
};

process.exitCode = await run().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
