import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { loadLibc } from '../reference/appliance/relay/libc.ts';
import type { RelayMode } from '../reference/appliance/relay/relay.ts';
import { groupCpuSeconds } from './process-cpu.ts';
import type {
  CallPorts,
  RelayOrder,
  RelayReady,
  TrafficOrder,
  TrafficReport,
} from './relay-protocol.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';
import { startRtpengine } from './rtpengine.ts';

const calls = 200;
const rates = [10_000, 20_000] as const;
/** Of each measurement, after one of warming up. */
const seconds = 8;
const warmUp = 2;
/** A relay that loses more has not done the same work. */
const mostLost = 0.001;

type Traffic = (legs: readonly CallPorts[], rate: number, seconds: number) => Promise<number>;

/** A relay under measurement, in a process group of its own. */
interface Relaying {
  readonly pid: number;
  readonly legs: readonly CallPorts[];
  stop(): Promise<void>;
}

const start = (file: URL, argument: string): ChildProcess =>
  fork(fileURLToPath(file), [argument], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

const message = async <Message>(child: ChildProcess): Promise<Message> => {
  const ended = once(child, 'exit').then(() => {
    throw new Error('a process of the benchmark ended early; see above');
  });
  const [received] = (await Promise.race([once(child, 'message'), ended])) as [Message];
  return received;
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (child.connected) child.disconnect();
  await exited;
};

const startOurs = async (mode: RelayMode, phones: readonly CallPorts[]): Promise<Relaying> => {
  const child = start(new URL('relay-worker.ts', import.meta.url), mode);
  child.send({ phones } satisfies RelayOrder);
  const { legs } = await message<RelayReady>(child);
  return { pid: child.pid ?? 0, legs, stop: () => end(child) };
};

const startPeer = async (phones: readonly CallPorts[]): Promise<Relaying | null> => {
  const engine = await startRtpengine();
  if (!engine) return null;
  const legs: CallPorts[] = [];
  try {
    for (const [index, ports] of phones.entries())
      legs.push(await engine.connect(`call-${index}`, ports));
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return { pid: engine.pid, legs, stop: () => engine.stop() };
};

/** Microseconds of CPU for each packet, by rate. */
const measure = async (
  name: string,
  relaying: Relaying,
  traffic: Traffic,
  progress: (text: string) => void,
): Promise<readonly number[]> => {
  const times: number[] = [];
  await traffic(relaying.legs, rates[0], warmUp);
  for (const rate of rates) {
    progress(`measuring: ${name}, ${rate} packets a second`);
    const before = groupCpuSeconds(relaying.pid);
    const packets = await traffic(relaying.legs, rate, seconds);
    times.push(((groupCpuSeconds(relaying.pid) - before) * 1e6) / packets);
  }
  return times;
};

const openTraffic = async () => {
  const child = start(new URL('relay-traffic.ts', import.meta.url), String(calls));
  const ready = await message<TrafficReport>(child);
  if (ready.kind !== 'ready') throw new Error('the traffic does not start');
  const traffic: Traffic = async (legs, rate, duration) => {
    child.send({ legs, rate, seconds: duration } satisfies TrafficOrder);
    const done = await message<TrafficReport>(child);
    if (done.kind !== 'done') throw new Error('the traffic started twice');
    if (done.sent - done.received > done.sent * mostLost)
      throw new Error(`${done.received} of ${done.sent} packets came through the relay`);
    return done.sent;
  };
  return { phones: ready.phones, traffic, stop: () => end(child) };
};

const withTraffic = async <Value>(
  work: (phones: readonly CallPorts[], traffic: Traffic) => Promise<Value>,
): Promise<Value> => {
  const { phones, traffic, stop } = await openTraffic();
  try {
    return await work(phones, traffic);
  } finally {
    await stop();
  }
};

const measured = async (
  name: string,
  starting: (phones: readonly CallPorts[]) => Promise<Relaying | null>,
  progress: (text: string) => void,
): Promise<readonly number[] | null> =>
  withTraffic(async (phones, traffic) => {
    const relaying = await starting(phones);
    if (!relaying) return null;
    try {
      return await measure(name, relaying, traffic, progress);
    } finally {
      await relaying.stop();
    }
  });

/** The media relay's CPU for each packet that it relays, in both modes, beside rtpengine in userspace with the same traffic. */
export const benchmarkRelay = async ({
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const modes: readonly RelayMode[] = loadLibc().ok ? ['batch', 'plain'] : ['plain'];
  const peer = await measured('rtpengine', startPeer, progress);
  const rows: BenchmarkRow[] = [];
  for (const mode of modes) {
    const times = await measured(mode, (phones) => startOurs(mode, phones), progress);
    for (const [index, rate] of rates.entries())
      rows.push(
        rowOf(
          `relay, ${mode} mode, CPU per packet at ${rate}/s over ${calls} calls`,
          times?.[index] ?? 0,
          'µs',
          'rtpengine in userspace',
          peer?.[index] ?? null,
        ),
      );
  }
  return rows;
};
