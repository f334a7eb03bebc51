import { parseArgs } from 'node:util';
import type { RelayMode } from '../reference/appliance/relay/relay.ts';
import { audioProblems, soakAudio, type AudioSoakReport } from './soak-audio.ts';
import type { PhoneTotals } from './soak-protocol.ts';
import { growthOf, leftOver, soakCalls, type SoakSample } from './soak-calls.ts';

/** Milliseconds: transactions are remembered for 64*T1 (RFC 3261 section 17). */
const restTime = 33_000;

/**
 * Bytes that memory may gain for each call of the second half. A call takes some 45 KB while it is remembered, so that one kept for good
 * would show; an offer is remembered for five minutes (I-2), and an allocator leaves holes.
 */
const mostGrowth = { heap: 4000, resident: 10_000 } as const;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

const sampleLine = ({
  calls,
  heap,
  external,
  resident,
  native,
  descriptors,
  resources,
}: SoakSample) => {
  const open = Object.entries(resources).map(([kind, count]) => `${kind} ${count}`);
  const memory = `heap ${megabytes(heap)} MB, external ${megabytes(external)} MB, resident ${megabytes(resident)} MB, outside of the heap ${megabytes(native)} MB`;
  return `${calls} calls: ${memory}, ${descriptors} descriptors, ${open.join(', ')}`;
};

const runCalls = async (calls: number, mode: RelayMode): Promise<number> => {
  const report = await soakCalls({
    calls,
    sampleEvery: Math.max(1, Math.floor(calls / 20)),
    mode,
    rest: restTime,
    progress: (sample) => print(sampleLine(sample)),
  });
  const { heap, external } = growthOf(report.rested);
  const { resident, native } = growthOf(report.busy);
  const left = leftOver(report.samples);
  const gains = Object.entries({ heap, external, resident, 'outside of the heap': native });
  const gained = gains.map(([name, bytes]) => `${name} ${bytes.toFixed(0)}`).join(', ');
  print(
    `${report.calls} calls in ${report.seconds.toFixed(0)} s; bytes gained a call in the second half: ${gained}`,
  );
  for (const line of [...left.map((each) => `left over: ${each}`), ...report.refusals]) print(line);
  const isGrowing = heap > mostGrowth.heap || resident > mostGrowth.resident;
  return isGrowing || left.length > 0 || report.refusals.length > 0 ? 1 : 0;
};

const wayLine = (from: PhoneTotals, to: PhoneTotals): string => {
  const { received, lost, firstReceived, lastReceived } = to.whole;
  const ends = firstReceived - from.whole.firstSent + from.whole.lastSent - lastReceived;
  return `${from.number} sent ${from.whole.sent}, ${to.number} received ${received}, lost ${lost}, before and after ${ends}`;
};

const sumOver = (report: AudioSoakReport, count: (phone: PhoneTotals) => number): number =>
  report.calls.reduce((sum, { caller, callee }) => sum + count(caller) + count(callee), 0);

const runAudio = async (
  calls: number,
  seconds: number,
  mode: RelayMode,
  isLive: boolean,
): Promise<number> => {
  const processes = Math.min(4, Math.ceil(calls / 10));
  const report = await soakAudio({ calls, seconds, processes, mode, isLive, progress: print });
  for (const { caller, callee } of report.calls)
    print(`${wayLine(caller, callee)}; ${wayLine(callee, caller)}`);
  const { appliance, phones } = report.cpu;
  const sent = sumOver(report, ({ sentMeanwhile }) => sentMeanwhile);
  const received = sumOver(report, ({ receivedMeanwhile }) => receivedMeanwhile);
  const lost = sumOver(report, ({ whole }) => whole.lost);
  print(
    `${report.calls.length} calls, ${seconds} s, ${mode} relay: ${sent} packets sent, ${received} received meanwhile, ${lost} lost in all`,
  );
  print(
    `CPU: appliance ${appliance.toFixed(1)} s (${((appliance * 1e6) / sent).toFixed(1)} µs a packet), phones ${phones.toFixed(1)} s`,
  );
  const problems = audioProblems(report);
  for (const line of [...problems, ...report.refusals]) print(line);
  return problems.length > 0 || report.calls.length !== calls ? 1 : 0;
};

const run = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      calls: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      mode: { type: 'string', default: 'plain' },
      live: { type: 'boolean', default: false },
    },
  });
  const mode = values.mode === 'batch' ? 'batch' : 'plain';
  if (positionals[0] === 'calls') return runCalls(Number(values.calls ?? 1000), mode);
  if (positionals[0] === 'audio')
    return runAudio(Number(values.calls ?? 200), Number(values.seconds), mode, values.live);
  process.stderr.write(
    'usage: node bench/soak.ts calls|audio [--calls N] [--seconds N] [--mode plain|batch] [--live]\n',
  );
  return 64;
};

process.exitCode = await run();
