import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { programProblem, rtpengineProgram } from '../devices/kamailio/programs.ts';
import { loadLibc } from '../reference/appliance/relay/libc.ts';
import { groupCpuSeconds, startedCpuSeconds } from './process-cpu.ts';
import type {
  CallPorts,
  MeasuredRelay,
  RelayOrder,
  RelayReady,
  TrafficOrder,
  TrafficReport,
} from './relay-protocol.ts';
import { inTurns, spreadOf } from './rounds.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';

const calls = 200;
const rates = [10_000, 20_000] as const;
const rounds = 3;
/** Of each measurement, after one of warming up. */
const seconds = 4;
const warmUp = 2;
/** A relay that loses more has not done the same work. */
const mostLost = 0.001;

const start = (file: URL, argument: string): ChildProcess =>
  fork(fileURLToPath(file), [argument], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

const message = async <Message>(child: ChildProcess): Promise<Message> => {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('a process of the benchmark ended early; see above');
  });
  try {
    const [received] = (await Promise.race([once(child, 'message', { signal }), ended])) as [
      Message,
    ];
    return received;
  } finally {
    settled.abort();
    ended.catch(() => undefined);
  }
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (child.connected) child.disconnect();
  await exited;
};

/** A relay with calls of its own phones, and the phones' traffic in another process. */
interface Relaying {
  readonly name: MeasuredRelay;
  cpuSeconds(): number;
  /** Sends for so long at a rate; gives the packets. */
  send(rate: number, seconds: number): Promise<number>;
  stop(): Promise<void>;
}

const open = async (name: MeasuredRelay): Promise<Relaying> => {
  const relay = start(new URL('relay-worker.ts', import.meta.url), name);
  const traffic = start(new URL('relay-traffic.ts', import.meta.url), String(calls));
  const stop = async (): Promise<void> => {
    await end(traffic);
    await end(relay);
  };
  const connect = async (): Promise<readonly CallPorts[]> => {
    const ready = await message<TrafficReport>(traffic);
    if (ready.kind !== 'ready') throw new Error('the traffic does not start');
    relay.send({ phones: ready.phones } satisfies RelayOrder);
    return (await message<RelayReady>(relay)).legs;
  };
  const legs = await connect().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const { pid = 0 } = relay;
  return {
    name,
    cpuSeconds: () => (name === 'rtpengine' ? startedCpuSeconds(pid) : groupCpuSeconds(pid)),
    async send(rate, duration) {
      traffic.send({ legs, rate, seconds: duration } satisfies TrafficOrder);
      const done = await message<TrafficReport>(traffic);
      if (done.kind !== 'done') throw new Error('the traffic started twice');
      if (done.sent - done.received > done.sent * mostLost)
        throw new Error(`${name}: ${done.received} of ${done.sent} packets came through the relay`);
      return done.sent;
    },
    stop,
  };
};

/** Microseconds of CPU for each packet, by rate. */
const measure = async (relaying: Relaying): Promise<readonly number[]> => {
  const times: number[] = [];
  await relaying.send(rates[0], warmUp);
  for (const rate of rates) {
    const before = relaying.cpuSeconds();
    const packets = await relaying.send(rate, seconds);
    times.push(((relaying.cpuSeconds() - before) * 1e6) / packets);
  }
  return times;
};

const measureAll = async (
  relays: readonly MeasuredRelay[],
  progress: BenchmarkOptions['progress'],
): Promise<readonly (readonly (readonly number[])[])[]> => {
  const opened: Relaying[] = [];
  try {
    for (const name of relays) opened.push(await open(name));
    return await inTurns(opened, rounds, (relaying, round) => {
      progress(`measuring: relay, ${relaying.name}, round ${round + 1} of ${rounds}`);
      return measure(relaying);
    });
  } finally {
    for (const relaying of opened) await relaying.stop();
  }
};

/** The media relay's CPU for each packet that it relays, in both modes, beside rtpengine in userspace with the same traffic. */
export const benchmarkRelay = async ({
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const ours: readonly MeasuredRelay[] = loadLibc().ok ? ['batch', 'plain'] : ['plain'];
  const hasPeer = (await programProblem(rtpengineProgram)) === null;
  const relays = [...ours, ...(hasPeer ? (['rtpengine'] as const) : [])];
  const measured = await measureAll(relays, progress);
  const medianOf = (index: number, rate: number): number =>
    spreadOf((measured[index] ?? []).map((times) => times[rate] ?? Number.NaN)).median;
  return ours.flatMap((mode, index) =>
    rates.map((rate, place) =>
      rowOf(
        `relay, ${mode} mode, CPU per packet at ${rate}/s over ${calls} calls`,
        medianOf(index, place),
        'µs',
        'rtpengine in userspace',
        hasPeer ? medianOf(ours.length, place) : null,
      ),
    ),
  );
};
